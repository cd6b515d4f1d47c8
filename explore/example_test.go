//go:build vmasim

package explore_test

import (
	"fmt"
	"strings"

	"vmabench/explore"
	"vmabench/internal/atomic"
	"vmabench/vmm"
)

// gate is a lock for one sleeper. Its bug: Lock looks, and only then says that
// it waits. An Unlock between the two wakes nobody.
type gate struct {
	held   atomic.Uint32
	waiter atomic.Pointer[atomic.Task]
	data   atomic.Cell[int] // what it protects
}

func (g *gate) Lock(t *atomic.Task) {
	for !g.held.CompareAndSwap(0, 1) {
		g.waiter.Store(t)
		t.Park()
	}
}

func (g *gate) Unlock() {
	g.held.Store(0)
	if t := g.waiter.Swap(nil); t != nil {
		t.Unpark()
	}
}

// Two threads and a lock of one's own.
func Example() {
	scenario := func(s *explore.S) {
		g := new(gate)
		atomic.Name(g, "gate")
		for _, name := range []string{"left", "right"} {
			s.Go(name, func(t *vmm.Task) {
				g.Lock(&t.Task)
				g.data.Set(g.data.Get() + 1)
				g.Unlock()
			})
		}
	}
	r := explore.Run(explore.Options{}, scenario)
	fmt.Println(r.Failure)
	for _, line := range strings.Split(r.Failure.Trace, "\n") {
		fmt.Println(strings.TrimRight(strings.Split(line, " example_test")[0], " "))
	}
	// The schedule leads there again.
	again := explore.Run(explore.Options{Replay: r.Failure.Schedule}, scenario)
	fmt.Println(again.Failure.Kind)
	// Output:
	// deadlock: right sleeps with nobody to wake it
	//   left                                    right
	//   gate.held cas 0 → 1                                                              Lock
	//     plain read gate.data                                                           Example
	//     plain write gate.data                                                          Example
	// ↷                                         gate.held cas fails, is 1                Lock
	// ↷ gate.held 1 → 0                                                                  Unlock
	//   gate.waiter nil → nil                                                            Unlock
	// ↷                                         gate.waiter nil → &right                 Lock
	//                                           right.parked 0 → 1                       Lock
	// ✗ deadlock: right sleeps with nobody to wake it
	//
	// deadlock
}
