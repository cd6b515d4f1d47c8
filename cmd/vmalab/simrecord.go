//go:build vmasim

package main

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"vmabench/harness"
	"vmabench/manycore"
	"vmabench/results"
	"vmabench/variants"
	"vmabench/vmm"
)

// bySize orders points by what they cost to simulate, the costliest first.
func bySize(points []manycore.PointSpec) []int {
	order := make([]int, len(points))
	for i := range order {
		order[i] = i
	}
	weight := func(p *manycore.PointSpec) int {
		if p.Workload == "fork-storm" || p.Workload == "local" {
			return 8 * p.CPUs
		}
		return p.CPUs
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(weight(&points[b]), weight(&points[a])) })
	return order
}

// planName is the plan of a simulation's run.json.
const planName = "simulate"

// head is the run.json of a simulation.
func (s *simulation) head(args []string) *results.Run {
	r := &results.Run{
		Created:  time.Now().UTC().Format(time.RFC3339),
		Command:  harness.CommandLine("vmalab simulate", args),
		Env:      harness.Environment(),
		Baseline: s.designs[0],
		Notes:    []string{"modelled on " + s.machine.Title + ": not a measurement"},
		Plan: results.PlanInfo{
			Name: planName, Seed: s.o.seed, Count: 1, Procs: s.cpus,
			Trials: len(s.points()), Shard: s.o.shard,
		},
	}
	r.Version, r.Commit = harness.Version()
	for _, name := range s.designs {
		d, _ := variants.LookupModelled(name)
		r.Designs = append(r.Designs, harness.DescribeDesign(d))
	}
	for _, spec := range s.specs {
		r.Plan.Workloads = append(r.Plan.Workloads, results.WorkloadInfo{
			Name: spec.FullName(), Title: spec.Title, Doc: spec.Doc, Source: spec.Source, Roles: spec.RoleNames(),
		})
	}
	return r
}

// trial is a point as a trial of the run.
func (s *simulation) trial(p *manycore.PointSpec, r *manycore.PointResult) *results.Trial {
	spec, _ := manycore.Spec(p.Workload)
	t := &results.Trial{
		Bench: spec.Bench, Procs: p.CPUs, Kind: results.Modelled, Seed: p.Seed, Ops: r.Ops,
		Started: time.Now().UTC().Format(time.RFC3339),
		Params: []results.Param{
			{Key: "variant", Value: p.Design}, {Key: "workload", Value: spec.Name},
		},
		Guard: results.Guard{OK: true, CPUShare: 1},
	}
	for _, q := range spec.Params {
		t.Params = append(t.Params, results.Param{Key: q.Key, Value: q.Value})
	}
	t.Params = append(t.Params, results.Param{Key: "machine", Value: s.machine.Name}, results.Param{Key: "modelled", Value: "1"})
	if r.Ops == 0 {
		t.Failed = "no operation began in the simulated window"
		return t
	}
	t.Values = []results.Value{{Unit: "ns/op", Value: 1e9 / r.OpsPerS}, {Unit: "cpu-ns/op", Value: r.CPUNS}, {Unit: "ops/s", Value: r.OpsPerS}}
	t.Values = append(t.Values, roleValues(r)...)
	for _, role := range r.Roles {
		prefix := ""
		if len(r.Roles) > 1 {
			prefix = role.Role + "-"
		}
		for _, ops := range role.Workers {
			t.Workers = append(t.Workers, results.Worker{Role: role.Role, Ops: ops})
		}
		if role.Count == 0 {
			continue
		}
		t.Values = append(t.Values, results.Value{Unit: prefix + "p50-ns", Value: float64(role.P50)}, results.Value{Unit: prefix + "p99-ns", Value: float64(role.P99)},
			results.Value{Unit: prefix + "p99.9-ns", Value: float64(role.P999)})
		t.Hists = append(t.Hists, results.Hist{Role: role.Role, Op: strings.ToLower(spec.Bench), Timed: "actual", Count: role.Count, MaxNS: role.Max, V2: role.V2})
	}
	for _, l := range r.Lines {
		t.Lines = append(t.Lines, results.Line(l))
	}
	for e := range vmm.NumEvents {
		t.Events = append(t.Events, results.Value{Unit: e.String() + "/op", Value: float64(r.Events[e]) / float64(r.Ops)})
	}
	return t
}

// roleValues is the rate of each role where there are several, and the fairness
// among the workers of the first role that has more than one, in the units of a
// measured trial.
func roleValues(r *manycore.PointResult) (out []results.Value) {
	if len(r.Roles) > 1 {
		for _, role := range r.Roles {
			out = append(out, results.Value{Unit: role.Role + "-ops/s", Value: r.OpsPerS * float64(role.Ops) / float64(r.Ops)})
		}
	}
	for _, role := range r.Roles {
		if n := len(role.Workers); n > 1 && role.Ops > 0 {
			lo, hi, squares := slices.Min(role.Workers), slices.Max(role.Workers), 0.0
			for _, ops := range role.Workers {
				squares += float64(ops) * float64(ops)
			}
			sum := float64(role.Ops)
			return append(out, results.Value{Unit: "fair-min/max", Value: float64(lo) / float64(hi)},
				results.Value{Unit: "fair-jain", Value: sum * sum / (float64(n) * squares)})
		}
	}
	return out
}
