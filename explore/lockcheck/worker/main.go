//go:build vmasim

// Command worker explores scenarios on behalf of `vmalab check`, which builds
// it with a changed lock source or with tiny counters.
package main

import (
	"fmt"
	"os"

	"vmabench/explore/lockcheck"
)

func main() {
	if err := lockcheck.Serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(2)
	}
}
