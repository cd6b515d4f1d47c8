//go:build !vmatiny

package variants_test

import (
	"testing"

	"vmabench/variants"
	"vmabench/vmm/vmmtest"
)

// TestConformance runs every design through the one suite: adding a line to the
// table is enough. Not in a vmatiny build, whose numbers wrap within a stress
// test: tiny_test.go shows what that does.
func TestConformance(t *testing.T) {
	for _, d := range variants.All() {
		t.Run(d.Name, func(t *testing.T) { vmmtest.Run(t, d) })
	}
}
