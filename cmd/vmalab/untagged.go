//go:build !vmasim

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "vmalab: built without -tags vmasim, so nothing can see the locks; use `make lab`")
	os.Exit(2)
}
