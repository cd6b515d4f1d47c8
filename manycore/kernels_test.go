//go:build vmasim

package manycore

import (
	"testing"

	"vmabench/variants"
	"vmabench/workload"
)

// transfers returns the cache lines of the address space that a fault moves
// between four CPUs. What a kernel shares beside it is left out.
func transfers(t *testing.T, design, load string) float64 {
	t.Helper()
	m, _, err := Load("broadwell-2s")
	if err != nil {
		t.Fatal(err)
	}
	d, _ := variants.Lookup(design)
	spec, ok := workload.Find(load)
	if !ok {
		t.Fatalf("no workload %q", load)
	}
	c, err := NewCase(m, d, spec, 4, 1)
	if err != nil {
		t.Fatal(err)
	}
	const never = 1 << 40
	c.Shared.ZoneBatch, c.Shared.LRUBatch, c.Shared.RSSBatch, c.Shared.ChargeBatch = never, never, never, never
	p, err := c.Predict()
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, l := range p.Lines {
		sum += l.Transfers
		t.Logf("%s %s: %s %.3f", design, load, l.Name, l.Transfers)
	}
	t.Logf("%s %s: sum %.3f", design, load, sum)
	return sum
}

func TestTransfersX(t *testing.T) {
	for _, d := range []string{"mmaponly", "rwsem", "refcount"} {
		for _, w := range []string{"ownvma", "hotvma", "pft"} {
			transfers(t, d, w)
		}
	}
}
