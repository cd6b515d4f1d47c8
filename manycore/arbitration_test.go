//go:build vmasim

package manycore

import (
	"math"
	"testing"
)

// TestArbitrations: scaled by the factors, a machine has the other's hold and
// local-first; and a machine without a counter has the median of them.
func TestArbitrations(t *testing.T) {
	names, sets, err := Arbitrations(load(t, "broadwell-2s"))
	if err != nil || len(names) != len(Counters) {
		t.Fatalf("%v, %v", names, err)
	}
	below, above := 0, 0
	for i, name := range names {
		m, like := load(t, "broadwell-2s"), load(t, name)
		if like.Hold < m.Hold {
			below++
		} else if like.Hold > m.Hold {
			above++
		}
		c := Case{Machine: m}
		for p, f := range sets[i] {
			if err := c.scale(p, f); err != nil {
				t.Fatal(err)
			}
		}
		if math.Abs(m.Hold-like.Hold) > 1e-9 || math.Abs(m.LocalFirst-like.LocalFirst) > 1e-9 {
			t.Errorf("%s: hold %v and local-first %v, want %v and %v", name, m.Hold, m.LocalFirst, like.Hold, like.LocalFirst)
		}
	}
	if below != above {
		t.Errorf("the hold is no median: %d machines below it, %d above", below, above)
	}
}
