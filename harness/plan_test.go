package harness

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"vmabench/results"
	"vmabench/workload"
)

func testConfig() Config {
	return Config{
		Name: "test", Designs: []string{"a", "b", "c"}, Procs: []int{1, 2}, Count: 4, Seed: 7, VMAs: 100,
		Throughput: workload.Presets()[:3], Latency: workload.Presets()[:1], LatencyProcs: []int{2},
		Footprint: []int{10, 20},
		Timing:    Timing{Slice: 8 * time.Millisecond, Slices: 10, Spare: 5, Warm: 2},
	}
}

func keys(p *Plan) (out []string) {
	for i := range p.Trials {
		out = append(out, p.Trials[i].ID())
	}
	return out
}

// TestPlan: every cell once in every block, designs of a group side by side,
// the same streams for all of them, and the order a function of the seed.
func TestPlan(t *testing.T) {
	c := testConfig()
	p, err := NewPlan(c)
	if err != nil {
		t.Fatal(err)
	}
	perBlock := 3*2*3 + 3 + 1
	if want := 6 + c.Count*perBlock; len(p.Trials) != want {
		t.Fatalf("%d trials, want %d", len(p.Trials), want)
	}
	k := keys(p)
	if s := slices.Clone(k); len(slices.Compact(slices.Sorted(slices.Values(s)))) != len(k) {
		t.Error("a key appears twice")
	}
	firsts := map[string]int{}
	var names [][]string
	for b := range c.Count {
		block := p.Trials[6+b*perBlock:][:perBlock]
		var ns []string
		for i := 0; i < len(block); {
			s := &block[i]
			if s.Rep != b {
				t.Fatalf("repetition %d in block %d", s.Rep, b)
			}
			n := 1
			if s.Design != "" {
				n = len(c.Designs)
				firsts[s.Design]++
			}
			if got := groupLen(block[i:]); got != n {
				t.Errorf("block %d: %d trials in turns from %s on, want %d", b, got, s.ID(), n)
			}
			for _, o := range block[i : i+n] {
				if o.Workload.Name != s.Workload.Name || o.Procs != s.Procs || o.Kind != s.Kind || o.Seed != s.Seed {
					t.Errorf("block %d: %s is beside %s", b, o.ID(), s.ID())
				}
				ns = append(ns, o.Name())
			}
			i += n
		}
		names = append(names, ns)
	}
	slices.Reverse(names[1])
	if !slices.Equal(names[0], names[1]) {
		t.Error("the second block is not the first backwards")
	}
	if slices.Equal(names[0], names[2]) {
		t.Error("the third block has the order of the first")
	}
	for _, d := range c.Designs {
		if firsts[d] == 0 || firsts[d] == c.Count*(perBlock-1)/3 {
			t.Errorf("design %s runs first %d times", d, firsts[d])
		}
	}
	again, _ := NewPlan(c)
	c.Seed++
	other, _ := NewPlan(c)
	if !reflect.DeepEqual(keys(again), k) || reflect.DeepEqual(keys(other), k) {
		t.Error("the order is not a function of the seed")
	}
}

func TestShardsAreThePlan(t *testing.T) {
	p, _ := NewPlan(testConfig())
	var all []string
	home := map[string]int{} // of a block: what is paired, whatever the design
	for i := 1; i <= 3; i++ {
		s, err := p.Shard(i, 3)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, keys(s)...)
		for _, x := range s.Trials {
			x.Design = "any"
			if at, ok := home[x.ID()]; ok && at != i {
				t.Errorf("shards %d and %d both have a part of block %s", at, i, x.ID())
			}
			home[x.ID()] = i
		}
	}
	want := keys(p)
	slices.Sort(all)
	slices.Sort(want)
	if !slices.Equal(all, want) {
		t.Error("the shards together are not the plan")
	}
	for _, bad := range [][2]int{{0, 3}, {4, 3}, {1, 0}} {
		if _, err := p.Shard(bad[0], bad[1]); err == nil {
			t.Errorf("shard %v was accepted", bad)
		}
	}
}

func TestPlanRefuses(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"no design":       func(c *Config) { c.Designs = nil },
		"count 0":         func(c *Config) { c.Count = 0 },
		"GOMAXPROCS 0":    func(c *Config) { c.Procs = []int{0} },
		"GOMAXPROCS 2000": func(c *Config) { c.Procs = []int{2000} },
		"no workload":     func(c *Config) { c.Throughput, c.Latency, c.Footprint = nil, nil, nil },
	} {
		c := testConfig()
		change(&c)
		if _, err := NewPlan(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// script is a Spawn that follows a script: trial key to what each attempt does.
type script struct {
	did  []string
	then map[string][]func(*results.Trial) error
}

func (sc *script) spawn(_ context.Context, group []*TrialSpec) (out []Outcome) {
	for _, s := range group {
		t, err := sc.one(s)
		out = append(out, Outcome{t, err})
	}
	return out
}

func (sc *script) one(s *TrialSpec) (*results.Trial, error) {
	t := s.result()
	t.Guard.OK = true
	t.Values = []results.Value{{Unit: "ns/op", Value: 1}}
	sc.did = append(sc.did, s.ID())
	if steps := sc.then[s.ID()]; len(steps) > 0 {
		sc.then[s.ID()] = steps[1:]
		if err := steps[0](t); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func disturbed(accepted int) func(*results.Trial) error {
	return func(t *results.Trial) error {
		t.Guard.OK, t.Guard.Why = false, "noise"
		t.Guard.Slices, t.Guard.Rejected = 10, 10-accepted
		return nil
	}
}

// TestRunnerRepeats: a disturbed trial is repeated, the best attempt kept, and
// a failed child is a record, not the end of the run.
func TestRunnerRepeats(t *testing.T) {
	p, _ := NewPlan(testConfig())
	k := keys(p)
	sc := &script{then: map[string][]func(*results.Trial) error{
		k[0]: {disturbed(2)},
		k[1]: {disturbed(3), disturbed(7), disturbed(5)},
		k[2]: {func(*results.Trial) error { return &Failure{Why: "died", Dump: "goroutine 1"} }},
	}}
	got := map[string]*results.Trial{}
	dumps := 0
	r := Runner{Spawn: sc.spawn,
		Sink: func(_ *TrialSpec, t *results.Trial) error { got[t.ID()] = t; return nil },
		Dump: func(*results.Trial, string) error { dumps++; return nil }}
	sum, err := r.Run(context.Background(), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(k) || sum.Done != len(k) || sum.Failed != 1 || sum.Disturbed != 1 || sum.Repeats != 3 || dumps != 1 {
		t.Errorf("summary %+v, %d records, %d dumps", sum, len(got), dumps)
	}
	if g := got[k[0]].Guard; !g.OK || g.Attempts != 2 {
		t.Errorf("first: %+v", g)
	}
	if g := got[k[1]].Guard; g.OK || g.Attempts != 3 || g.Rejected != 3 {
		t.Errorf("second: %+v", g)
	}
	if f := got[k[2]]; f.Failed != "died" || len(f.Values) != 0 || f.Guard.OK {
		t.Errorf("third: %+v", f)
	}
}

// TestFailureIsFinal: no attempt without it hides what one found.
func TestFailureIsFinal(t *testing.T) {
	p, _ := NewPlan(testConfig())
	k := keys(p)
	corrupt := func(*results.Trial) error { return &Failure{Why: "corrupt", Dump: "page 7"} }
	lost := func(t *results.Trial) error { t.Failed = "a change was lost"; return nil }
	sc := &script{then: map[string][]func(*results.Trial) error{
		k[0]: {disturbed(2), corrupt},
		k[1]: {corrupt},
		k[2]: {disturbed(2), lost},
	}}
	got := map[string]*results.Trial{}
	dumps := 0
	r := Runner{Spawn: sc.spawn,
		Sink: func(_ *TrialSpec, t *results.Trial) error { got[t.ID()] = t; return nil },
		Dump: func(*results.Trial, string) error { dumps++; return nil }}
	sum, err := r.Run(context.Background(), p, nil)
	if err != nil || sum.Failed != 3 || sum.Repeats != 2 || dumps != 2 {
		t.Errorf("error %v, summary %+v, %d dumps", err, sum, dumps)
	}
	for i, want := range []string{"corrupt", "corrupt", "a change was lost"} {
		if f := got[k[i]]; f.Failed != want {
			t.Errorf("trial %d: %q, want %q", i, f.Failed, want)
		}
	}
}

// TestRunnerResumes: a run that ends anywhere goes on with what is missing,
// and nothing runs twice.
func TestRunnerResumes(t *testing.T) {
	p, _ := NewPlan(testConfig())
	kept := map[string]bool{}
	stop := errors.New("disk full")
	for _, at := range []int{0, 1, 17, math.MaxInt} {
		sc := &script{}
		n := 0
		r := Runner{Spawn: sc.spawn, Sink: func(_ *TrialSpec, t *results.Trial) error {
			if n == at {
				return stop
			}
			n++
			if kept[t.ID()] {
				panic("ran twice: " + t.ID())
			}
			kept[t.ID()] = true
			return nil
		}}
		_, err := r.Run(context.Background(), p, func(k string) bool { return kept[k] })
		if (at != math.MaxInt) != errors.Is(err, stop) {
			t.Fatalf("stop after %d: error %v", at, err)
		}
	}
	if len(kept) != len(p.Trials) {
		t.Errorf("%d of %d trials", len(kept), len(p.Trials))
	}
}

// TestRunnerStopsWhenTold: what was finished when the interrupt came is kept,
// also of a group of which a part is missing and of a trial that was to be
// repeated; nothing else is.
func TestRunnerStopsWhenTold(t *testing.T) {
	p, _ := NewPlan(testConfig())
	k := keys(p)
	for n, c := range map[string]struct {
		then map[string][]func(*results.Trial) error
		kept int
	}{
		"in a group":       {map[string][]func(*results.Trial) error{k[7]: {stopped}, k[8]: {stopped}}, 7},
		"before a repeat":  {map[string][]func(*results.Trial) error{k[0]: {disturbed(1), stopped}}, 1},
		"before the first": {map[string][]func(*results.Trial) error{k[0]: {stopped}}, 0},
	} {
		sc := &script{then: c.then}
		kept := map[string]bool{}
		r := Runner{Spawn: sc.spawn, Sink: func(_ *TrialSpec, t *results.Trial) error { kept[t.ID()] = true; return nil }}
		sum, err := r.Run(context.Background(), p, nil)
		if !errors.Is(err, context.Canceled) || sum.Done != c.kept || len(kept) != c.kept {
			t.Errorf("%s: error %v, kept %v, summary %+v", n, err, kept, sum)
		}
	}
}

// stopped is an attempt that an interrupt ended.
func stopped(*results.Trial) error { return context.Canceled }

// TestBudget: a run that is late repeats nothing.
func TestBudget(t *testing.T) {
	c := testConfig()
	c.Budget = time.Millisecond
	p, _ := NewPlan(c)
	sc := &script{then: map[string][]func(*results.Trial) error{}}
	for _, k := range keys(p) {
		sc.then[k] = []func(*results.Trial) error{disturbed(1), disturbed(1), disturbed(1)}
	}
	r := Runner{Spawn: sc.spawn, Sink: func(*TrialSpec, *results.Trial) error { return nil }}
	sum, err := r.Run(context.Background(), p, nil)
	if err != nil || sum.Repeats != 0 || len(sc.did) != len(p.Trials) {
		t.Errorf("error %v, summary %+v", err, sum)
	}
}

func TestNames(t *testing.T) {
	w, _ := workload.Find("mixed/write=0.1")
	s := TrialSpec{Kind: results.Throughput, Design: "refcount", Workload: w, VMAs: 1000, Procs: 4}
	if got, want := s.Name(), "Fault/variant=refcount/workload=mixed/write=0.1/vmas=1000-4"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	s.Kind, s.RateX = results.Latency, 0.5
	if got, want := s.Name(), "FaultLatency/variant=refcount/workload=mixed/write=0.1/vmas=1000/load=0.5-4"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := fmt.Sprint(s.ID()); !strings.HasSuffix(got, "#0") {
		t.Errorf("key %s", got)
	}
}

// TestTwice: each trial next to its other build, in one group with those that
// it is compared with, the old build first in every other repetition.
func TestTwice(t *testing.T) {
	p, _ := NewPlan(testConfig())
	twice := p.Twice()
	for i, s := range p.Trials {
		a, b := twice.Trials[2*i], twice.Trials[2*i+1]
		if a.ID() != s.ID() || b.ID() != s.ID() || a.Build == b.Build || a.Build != s.Rep%2 || a.Group != b.Group || a.Group == 0 {
			t.Errorf("%s: builds %d and %d in groups %d and %d", s.ID(), a.Build, b.Build, a.Group, b.Group)
		}
	}
	if n := groupLen(twice.Trials); n != 2 {
		t.Errorf("%d footprints at the same time, want the 2 builds of one", n)
	}
	if n := groupLen([]TrialSpec{{Group: 1, VMAs: maxTogether / 2}, {Group: 1, VMAs: maxTogether / 2}, {Group: 1, VMAs: 1}}); n != 2 {
		t.Errorf("%d trials at the same time, more than memory may hold", n)
	}
}

// TestCommandLine: a run says how to repeat it, not where it lay.
func TestCommandLine(t *testing.T) {
	for args, want := range map[string]string{
		"-o out -count 3 -q":                "-count 3 -q",
		"-o=out -layout /a/b -procs=2":      "-layout FILE -procs=2",
		"-run trace:/a/b.gz -n":             "-run trace:FILE -n",
		"-run=trace:/a/b.gz -run pft -q -o": "-run trace:FILE -run pft -q",
		"-run ^(pft|x)$ -run=it's -q":       `-run '^(pft|x)$' -run='it'\''s' -q`,
		"record o -layout=/x":               "record o -layout FILE",
		"-o out":                            "",
	} {
		if got := CommandLine("vmabench x", strings.Fields(args)); got != strings.TrimSpace("vmabench x "+want) {
			t.Errorf("%q: %q, want %q", args, got, want)
		}
	}
}
