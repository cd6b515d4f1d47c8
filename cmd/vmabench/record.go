package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"vmabench/harness"
	"vmabench/results"
	"vmabench/variants"
)

// newRun returns the head of a run of plan p.
func newRun(p *harness.Plan, o *options, args []string) *results.Run {
	c := &p.Config
	r := &results.Run{
		Created:  time.Now().UTC().Format(time.RFC3339),
		Command:  "vmabench bench " + commandLine(args),
		Env:      harness.Environment(),
		Baseline: c.Designs[0],
		Plan: results.PlanInfo{
			Name: c.Name, Seed: c.Seed, Count: c.Count, Procs: c.Procs, Trials: len(p.Trials), Shard: o.shard,
			Workloads: workloads(c),
		},
	}
	if r.Env.Clock = string(harness.Monotonic); c.Clock == harness.TSC && r.Env.Counter != nil {
		r.Env.Clock, r.Env.ClockNS = string(harness.TSC), r.Env.Counter.FloorNS
	}
	r.Plan.Config, _ = json.Marshal(c)
	r.Notes = notes(r.Env.Facts, c)
	r.Version, r.Commit = harness.Version()
	for _, name := range c.Subjects() {
		if d, ok := variants.Lookup(name); ok {
			r.Designs = append(r.Designs, harness.DescribeDesign(d))
		}
	}
	return r
}

// notes are the warnings that belong to the whole run.
func notes(facts []results.Fact, c *harness.Config) (out []string) {
	for _, f := range facts {
		if f.Verdict == "bad" {
			out = append(out, fmt.Sprintf("%s when the run began: %s", f.Name, f.Value))
		}
	}
	if c.FIFO {
		out = append(out, "workers had a real-time priority and half of the time")
	}
	return out
}

// commandLine is the arguments without those that name a place on this
// machine.
func commandLine(args []string) string {
	var keep []string
	for i := 0; i < len(args); i++ {
		name, _, joined := strings.Cut(strings.TrimLeft(args[i], "-"), "=")
		switch name {
		case "o":
			if !joined {
				i++
			}
			continue
		case "layout":
			if !joined {
				i++
			}
			keep = append(keep, "-layout FILE")
			continue
		case "run":
			if !joined && i+1 < len(args) && strings.HasPrefix(args[i+1], "trace:") {
				i++
				keep = append(keep, "-run trace:FILE")
				continue
			}
			if strings.Contains(args[i], "=trace:") {
				keep = append(keep, "-run trace:FILE")
				continue
			}
		}
		keep = append(keep, args[i])
	}
	return strings.Join(keep, " ")
}

func workloads(c *harness.Config) (out []results.WorkloadInfo) {
	for _, s := range c.Workloads() {
		out = append(out, results.WorkloadInfo{Name: s.FullName(), Title: s.Title, Doc: s.Doc, Source: s.Source, Roles: s.RoleNames()})
	}
	return out
}
