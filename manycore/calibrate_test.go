//go:build vmasim

package manycore

import (
	"math"
	"testing"
)

// tolerance is how far a calibrated curve may be from the published one.
const tolerance = 0.25

func load(t testing.TB, name string) *Machine {
	t.Helper()
	m, _, err := Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestContendedCounters(t *testing.T) {
	for _, p := range Counters {
		m := load(t, p.Machine)
		for _, pt := range p.Points {
			ns, err := Counter(m, pt.CPUs)
			if err != nil {
				t.Fatal(err)
			}
			off := ns/pt.NS - 1
			t.Logf("%s %3d CPUs: %8.1f ns, published %8.1f, error %+.0f %%", p.Machine, pt.CPUs, ns, pt.NS, 100*off)
			if math.Abs(off) > tolerance {
				t.Errorf("%s at %d CPUs: %.1f ns, published %.1f", p.Machine, pt.CPUs, ns, pt.NS)
			}
		}
	}
}

func TestPingPongs(t *testing.T) {
	for _, p := range PingPongs {
		ns, err := PingPong(load(t, p.Machine), p.Distance)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s %s: %.1f ns, published %.1f", p.Machine, p.Distance, ns, p.NS)
		if math.Abs(ns/p.NS-1) > tolerance {
			t.Errorf("%s %s: %.1f ns, published %.1f", p.Machine, p.Distance, ns, p.NS)
		}
	}
}

// TestBursts: an old machine without local-first arbitration; the published
// means are of bursts, and within half at every size.
func TestBursts(t *testing.T) {
	for _, p := range Bursts {
		m := load(t, p.Machine)
		for _, pt := range p.Points {
			ns, err := Burst(m, pt.CPUs)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s %2d CPUs: %.0f ns, published %.0f", p.Machine, pt.CPUs, ns, pt.NS)
			if off := ns/pt.NS - 1; math.Abs(off) > 0.5 && pt.CPUs > 1 {
				t.Errorf("%s at %d CPUs: %.0f ns, published %.0f", p.Machine, pt.CPUs, ns, pt.NS)
			}
		}
	}
}

// TestReadBursts: one machine's sockets fetch a line once each, the other's home
// serves reads one by one. Nothing is fitted to them.
func TestReadBursts(t *testing.T) {
	grew := map[string]float64{}
	for _, p := range ReadBursts {
		m := load(t, p.Machine)
		first, last := 0.0, 0.0
		for _, pt := range p.Points[1:] {
			ns, err := ReadBurst(m, pt.CPUs)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s %2d CPUs: %.0f ns, published %.0f", p.Machine, pt.CPUs, ns, pt.NS)
			if off := ns/pt.NS - 1; math.Abs(off) > 0.35 {
				t.Errorf("%s at %d CPUs: %.0f ns, published %.0f", p.Machine, pt.CPUs, ns, pt.NS)
			}
			if first == 0 {
				first = ns
			}
			last = ns
		}
		grew[p.Machine] = last / first / float64(p.Points[len(p.Points)-1].CPUs)
	}
	if grew["istanbul-8s"] < grew["westmere-8s"] {
		t.Errorf("reads one by one grow with CPUs less than reads by socket: %v", grew)
	}
}

// TestReadLocks: what is fitted to adds alone holds for a lock too, across sockets.
func TestReadLocks(t *testing.T) {
	for _, p := range ReadLocks {
		m := load(t, p.Machine)
		for _, pt := range p.Points {
			ns, err := ReadLock(m, pt.CPUs)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s %3d CPUs: %.0f ns, published %.0f", p.Machine, pt.CPUs, ns, pt.NS)
			if off := ns/pt.NS - 1; math.Abs(off) > tolerance && pt.CPUs >= 8 {
				t.Errorf("%s at %d CPUs: %.0f ns, published %.0f", p.Machine, pt.CPUs, ns, pt.NS)
			}
		}
	}
}
