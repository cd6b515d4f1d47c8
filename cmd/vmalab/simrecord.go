//go:build vmasim

package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
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

// head is the run.json of a simulation.
func (s *simulation) head(args []string) *results.Run {
	r := &results.Run{
		Created:  time.Now().UTC().Format(time.RFC3339),
		Command:  strings.TrimSpace("vmalab simulate " + strings.Join(withoutOut(args), " ")),
		Env:      harness.Environment(),
		Baseline: s.designs[0],
		Notes:    []string{"modelled on " + s.machine.Title + ": not a measurement"},
		Plan: results.PlanInfo{
			Name: "simulate", Seed: s.o.seed, Count: 1, Procs: s.cpus,
			Trials: len(s.points()), Shard: s.o.shard,
		},
	}
	r.Version, r.Commit = harness.Version()
	for _, name := range s.designs {
		d, _ := variants.Lookup(name)
		r.Designs = append(r.Designs, harness.DescribeDesign(d))
	}
	for _, spec := range s.specs {
		r.Plan.Workloads = append(r.Plan.Workloads, results.WorkloadInfo{
			Name: spec.FullName(), Title: spec.Title, Doc: spec.Doc, Source: spec.Source, Roles: spec.RoleNames(),
		})
	}
	return r
}

// withoutOut drops -o and its folder: a run says how to repeat it, not where.
func withoutOut(args []string) (keep []string) {
	for i := 0; i < len(args); i++ {
		name, _, joined := strings.Cut(strings.TrimLeft(args[i], "-"), "=")
		if name == "o" {
			if !joined {
				i++
			}
			continue
		}
		keep = append(keep, args[i])
	}
	return keep
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
		t.Values = append(t.Values, results.Value{Unit: prefix + "p50-ns", Value: float64(role.P50)}, results.Value{Unit: prefix + "p99-ns", Value: float64(role.P99)})
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

// published predicts the published tables and writes tables.json.
func (s *simulation) published(dir string) error {
	type saved struct {
		Table manycore.RateTable
		Rows  []manycore.TableRow
		Score manycore.Score
		Band  map[string][]float64 // gain in per cent by row, with the arbitration of that machine
	}
	var all []saved
	for _, t := range manycore.RateTables {
		rs, err := s.pool.all(t.Points())
		if err != nil {
			return err
		}
		rows := t.Join(rs)
		score := manycore.ScoreTable(rows)
		printTable(&t, rows, score)
		band, err := s.band(&t)
		if err != nil {
			return err
		}
		all = append(all, saved{t, rows, score, band})
	}
	return writeJSON(dir, "tables.json", all)
}

// band predicts and prints the table's gains with what every machine with a
// published counter does on a contended line: the table's machine has none, and
// no other parameter matters as much.
func (s *simulation) band(t *manycore.RateTable) (map[string][]float64, error) {
	m, _, err := manycore.Load(t.Machine)
	if err != nil {
		return nil, err
	}
	names, sets, err := manycore.Arbitrations(m)
	if err != nil {
		return nil, err
	}
	var points []manycore.PointSpec
	for _, set := range sets {
		for _, p := range t.Points() {
			p.Set = set
			points = append(points, p)
		}
	}
	rs, err := s.pool.all(points)
	if err != nil {
		return nil, err
	}
	fmt.Println("the modelled gains, were its lines served as on")
	band := map[string][]float64{}
	for i, name := range names {
		fmt.Printf("  %s:", name)
		for _, r := range t.Join(rs[2*i*len(t.Rows):]) {
			band[name] = append(band[name], r.Predicted())
			fmt.Printf(" %+.1f %%", r.Predicted())
		}
		fmt.Println()
	}
	fmt.Println()
	return band, nil
}

func printTable(t *manycore.RateTable, rows []manycore.TableRow, sc manycore.Score) {
	fmt.Printf("%s against %s, published and modelled on %s (%s)\n%s\n", t.New, t.Base, t.Machine, t.Workload, t.Source)
	tw := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(tw, "threads\t%s M/s published\tmodelled\terror\tgain published\tmodelled\t\n", t.Base)
	for i := range rows {
		r := &rows[i]
		fmt.Fprintf(tw, "%d\t%.2f\t%.2f\t%+.0f %%\t%+.1f %%\t%+.1f %%\t\n", r.Threads, r.BasePerS/1e6, r.Base.OpsPerS/1e6,
			100*(r.Base.OpsPerS/r.BasePerS-1), r.Gain(), r.Predicted())
	}
	tw.Flush()
	fmt.Printf("sign agrees in %d of %d rows; first gain above 5 %%: published %d, modelled %d threads; gain off by %.1f points at most\n\n",
		sc.Signs, sc.Of, sc.PublishedKnee, sc.PredictedKnee, sc.WorstGain)
}

// varied is one parameter changed by a factor and what became of the ranking.
type varied struct {
	Parameter string
	Factor    float64
	OpsPerS   map[string]float64
	Ranking   []string
	Holds     bool
	GainPct   float64 // of the last design over the one before it
}

// vary changes every parameter by 30 % both ways where the designs differ most
// and says whether their ranking holds. It writes sensitivity.json.
func (s *simulation) vary(dir string) error {
	t := manycore.RateTables[0]
	designs := []string{"mmaponly", t.Base, t.New}
	point := func(d string, set map[string]float64) manycore.PointSpec {
		return manycore.PointSpec{Machine: t.Machine, Set: set, Design: d, Workload: t.Workload, CPUs: t.Rows[len(t.Rows)-1].Threads, Seed: 1}
	}
	changes := []varied{{Parameter: "none", Factor: 1}}
	for _, name := range manycore.Scalable() {
		changes = append(changes, varied{Parameter: name, Factor: 0.7}, varied{Parameter: name, Factor: 1.3})
	}
	var points []manycore.PointSpec
	for _, c := range changes {
		for _, d := range designs {
			set := map[string]float64{}
			if c.Factor != 1 {
				set[c.Parameter] = c.Factor
			}
			points = append(points, point(d, set))
		}
	}
	rs, err := s.pool.all(points)
	if err != nil {
		return err
	}
	for i := range changes {
		changes[i].fill(designs, rs[i*len(designs):])
		changes[i].Holds = sameOrder(designs, changes[0].OpsPerS, changes[i].OpsPerS)
	}
	printVaried(&t, changes)
	return writeJSON(dir, "sensitivity.json", changes)
}

// tie is the difference in per cent up to which two designs are not ranked.
const tie = 3

// sameOrder reports whether no two designs that differ in a have changed places
// in b.
func sameOrder(designs []string, a, b map[string]float64) bool {
	for i, x := range designs {
		for _, y := range designs[i+1:] {
			da, db := 100*(a[x]/a[y]-1), 100*(b[x]/b[y]-1)
			if da > tie && db < -tie || da < -tie && db > tie {
				return false
			}
		}
	}
	return true
}

func (v *varied) fill(designs []string, rs []*manycore.PointResult) {
	v.OpsPerS = map[string]float64{}
	for i, d := range designs {
		v.OpsPerS[d] = rs[i].OpsPerS
	}
	v.Ranking = slices.Clone(designs)
	slices.SortStableFunc(v.Ranking, func(a, b string) int { return cmp.Compare(v.OpsPerS[b], v.OpsPerS[a]) })
	n := len(designs)
	v.GainPct = 100 * (v.OpsPerS[designs[n-1]]/v.OpsPerS[designs[n-2]] - 1)
}

func printVaried(t *manycore.RateTable, changes []varied) {
	lo, hi, broken := changes[0], changes[0], []string{}
	for _, c := range changes {
		if c.GainPct < lo.GainPct {
			lo = c
		}
		if c.GainPct > hi.GainPct {
			hi = c
		}
		if !c.Holds {
			broken = append(broken, fmt.Sprintf("%s x %.1f (%s)", c.Parameter, c.Factor, strings.Join(c.Ranking, " > ")))
		}
	}
	fmt.Printf("Sensitivity, %s at %d threads on %s: every parameter by -30 %% and +30 %%\n", t.Workload, t.Rows[len(t.Rows)-1].Threads, t.Machine)
	fmt.Printf("ranking %s; gain of %s over %s %+.1f %%, from %+.1f %% (%s x %.1f) to %+.1f %% (%s x %.1f)\n",
		strings.Join(changes[0].Ranking, " > "), t.New, t.Base, changes[0].GainPct, lo.GainPct, lo.Parameter, lo.Factor, hi.GainPct, hi.Parameter, hi.Factor)
	if len(broken) == 0 {
		fmt.Printf("the ranking holds in all %d changes\n", len(changes)-1)
		return
	}
	fmt.Printf("the ranking changes with: %s\n", strings.Join(broken, "; "))
}

func writeJSON(dir, name string, v any) error {
	b, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name), append(b, '\n'), 0o666)
}
