package selftest

import (
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
		if c.Harness, err = inTrial(ctx, trial, b.Name); err != nil {
			return err
		}
		r.Broken = append(r.Broken, c)
	}
	return ctx.Err()
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
// with it: a failure, or, where two workers on memory of their own do not do
// more than one, that they keep each other out.
func inTrial(ctx context.Context, trial harness.Command, name string) (string, error) {
	mixed, _ := workload.Find("mixed/write=10")
	own, _ := workload.Find("ownvma")
	timing := harness.Timing{Slice: 6 * time.Millisecond, Slices: 10, Spare: 20, Warm: 1}
	var rate [3]float64
	for _, s := range []harness.TrialSpec{
		{Workload: mixed, Procs: 2}, {Workload: own, Procs: 1}, {Workload: own, Procs: 2},
	} {
		s.Kind, s.Design, s.VMAs, s.Timing, s.Seed = results.Throughput, name, 100, timing, 1
		t, err := trial.Spawn(ctx, &s, trialTimeout)
		var failure *harness.Failure
		switch {
		case errors.As(err, &failure):
			return failure.Why, nil
		case err != nil:
			return "", err
		case t.Failed != "":
			return t.Failed, nil
		}
		if s.Workload.Name == own.Name {
			rate[s.Procs], _ = t.Value("ops/s")
		}
	}
	if rate[2] < 1.3*rate[1] {
		return fmt.Sprintf("two workers on memory of their own do %.2f times the work of one", rate[2]/rate[1]), nil
	}
	return "", nil
}
