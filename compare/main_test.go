package main

import (
	"os"
	"slices"
	"testing"

	"vmabench/targets"
)

// TestDocumented: METHOD.md has every peer with its sentence and bounds, and no
// target that neither module has.
func TestDocumented(t *testing.T) {
	b, err := os.ReadFile("../METHOD.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range targets.Undocumented(string(b), all()) {
		t.Error("METHOD.md: ", w)
	}
	known := slices.Concat(targets.All(), all())
	for name := range targets.Rows(string(b)) {
		if !slices.ContainsFunc(known, func(x targets.Target) bool { return x.Name == name }) {
			t.Errorf("METHOD.md has %s, which is no target", name)
		}
	}
}
