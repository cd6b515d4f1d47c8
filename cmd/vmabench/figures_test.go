package main

import (
	"encoding/json"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"vmabench/harness"
	"vmabench/plots"
	"vmabench/results"
)

// The plan "figures" has what every figure takes that three designs on two CPUs
// can draw; what the others need, other jobs leave in a folder.
func TestFiguresPlan(t *testing.T) {
	if testing.Short() || runtime.NumCPU() < 2 {
		t.Skip("some 200 trials, on two CPUs at least")
	}
	c, err := presetPlan("figures")
	if err != nil {
		t.Fatal(err)
	}
	c.Designs, c.Count, c.Budget = headliners, 1, time.Nanosecond // repeat nothing
	c.Timing = harness.Timing{Slice: time.Millisecond, Slices: 2, Warm: 1}
	c.LatencyTiming = c.Timing
	p, err := harness.NewPlan(c)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	w, err := results.Create(dir, newRun(p, &options{}, nil))
	if err != nil {
		t.Fatal(err)
	}
	sum, err := (&job{w: w, plan: p}).run(t.Context(), &options{quiet: true}, io.Discard)
	if cerr := w.Close(); err != nil || cerr != nil || sum.Failed > 0 {
		t.Fatalf("%v, %v, %d trials failed", err, cerr, sum.Failed)
	}
	f, err := results.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	r, err := plots.New(f)
	if err != nil {
		t.Fatal(err)
	}
	files, err := r.Charts(filepath.Join(dir, chartsDir), false)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range strings.Fields("overview throughput relative cpu single oversubscribed latency load writers roles fairness " +
		"sharing hot vmas mix fork mprotect applications events waits footprint layout place peers guard stability") {
		if !slices.Contains(files, filepath.Join(dir, chartsDir, id+"-light.svg")) {
			t.Errorf("no figure %s", id)
		}
	}
}

// No trial is in a plan twice, whatever -run and -procs ask for: the commands under
// the figures do.
func TestNoTrialTwice(t *testing.T) {
	for _, o := range []options{{plan: "figures"}, {plan: "figures", run: "mprotect-disjoint|mprotect-overlap"}, {plan: "figures", run: "hotvma", procs: "4"},
		{plan: "figures", procs: "2,4"}, {plan: "writers", run: "fork-storm"}, {plan: "shape", run: "pft"}, {plan: "default", run: "pft"}} {
		o.page, o.protocol, o.arrivals, o.sched = "none", "same", "poisson", "other"
		c, err := o.config()
		if err != nil {
			t.Fatal(err)
		}
		c.Count = 1
		p, err := harness.NewPlan(c)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, s := range p.Trials {
			s.Group = 0
			key, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			if seen[string(key)] {
				t.Errorf("-plan %s -run %q -procs %q: twice %.160s", o.plan, o.run, o.procs, key)
			}
			seen[string(key)] = true
		}
	}
}
