//go:build vmasim

package explore

import (
	"slices"
	"testing"

	"vmabench/internal/atomic"
	"vmabench/vmm"
)

func FuzzSchedule(f *testing.F) {
	for _, s := range []string{"", "a", "a12b3a", "a:1.b2", "h:3", "a0", "a99999999", "z", "a:", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		steps, err := parseSchedule(s)
		if err != nil {
			return
		}
		again, err := parseSchedule(formatSchedule(steps))
		if err != nil || !slices.Equal(steps, again) {
			t.Fatalf("%q: %v reads back as %v, %v", s, steps, again, err)
		}
	})
}

// lostUpdate goes wrong only if a thread is preempted between its load and its
// store: twice over, for two preemptions.
func lostUpdate(rounds int) func(*S) {
	return func(s *S) {
		var x atomic.Uint32
		got := make([]bool, rounds)
		s.Go("a", func(*vmm.Task) {
			for i := range rounds {
				v := x.Load()
				got[i] = x.Load() != v
			}
		})
		s.Go("b", func(*vmm.Task) {
			for range rounds {
				x.Add(1)
			}
		})
		s.Check(func() error {
			if !slices.Contains(got, false) {
				return testError("every pair of loads differed")
			}
			return nil
		})
	}
}

// A bound of n preemptions finds what needs n and nothing that needs more.
func TestPreemptionBound(t *testing.T) {
	for need := 1; need <= 3; need++ {
		for bound := range 5 {
			// Each differing pair needs a preemption of a; b is preempted
			// between them but for the last.
			least := 2*need - 1
			r := Run(Options{Mode: DFS, Bound: bound}, lostUpdate(need))
			if found := r.Failure != nil; found != (bound >= least) {
				t.Errorf("%d pairs, bound %d: found %v", need, bound, found)
			}
			if r.Failure == nil && r.Complete {
				t.Errorf("a bounded search claims to be complete")
			}
		}
	}
}

func TestPCTFindsAndIsDeterministic(t *testing.T) {
	o := Options{Mode: PCT, Seed: 1, Max: 20000}
	a, b := Run(o, lostUpdate(1)), Run(o, lostUpdate(1))
	if a.Failure == nil {
		t.Fatal("not found")
	}
	if a.Executions != b.Executions || a.Failure.Schedule != b.Failure.Schedule {
		t.Errorf("one seed, two searches: %d and %d executions", a.Executions, b.Executions)
	}
	if c := Run(Options{Mode: PCT, Seed: 1, Max: 10}, func(s *S) { s.Go("t", func(*vmm.Task) {}) }); c.Complete {
		t.Error("sampling claims to be complete")
	}
}

// What is printed is as short as it gets: one preemption where one is enough,
// whatever the search stumbled over first.
func TestCounterexampleIsShort(t *testing.T) {
	r := Run(Options{Mode: PCT, Seed: 7, Depth: 8, Max: 20000}, func(s *S) {
		var x, noise atomic.Uint32
		s.Go("a", func(*vmm.Task) {
			for range 10 {
				noise.Add(1)
			}
			v := x.Load()
			atomic.Assert(x.Load() == v, "x is stable")
		})
		s.Go("b", func(*vmm.Task) {
			for range 10 {
				noise.Add(1)
			}
			x.Add(1)
		})
	})
	if r.Failure == nil || r.Failure.Switches != 2 {
		t.Fatalf("%+v", r.Failure)
	}
}

// With Timeouts a bounded Park may go on without a token, and without them not.
func TestParkTimeout(t *testing.T) {
	for _, timeouts := range []bool{false, true} {
		r := Run(Options{Timeouts: timeouts}, func(s *S) {
			var woken bool
			sleeper := s.Go("sleeper", func(k *vmm.Task) { woken = k.ParkTimeout(1000) })
			s.Go("waker", func(*vmm.Task) { sleeper.Unpark() })
			s.AtEnd(func() { s.Outcome("woken %v", woken) })
		})
		if _, timedOut := r.Outcomes["woken false"]; timedOut != timeouts || r.Outcomes["woken true"] == 0 {
			t.Errorf("timeouts %v: %v", timeouts, r.Outcomes)
		}
	}
}

// With Clocks every look at the clock may be late, per thread and for good.
func TestClocks(t *testing.T) {
	r := Run(Options{Clocks: true}, func(s *S) {
		var late [2]bool
		s.Go("t", func(*vmm.Task) {
			began := atomic.Now()
			for i := range late {
				late[i] = atomic.Now() > began+1e6
			}
		})
		s.AtEnd(func() { s.Outcome("%v", late) })
	})
	want := []string{"[false false]", "[false true]", "[true true]"}
	if len(r.Outcomes) != len(want) {
		t.Fatalf("%v", r.Outcomes)
	}
	for _, o := range want {
		if r.Outcomes[o] == 0 {
			t.Errorf("never %s: %v", o, r.Outcomes)
		}
	}
}
