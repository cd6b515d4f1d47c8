package harness

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"vmabench/results"
)

// Runner runs a plan, one group of trials after the other.
type Runner struct {
	// Spawn runs the trials of a group: Command.Run, but in tests.
	Spawn func(context.Context, []*TrialSpec) []Outcome
	// Sink stores a finished trial. An error ends the run.
	Sink func(*TrialSpec, *results.Trial) error
	// Dump stores what a failed child said; nil drops it.
	Dump func(t *results.Trial, text string) error
	// Progress is told before each group (Trial nil) and of each trial after it.
	Progress func(Progress)
}

// Run runs the trials of a group in turns, all with this program.
func (c Command) Run(ctx context.Context, group []*TrialSpec) []Outcome {
	members := make([]Member, len(group))
	for i, s := range group {
		members[i] = Member{Command: c, Spec: s, Timeout: s.Timeout()}
	}
	return Together(ctx, members)
}

// Progress is where a run stands.
type Progress struct {
	Index, Total int // Index trials are finished
	Spec         *TrialSpec
	Trial        *results.Trial // nil before the trial
	Left         time.Duration  // estimated, of the rest
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
func (r *Runner) Run(ctx context.Context, p *Plan, done func(key string) bool) (sum Summary, err error) {
	runtime.LockOSThread() // children die with the thread that started them
	defer runtime.UnlockOSThread()
	var todo []TrialSpec
	for _, s := range p.Trials {
		if done != nil && done(s.ID()) {
			sum.Skipped++
			continue
		}
		todo = append(todo, s)
	}
	clock := newClock(p.Config.Budget, todo)
	defer func() { sum.Took = time.Since(clock.began) }()
	for i := 0; i < len(todo); {
		group := todo[i : i+groupLen(todo[i:])]
		r.progress(Progress{Index: i, Total: len(todo), Spec: &group[0], Left: clock.left(i)})
		attempts, err := r.group(ctx, group, clock, i, &sum)
		for k, a := range attempts {
			if a.trial == nil {
				continue
			}
			if serr := r.store(&group[k], a, &sum); serr != nil {
				return sum, serr
			}
			r.progress(Progress{Index: i + k + 1, Total: len(todo), Spec: &group[k], Trial: a.trial, Left: clock.left(i + k + 1)})
		}
		if err != nil {
			return sum, err
		}
		i += len(group)
	}
	return sum, nil
}

// maxTogether bounds the VMAs of the processes that are there at the same time:
// a larger group runs in parts.
const maxTogether = 1 << 20

// groupLen is how many of the trials, from the first on, run in turns.
func groupLen(todo []TrialSpec) int {
	n, vmas := 1, todo[0].VMAs
	for n < len(todo) && todo[n].Group == todo[0].Group && todo[0].Group != 0 && vmas+todo[n].VMAs <= maxTogether {
		vmas += todo[n].VMAs
		n++
	}
	return n
}

func (r *Runner) progress(p Progress) {
	if r.Progress != nil {
		r.Progress(p)
	}
}

func (r *Runner) store(s *TrialSpec, a attempt, sum *Summary) error {
	if a.dump != "" && r.Dump != nil {
		if err := r.Dump(a.trial, a.dump); err != nil {
			return err
		}
	}
	if err := r.Sink(s, a.trial); err != nil {
		return err
	}
	sum.Done++
	switch {
	case a.trial.Failed != "":
		sum.Failed++
	case !a.trial.Guard.OK:
		sum.Disturbed++
	}
	return nil
}

// attempt is what a trial's process gave: nothing yet, or a record and what a
// process that failed had said.
type attempt struct {
	trial *results.Trial
	dump  string
}

// group runs trials together, and those that were disturbed again, at most
// maxAttempts times and while the budget has room. It returns the attempt to keep
// of each, also when it is interrupted: what is finished is not lost.
func (r *Runner) group(ctx context.Context, g []TrialSpec, c *clock, at int, sum *Summary) ([]attempt, error) {
	best := make([]attempt, len(g))
	var todo []*TrialSpec
	for i := range g {
		todo = append(todo, &g[i])
	}
	for n := 1; n <= maxAttempts && len(todo) > 0; n++ {
		if !c.room(at, todo) {
			if n > 1 {
				break
			}
			for _, s := range todo {
				s.Timing.Spare = 0
			}
		}
		var again []*TrialSpec
		var stop error
		for k, o := range r.Spawn(ctx, todo) {
			s := todo[k]
			s.Attempt = n
			now, err := record(s, o)
			if err != nil {
				stop = err
				continue
			}
			b := &best[slices.IndexFunc(g, func(x TrialSpec) bool { return x.ID() == s.ID() && x.Build == s.Build })]
			if better(now.trial, b.trial) {
				*b = now
			}
			b.trial.Guard.Attempts = n
			if n > 1 {
				sum.Repeats++
			}
			if !b.trial.Guard.OK && b.trial.Failed == "" {
				again = append(again, s)
			}
		}
		if stop != nil {
			return best, stop
		}
		todo = again
	}
	return best, nil
}

// record makes an attempt of an outcome. A child's failure is one; the error is
// another's.
func record(s *TrialSpec, o Outcome) (attempt, error) {
	if o.Err == nil {
		return attempt{trial: o.Trial}, nil
	}
	var f *Failure
	if !errors.As(o.Err, &f) {
		return attempt{}, o.Err
	}
	t := s.result()
	t.Started = time.Now().UTC().Format(time.RFC3339Nano)
	t.Failed = f.Why
	t.Guard.Why = "no result"
	return attempt{trial: t, dump: f.Dump}, nil
}

// better reports whether a is the attempt to keep rather than b. A failure is
// final: a corrupt space, a lost change or a hang is a design's, and no attempt
// without one takes it back.
func better(a, b *results.Trial) bool {
	switch {
	case b == nil:
		return true
	case (a.Failed == "") != (b.Failed == ""):
		return a.Failed != ""
	case a.Guard.OK != b.Guard.OK:
		return a.Guard.OK
	}
	return a.Guard.Slices-a.Guard.Rejected > b.Guard.Slices-b.Guard.Rejected
}

// clock holds a run to its budget and estimates what is left of it.
type clock struct {
	began  time.Time
	budget time.Duration
	rest   []time.Duration // rest[i]: the estimate of trials i and later
}

func newClock(budget time.Duration, todo []TrialSpec) *clock {
	c := &clock{began: time.Now(), budget: budget, rest: make([]time.Duration, len(todo)+1)}
	for i := len(todo) - 1; i >= 0; i-- {
		c.rest[i] = c.rest[i+1] + todo[i].Estimate()
	}
	return c
}

// pace is how much longer trials have taken than was estimated.
func (c *clock) pace(i int) float64 {
	planned := c.rest[0] - c.rest[i]
	if planned < time.Second {
		return 1
	}
	return max(0.5, float64(time.Since(c.began))/float64(planned))
}

// left is the estimate of trials i and later.
func (c *clock) left(i int) time.Duration {
	return time.Duration(float64(c.rest[i]) * c.pace(i)).Round(time.Second)
}

// room reports whether the trials may take longer than was planned when those
// from i on are still to be done.
func (c *clock) room(i int, trials []*TrialSpec) bool {
	if c.budget == 0 {
		return true
	}
	var extra time.Duration
	for _, s := range trials {
		extra += s.Estimate() + time.Duration(s.Timing.Spare)*s.Timing.Slice
	}
	return time.Since(c.began)+c.left(i)+extra < c.budget
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
