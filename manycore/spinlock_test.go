//go:build vmasim

package manycore

import (
	"slices"
	"testing"

	"vmabench/internal/atomic"
)

// handOver returns the nanoseconds that a spin lock which n CPUs of one socket want
// takes from one to the next, and the order in which they had it. Each comes 100 ns
// after the one before, holds it for 2 us, and takes it four times.
func handOver(t *testing.T, n int) (ns float64, order []int) {
	t.Helper()
	m, _, err := Load("skylake-8s")
	if err != nil {
		t.Fatal(err)
	}
	m.Jitter, m.Turbo, m.SMTWork = 0, 0, 1
	const hold, rounds = 2000, 4
	sim := New(m, 1)
	l, inside, begun, ended := new(spinLine), 0, int64(0), int64(0)
	for i := range n {
		task := new(atomic.Task)
		sim.goOn(i, task, func() {
			atomic.Work(int64(100 * (i + 1)))
			for range rounds {
				l.l.Lock(task)
				if inside++; inside != 1 {
					t.Errorf("%d hold the lock", inside)
				}
				if order = append(order, i); len(order) == n {
					begun = atomic.Now() // from here on all others wait
				}
				atomic.Work(hold)
				sim.catchUp(sim.cur)
				inside--
				l.l.Unlock()
				ended = atomic.Now()
			}
		})
	}
	if err := sim.Run(); err != nil {
		t.Fatal(err)
	}
	if l.l.Locked() || len(order) != n*rounds {
		t.Errorf("%d CPUs: the lock was had %d times, is left held: %v", n, len(order), l.l.Locked())
	}
	return float64(ended-begun)/float64(n*(rounds-1)+1) - hold, order
}

// A spin lock goes from one CPU to the next at a cost that does not grow with how many
// wait, in the order in which they came, as the kernel's does.
func TestSpinLockQueues(t *testing.T) {
	few, _ := handOver(t, 4)
	many, order := handOver(t, 28)
	t.Logf("a hand-over takes %.0f ns with 4 CPUs, %.0f ns with 28", few, many)
	if many > 1.5*few {
		t.Errorf("a hand-over takes %.0f ns with 4 CPUs and %.0f ns with 28", few, many)
	}
	if !slices.Equal(order[28:56], order[56:84]) {
		t.Errorf("not in turns: %v", order)
	}
}
