package variants_test

import "flag"

var update = flag.Bool("update", false, "write what is generated: docs/designs.md, the layouts")
