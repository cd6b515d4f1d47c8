//go:build vmasim

package manycore

import (
	"testing"

	"vmabench/internal/atomic"
)

func testMachine(cores int) *Machine {
	return &Machine{
		Name: "test", Sockets: 1, Clusters: 1, Cores: cores, Threads: 1,
		LoadHit: 1.5, StoreHit: 1.5, RMWHit: 6.5, LLC: 22, DRAM: 85,
		Latency:   [distances]float64{0, 8, 48, 48, 132},
		Occupancy: [distances]float64{0, 8, 28, 28, 105},
		Hold:      6, LocalFirst: 64, Pause: 20, Park: 1500, Unpark: 1200, Wake: 3000, Quantum: 1e6, Switch: 1500, SMTWork: 1,
	}
}

// run gives each of n threads the body and returns the time of the last.
func run(t testing.TB, m *Machine, n int, body func(i int)) (*Sim, float64) {
	t.Helper()
	s := New(m, 1)
	tasks := make([]atomic.Task, n)
	for i := range tasks {
		tasks[i].Init()
		defer tasks[i].Release()
		s.Go(&tasks[i], func() { body(i) })
	}
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	var end time
	for _, th := range s.threads {
		end = max(end, th.now)
	}
	return s, float64(end) / ps
}

func TestContendedCounter(t *testing.T) {
	for _, n := range []int{1, 2, 4, 8, 16, 28} {
		const ops = 2000
		var c atomic.Uint64
		_, ns := run(t, testMachine(28), n, func(int) {
			for range ops {
				c.Add(1)
			}
		})
		if c.Load() != uint64(n*ops) {
			t.Fatalf("%d threads: counter is %d", n, c.Load())
		}
		t.Logf("%2d threads: %.1f ns an add a thread, %.1f ns service", n, ns/ops, ns/ops/float64(n))
	}
}

func BenchmarkOwnLine(b *testing.B) {
	type padded struct {
		c atomic.Uint64
		_ [120]byte
	}
	for _, n := range []int{16, 512} {
		b.Run("", func(b *testing.B) {
			lines := make([]padded, n)
			run(b, testMachine(512), n, func(i int) {
				for range b.N / n {
					lines[i].c.Add(1)
				}
			})
		})
	}
}

func BenchmarkSharedLine(b *testing.B) {
	for _, n := range []int{16, 512} {
		b.Run("", func(b *testing.B) {
			var c atomic.Uint64
			run(b, testMachine(512), n, func(i int) {
				for range b.N / n {
					c.Add(1)
				}
			})
		})
	}
}

func BenchmarkFaultLike(b *testing.B) {
	type padded struct {
		c atomic.Uint64
		_ [120]byte
	}
	lines := make([]padded, 64)
	run(b, testMachine(64), 64, func(i int) {
		for range b.N / 64 / 8 {
			for range 4 {
				lines[i].c.Load()
				lines[i].c.Add(1)
			}
			atomic.Work(100)
		}
	})
}
