package selftest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"vmabench/harness"
	"vmabench/results"
	"vmabench/vmm/vmmtest"
	"vmabench/workload"
)

// Limits on what a broken subject may take: it may never end.
const (
	checkTimeout = 75 * time.Second
	trialTimeout = 6 * time.Second
)

// CheckChild is the child process of a conformance check: it checks one broken
// subject and prints what was found as JSON. A hang ends with the process.
func CheckChild(name string, out io.Writer) error {
	for _, b := range vmmtest.Broken {
		if b.Name == name {
			return json.NewEncoder(out).Encode(vmmtest.CheckDesign(b.Design, vmmtest.Options{Short: true, First: true}))
		}
	}
	return fmt.Errorf("no broken subject %q", name)
}

// Catch lets conformance and the harness at every broken subject. check starts
// a CheckChild for a name, trial a trial.
func (r *Report) Catch(ctx context.Context, check func(context.Context, string) *exec.Cmd, trial harness.Command) error {
	for _, b := range vmmtest.Broken {
		c := Caught{Name: b.Name, Doc: b.Doc, Breaks: b.Breaks}
		vs, err := conformance(ctx, check, b.Name)
		switch {
		case err != nil:
			return err
		case len(vs) > 0:
			c.Conformance = vs[0].Kind
		}
		for _, v := range vs {
			c.Named = c.Named || v.Kind == b.Breaks
		}
		if !c.Named {
			r.fail("%s: conformance said %s and not %s", b.Name, said(c.Conformance), b.Breaks)
		}
		if c.Harness, c.HarnessClass, err = inTrial(ctx, trial, b.Name); err != nil {
			return err
		}
		if c.HarnessClass != b.Breaks {
			r.fail("%s: trials said %s and not %s", b.Name, said(c.Harness), b.Breaks)
		}
		r.Broken = append(r.Broken, c)
	}
	// What names broken subjects must be silent about a whole one.
	says, _, err := inTrial(ctx, trial, sameName)
	if err == nil && says != "" {
		r.fail("%s, a whole design: trials said %s", Base, says)
	}
	return cmp.Or(err, ctx.Err())
}

// conformance runs a CheckChild. One that must be killed has found nothing that
// it could name.
func conformance(ctx context.Context, check func(context.Context, string) *exec.Cmd, name string) ([]vmmtest.Violation, error) {
	limited, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	out, err := check(limited, name).Output()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case limited.Err() != nil:
		return []vmmtest.Violation{{Kind: "timeout", Check: "all", Detail: "the suite did not end"}}, nil
	case err != nil:
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return nil, fmt.Errorf("checking %s: %w: %s", name, err, firstLine(exit.Stderr))
		}
		return nil, fmt.Errorf("checking %s: %w", name, err)
	}
	var vs []vmmtest.Violation
	if err := json.Unmarshal(out, &vs); err != nil {
		return nil, fmt.Errorf("checking %s: %w", name, err)
	}
	return vs, nil
}

func firstLine(b []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
	return line
}

// inTrial runs trials of a broken subject and returns what they say is wrong
// with it, in words and by the fault class that this means; "" when it looks
// healthy. Two workers that only read memory of their own do more than one;
// operations on such memory do not fail; and readers and writers all come to
// an end.
func inTrial(ctx context.Context, trial harness.Command, name string) (says, class string, err error) {
	timing := harness.Timing{Slice: 6 * time.Millisecond, Slices: 10, Spare: 20, Warm: 1}
	var rate [3]float64
	for _, at := range inTrialPlan() {
		s := harness.TrialSpec{Kind: results.Throughput, Design: name, VMAs: 100, Procs: at.procs, Timing: timing, Seed: at.seed}
		s.Workload, _ = workload.Find(at.workload)
		t, err := trial.Spawn(ctx, &s, trialTimeout)
		var failure *harness.Failure
		switch {
		case errors.As(err, &failure):
			return failure.Why, hung(failure.Why), nil
		case err != nil:
			return "", "", err
		case t.Failed != "":
			return t.Failed, failed(t.Failed), nil
		}
		if at.workload != "ownvma" {
			continue
		}
		if rate[at.procs], _ = t.Value("ops/s"); at.procs == 1 {
			continue
		}
		if slept, _ := t.Value("parks/op"); slept > mostParks || rate[2] < leastGain*rate[1] {
			return fmt.Sprintf("two workers that read memory of their own sleep %.2g times an operation and do %.2f times the work of one",
				slept, rate[2]/rate[1]), vmmtest.ReadersBlock, nil
		}
	}
	return "", "", nil
}

// trialAt is one trial of inTrial.
type trialAt struct {
	workload string
	procs    int
	seed     uint64
}

// inTrialPlan are the trials of inTrial. That two workers meet where a lock keeps
// nobody out is a matter of chance: they get some more.
func inTrialPlan() []trialAt {
	plan := []trialAt{{"ownvma", 1, 1}, {"ownvma", 2, 1}, {"mixed/write=10", 2, 1}}
	for seed := range uint64(10) {
		plan = append(plan, trialAt{"threadstacks", 2, seed + 1})
	}
	return plan
}

// Readers keep each other out if they sleep more often than the first touches
// of some pages explain, or two surely do less than one: on a busy machine they
// may not do much more.
const (
	mostParks = 0.01
	leastGain = 0.7
)

// hung names what hangs a trial by the states of its workers: all asleep, they
// wait for a wake-up that was lost; if some still run, others starve.
func hung(why string) string {
	if !strings.HasPrefix(why, "hung") && !strings.Contains(why, "deadlock") {
		return ""
	}
	for state := range strings.SplitSeq(why, "; ") {
		if strings.Contains(state, "locked to thread") && (strings.Contains(state, "runnable") || strings.Contains(state, "running")) {
			return vmmtest.WriterStarved
		}
	}
	return vmmtest.LostWakeup
}

// failed names what a trial's own failure shows.
func failed(why string) string {
	if strings.HasPrefix(why, "no exclusion") {
		return vmmtest.NoExclusion
	}
	return ""
}
