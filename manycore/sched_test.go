//go:build vmasim

package manycore

import (
	"math/rand/v2"
	"testing"

	"vmabench/internal/atomic"
)

// TestHeapRemove: whatever is taken out, the rest comes in order.
func TestHeapRemove(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		var h runHeap
		ths := make([]*thread, 1+rng.IntN(40))
		for i := range ths {
			ths[i] = &thread{id: i, now: tick(rng.IntN(20))}
			h.push(ths[i])
		}
		for range rng.IntN(len(ths)) {
			if th := ths[rng.IntN(len(ths))]; th.queued {
				h.remove(th)
			}
		}
		for last := (&thread{now: -1}); !h.empty(); {
			th := h.pop()
			if th.before(last) || th.queued {
				t.Fatalf("thread %d of time %d after %d of time %d", th.id, th.now, last.id, last.now)
			}
			last = th
		}
	}
}

// spinAndRelease runs a spinner and another thread on CPU 0 and the thread on
// CPU 1 that ends the spin after 10 us.
func spinAndRelease(t *testing.T, m *Machine) *Sim {
	t.Helper()
	var released atomic.Bool
	var tasks [3]atomic.Task
	s := New(m, 1)
	for i := range tasks {
		tasks[i].Init()
		defer tasks[i].Release()
		s.goOn([]int{0, 1, 0}[i], &tasks[i], func() {
			switch i {
			case 0:
				atomic.Until(&tasks[0], released.Load)
			case 1:
				atomic.Work(10_000)
				released.Store(true)
			default:
				atomic.Work(100)
			}
		})
	}
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSpinnerIsReleased: a spinner on a CPU that others want stops when what it
// waits for happens, not at the end of its slice.
func TestSpinnerIsReleased(t *testing.T) {
	s := spinAndRelease(t, testMachine(2))
	if end := s.threads[0].now / ps; end < 10_000 || end > 11_000 {
		t.Errorf("the spinner ended at %d ns, was released at 10000", end)
	}
}

// TestTimesAddUp: each moment of a thread is counted once, as work, waiting,
// sleep or time off its CPU; here a slice ends within the spin.
func TestTimesAddUp(t *testing.T) {
	m := testMachine(2)
	m.Quantum = 2_000
	s := spinAndRelease(t, m)
	for _, th := range s.threads {
		sum := th.stats.BusyPS + th.stats.MissPS + th.stats.SleepPS + th.stats.OffCPUPS
		if off := int64(th.now) - sum; off < 0 || off > 1 {
			t.Errorf("thread %d ran for %d ps, %+v", th.id, th.now, th.stats)
		}
	}
	if s.threads[0].stats.OffCPUPS == 0 {
		t.Error("the spinner kept its CPU beyond its slice")
	}
}

// TestNestedSections: what was deferred waits for the outermost section.
func TestNestedSections(t *testing.T) {
	var rcu atomic.RCU
	var reader, writer atomic.Task
	reader.Init()
	writer.Init()
	defer reader.Release()
	defer writer.Release()
	s := New(testMachine(2), 1)
	var left, ran int64
	s.Go(&reader, func() {
		rcu.Lock(&reader)
		rcu.Lock(&reader)
		rcu.Unlock(&reader)
		atomic.Work(50_000)
		left = atomic.Now()
		rcu.Unlock(&reader)
	})
	s.Go(&writer, func() {
		atomic.Work(10_000)
		rcu.Defer(&writer, func(*atomic.Task, any) { ran = atomic.Now() }, nil)
		rcu.Synchronize(&writer)
	})
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	if ran < left {
		t.Errorf("ran at %d ns, within a section that was left at %d", ran, left)
	}
}
