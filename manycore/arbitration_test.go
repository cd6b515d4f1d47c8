//go:build vmasim

package manycore

import (
	"math"
	"testing"
)

// TestArbitrations: scaled by the factors, a machine has the other's hold and
// local-first; and a machine without a counter has the median of them.
func TestArbitrations(t *testing.T) {
	as, err := Arbitrations(load(t, "broadwell-2s"))
	if err != nil || len(as) != len(Counters)+1 {
		t.Fatalf("%v, %v", as, err)
	}
	below, above := 0, 0
	for _, a := range as[:len(Counters)] {
		m, like := load(t, "broadwell-2s"), load(t, a.Name)
		if like.Hold < m.Hold {
			below++
		} else if like.Hold > m.Hold {
			above++
		}
		c := Case{Machine: m}
		for p, f := range a.Set {
			if err := c.scale(p, f); err != nil {
				t.Fatal(err)
			}
		}
		if math.Abs(m.Hold-like.Hold) > 1e-9 || math.Abs(m.LocalFirst-like.LocalFirst) > 1e-9 {
			t.Errorf("%s: hold %v and local-first %v, want %v and %v", a.Name, m.Hold, m.LocalFirst, like.Hold, like.LocalFirst)
		}
	}
	if below != above {
		t.Errorf("the hold is no median: %d machines below it, %d above", below, above)
	}
}
