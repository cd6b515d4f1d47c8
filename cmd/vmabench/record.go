package main

import (
	"encoding/json"
	"fmt"
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
		Command:  harness.CommandLine("vmabench bench", args),
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
	if c.FIFO && realtimePermitted() == nil {
		out = append(out, "workers had a real-time priority and half of the time, but for those of a GOMAXPROCS above the CPUs, which had no priority")
	}
	return out
}

// realtimePermitted says why -sched fifo cannot be, if so.
func realtimePermitted() error {
	if err := harness.RealtimePermitted(); err != nil {
		return badf("-sched fifo: %v", err)
	}
	return nil
}

func workloads(c *harness.Config) (out []results.WorkloadInfo) {
	for _, s := range c.Workloads() {
		out = append(out, results.WorkloadInfo{Name: s.FullName(), Title: s.Title, Doc: s.Doc, Source: s.Source, Roles: s.RoleNames()})
	}
	return out
}
