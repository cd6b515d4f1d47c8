//go:build !vmasim

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "worker: built without -tags vmasim")
	os.Exit(2)
}
