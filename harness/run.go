package harness

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"vmabench/results"
)

// Runner runs a plan, one child process after the other.
type Runner struct {
	// Spawn runs one trial; Command.Spawn but in tests.
	Spawn func(context.Context, *TrialSpec, time.Duration) (*results.Trial, error)
	// Sink stores a finished trial. An error ends the run.
	Sink func(*results.Trial) error
	// Dump stores what a failed child said; nil drops it.
	Dump func(t *results.Trial, text string) error
	// Progress is told before each trial (t nil) and after it.
	Progress func(Progress)
}

// Progress is where a run stands.
type Progress struct {
	Index, Total int // Index trials are finished
	Spec         *TrialSpec
	Trial        *results.Trial // nil before the trial
	Took         time.Duration
	Left         time.Duration // estimated, of the rest
}

// maxAttempts bounds the repetitions of a disturbed trial.
const maxAttempts = 3

// Summary is how a run went.
type Summary struct {
	Done, Skipped, Failed, Disturbed int
	Repeats                          int // attempts beyond the first
	Took                             time.Duration
}

// Run runs the trials of p that done does not have. It returns early with
// ctx's error, or with the Sink's; what was sunk stays.
func (r *Runner) Run(ctx context.Context, p *Plan, done func(key string) bool) (Summary, error) {
	runtime.LockOSThread() // children die with the thread that started them
	defer runtime.UnlockOSThread()
	var todo []TrialSpec
	var sum Summary
	for _, s := range p.Trials {
		if done != nil && done(s.ID()) {
			sum.Skipped++
			continue
		}
		todo = append(todo, s)
	}
	began := time.Now()
	clock := newClock(p.Config.Budget, todo)
	for i := range todo {
		s := &todo[i]
		r.progress(Progress{Index: i, Total: len(todo), Spec: s, Left: clock.left(i, began)})
		start := time.Now()
		t, dump, err := r.trial(ctx, s, clock, began, i, &sum)
		if err != nil {
			sum.Took = time.Since(began)
			return sum, err
		}
		if err := r.store(t, dump); err != nil {
			sum.Took = time.Since(began)
			return sum, err
		}
		sum.Done++
		switch {
		case t.Failed != "":
			sum.Failed++
		case !t.Guard.OK:
			sum.Disturbed++
		}
		r.progress(Progress{Index: i + 1, Total: len(todo), Spec: s, Trial: t,
			Took: time.Since(start), Left: clock.left(i+1, began)})
	}
	sum.Took = time.Since(began)
	return sum, nil
}

func (r *Runner) progress(p Progress) {
	if r.Progress != nil {
		r.Progress(p)
	}
}

func (r *Runner) store(t *results.Trial, dump string) error {
	if dump != "" && r.Dump != nil {
		if err := r.Dump(t, dump); err != nil {
			return err
		}
	}
	return r.Sink(t)
}

// trial runs s until it is undisturbed, at most maxAttempts times and while
// the budget has room, and returns the best attempt.
func (r *Runner) trial(ctx context.Context, s *TrialSpec, c *clock, began time.Time, i int, sum *Summary) (best *results.Trial, dump string, err error) {
	for attempt := 1; attempt <= maxAttempts; attempt++ {
		s.Attempt = attempt
		if !c.room(i, began, s) {
			s.Timing.Spare = 0
			if attempt > 1 {
				break
			}
		}
		if attempt > 1 {
			sum.Repeats++
		}
		t, said, err := r.attempt(ctx, s)
		if err != nil {
			return nil, "", err
		}
		t.Guard.Attempts = attempt
		if better(t, best) {
			best, dump = t, said
		}
		best.Guard.Attempts = attempt
		if best.Guard.OK || best.Failed != "" {
			break
		}
	}
	return best, dump, nil
}

// attempt runs s once. A child's failure becomes a record.
func (r *Runner) attempt(ctx context.Context, s *TrialSpec) (*results.Trial, string, error) {
	t, err := r.Spawn(ctx, s, s.Timeout())
	if err == nil {
		return t, "", nil
	}
	var f *Failure
	if !errors.As(err, &f) {
		return nil, "", err
	}
	t = s.result()
	t.Started = time.Now().UTC().Format(time.RFC3339Nano)
	t.Failed = f.Why
	t.Guard.Why = "no result"
	return t, f.Dump, nil
}

// better reports whether a is the attempt to keep rather than b.
func better(a, b *results.Trial) bool {
	switch {
	case b == nil:
		return true
	case (a.Failed == "") != (b.Failed == ""):
		return a.Failed == ""
	case a.Guard.OK != b.Guard.OK:
		return a.Guard.OK
	}
	return a.Guard.Slices-a.Guard.Rejected > b.Guard.Slices-b.Guard.Rejected
}

// clock holds a run to its budget and estimates what is left of it.
type clock struct {
	budget time.Duration
	rest   []time.Duration // rest[i]: the estimate of trials i and later
}

func newClock(budget time.Duration, todo []TrialSpec) *clock {
	c := &clock{budget: budget, rest: make([]time.Duration, len(todo)+1)}
	for i := len(todo) - 1; i >= 0; i-- {
		c.rest[i] = c.rest[i+1] + todo[i].Estimate()
	}
	return c
}

// pace is how much longer trials have taken than was estimated.
func (c *clock) pace(i int, began time.Time) float64 {
	planned := c.rest[0] - c.rest[i]
	if planned < time.Second {
		return 1
	}
	return max(0.5, float64(time.Since(began))/float64(planned))
}

func (c *clock) left(i int, began time.Time) time.Duration {
	return time.Duration(float64(c.rest[i]) * c.pace(i, began)).Round(time.Second)
}

// room reports whether s may take longer than it was planned to.
func (c *clock) room(i int, began time.Time, s *TrialSpec) bool {
	if c.budget == 0 {
		return true
	}
	extra := s.Estimate() + time.Duration(s.Timing.Spare)*s.Timing.Slice
	return time.Since(began)+c.left(i, began)+extra < c.budget
}

// Describe says in one line what a trial found.
func Describe(t *results.Trial) string {
	switch {
	case t.Failed != "":
		return "FAILED: " + t.Failed
	case len(t.Values) == 0:
		return "no values"
	}
	v := t.Values[0]
	s := fmt.Sprintf("%.4g %s", v.Value, v.Unit)
	if !t.Guard.OK {
		s += "  (disturbed: " + t.Guard.Why + ")"
	}
	return s
}
