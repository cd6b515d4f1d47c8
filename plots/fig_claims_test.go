package plots

import (
	"math"
	"strings"
	"testing"

	"vmabench/results"
)

// A figure's title claims no more than its numbers: the typical and the worst
// gap, the costliest line of all groups, both designs' errors.
func TestClaims(t *testing.T) {
	s := &results.Shape{Real: "linux", Model: "refcount", Distance: 1.8, Points: []results.ShapePoint{
		{At: "pft: 2 over 1", Real: 1.9, Model: 1.8, Factor: 1.8 / 1.9, Noise: 1.01},
		{At: "hotvma: 2 over 1", Real: 1.4, Model: 0.55, Factor: 0.55 / 1.4, Noise: 1.02}}}
	if c := shapeClaim(s); !strings.Contains(c, "typically ×1.80 apart, at worst ×2.55 (hotvma: 2 over 1)") || !strings.Contains(c, "opposite directions in hotvma") || strings.Contains(c, "pft") {
		t.Errorf("shape: %s", c)
	}
	s.Points[1].Noise = math.Inf(1)
	if c := shapeClaim(s); strings.Contains(c, "opposite") {
		t.Errorf("too few trials, and yet: %s", c)
	}
	f := synthFull(t)
	for i := range f.Trials {
		if x := &f.Trials[i]; x.Kind == results.Modelled && x.Procs == 256 && x.Param("variant") == "refcount" {
			x.Lines = []results.Line{{Name: "vma+128 (refcnt)", WaitNS: 99999}} // neither first
		}
	}
	d := mustData(t, f)
	for id, want := range map[string]string{"lines": "refcount waits 99999 ns", "published": "the rate of rwsem by up to", "kernels": "counts of cache lines that move"} {
		if got := figure(t, d, id).Title; !strings.Contains(got, want) {
			t.Errorf("%s: %q lacks %q", id, got, want)
		}
	}
}
