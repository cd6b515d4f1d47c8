//go:build vmasim

package explore

// Limits of the search for a shorter counterexample, in executions.
const (
	boundedTries = 4000
	localTries   = 600
)

// minimise returns a schedule that fails in the same way with as few changes
// of thread, and then steps, as it can find: first by searches with a rising
// preemption bound, then by moving whole runs of steps.
func (e *engine) minimise(k Kind, steps []choice) []choice {
	if e.opt.Weak {
		return e.shuffle(k, steps) // older values double the search
	}
	for bound := range 4 {
		if s := e.failsWithin(k, bound); s != nil {
			if switches(s) < switches(steps) {
				steps = s
			}
			break
		}
	}
	return e.shuffle(k, steps)
}

// failsWithin searches with a preemption bound for the same failure.
func (e *engine) failsWithin(k Kind, bound int) []choice {
	saved := e.opt
	defer func() { e.opt = saved }()
	e.opt.Mode, e.opt.Bound, e.rand = DFS, bound, nil
	e.nodes, e.fresh = e.nodes[:0], 0
	for range boundedTries {
		e.execute()
		if e.failed != nil && e.failed.Kind == k {
			return e.path()
		}
		if !e.advance() {
			return nil
		}
	}
	return nil
}

// shuffle lets each run of steps go before or after its neighbours while the
// schedule gets shorter and fails in the same way.
func (e *engine) shuffle(k Kind, steps []choice) []choice {
	tries := 0
	for again := true; again; {
		again = false
		for i := 0; i+1 < len(runs(steps)) && tries < localTries; i++ {
			tries++
			e.follow(swapped(steps, i))
			if s := e.path(); e.failed != nil && e.failed.Kind == k && shorter(s, steps) {
				steps, again = s, true
			}
		}
	}
	return steps
}

func shorter(a, b []choice) bool {
	if x, y := switches(a), switches(b); x != y {
		return x < y
	}
	return len(a) < len(b)
}

// runs returns where each run of one thread's steps begins.
func runs(steps []choice) (at []int) {
	for i := range steps {
		if i == 0 || steps[i].thread != steps[i-1].thread {
			at = append(at, i)
		}
	}
	return at
}

// swapped returns steps with runs i and i+1 exchanged.
func swapped(steps []choice, i int) []choice {
	at := append(runs(steps), len(steps))
	out := append([]choice(nil), steps[:at[i]]...)
	out = append(out, steps[at[i+1]:at[i+2]]...)
	out = append(out, steps[at[i]:at[i+1]]...)
	return append(out, steps[at[i+2]:]...)
}
