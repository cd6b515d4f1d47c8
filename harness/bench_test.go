package harness

import (
	"testing"
	"time"

	"vmabench/vmm"
	"vmabench/workload"
)

// nullVMM does nothing but count, and ends the slice.
type nullVMM struct {
	vmm.VMM
	n, limit int
	g        *gate
}

func (v *nullVMM) Fault(*vmm.Task, vmm.Addr, vmm.Access) error {
	if v.n++; v.n == v.limit {
		v.g.stop.Store(true)
	}
	return nil
}

// hidden keeps the compiler from seeing which VMM it is.
//
//go:noinline
func hidden(v vmm.VMM) vmm.VMM { return v }

// BenchmarkHarness is the cost of the measured loop over a direct call of the
// design: compare its two lines. The loop may add 3 ns.
func BenchmarkHarness(b *testing.B) {
	s, _ := workload.Find("mixed/write=0")
	l, err := workload.Uniform(1000)
	if err != nil {
		b.Fatal(err)
	}
	streams, err := s.Compile(l, 1, 1)
	if err != nil {
		b.Fatal(err)
	}
	t := vmm.NewTask()
	defer t.Release()
	b.Run("direct", func(b *testing.B) {
		var g gate
		v := hidden(&nullVMM{limit: b.N, g: &g})
		for range b.N {
			v.Fault(t, 1<<32, vmm.AccessRead)
		}
	})
	b.Run("loop", func(b *testing.B) {
		var g gate
		w := &worker{v: &nullVMM{limit: b.N, g: &g}, task: t, stream: streams[0], n: 1, watch: newStopwatch(time.Now(), 0)}
		w.deadline = 1 << 62
		w.run(&g)
	})
	b.Run("timed", func(b *testing.B) {
		w := &worker{v: &nullVMM{limit: -1}, task: t, stream: streams[0], n: 1, watch: newStopwatch(time.Now(), 0)}
		w.lat = newLatency(&TrialSpec{Design: "null"}, w)
		now := int64(0)
		for range b.N {
			if now = w.timed(now, now); len(w.lat.samples) == cap(w.lat.samples) {
				w.lat.samples = w.lat.samples[:0]
			}
		}
	})
	b.Run("clock", func(b *testing.B) {
		base := time.Now()
		for range b.N {
			_ = time.Since(base)
		}
	})
}
