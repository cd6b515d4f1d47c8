package harness

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"vmabench/results"
	"vmabench/vmm"
	"vmabench/workload"
)

// Config is what a run is asked to do.
type Config struct {
	Name    string // of the plan: "default", "full", "smoke"
	Designs []string
	Procs   []int
	Count   int // repetitions
	Seed    uint64
	VMAs    int
	Layout  *workload.Layout // nil: generated, of VMAs
	Subject vmm.Config

	Throughput []workload.Spec
	// Beside are further throughput trials: of subjects that are compared among
	// themselves, or with another cost of a page.
	Beside []Part
	// Latency workloads run at LatencyProcs, at each load of LoadX (times
	// their own), with an idle-loop control beside them.
	Latency      []workload.Spec
	LatencyProcs []int
	LoadX        []float64
	Arrivals     Arrivals
	Clock        Clock // of latency trials; "" is Monotonic
	// Footprint is the numbers of VMAs whose memory is measured, once, but for
	// the designs in Elsewhere, whose memory is not this process's to count.
	Footprint []int
	Elsewhere []string `json:",omitempty"`

	Timing        Timing // of throughput trials
	LatencyTiming Timing
	// FIFO runs workers under SCHED_FIFO in their slices, and lets the machine
	// rest as long after each: a way to have whole CPUs on a busy machine.
	FIFO bool
	// Budget bounds the run on a machine of the plan's size: what is left of
	// it pays for repeating disturbed trials, and nothing else does.
	Budget time.Duration
}

// Part is a cross of designs, workloads and GOMAXPROCS or loads.
type Part struct {
	Designs    []string // nil: the configuration's
	Throughput []workload.Spec
	Latency    []workload.Spec // at the configuration's LatencyProcs and loads
	Footprint  []int           `json:",omitempty"` // as the configuration's
	Procs      []int
	// Goroutines for each of GOMAXPROCS: throughput trials whose workers are plain
	// goroutines, each number of them in the same group; nil is a thread each.
	Goroutines []int        `json:",omitempty"`
	Page       vmm.PageCost // if not none, instead of the configuration's
	VMAs       int          // if not 0, instead of the configuration's, and of its layout
}

// Plan is the trials of a run in the order in which they run.
type Plan struct {
	Config Config
	Trials []TrialSpec
}

// NewPlan lays the trials out. A block is one repetition of everything that is
// repeated. Within a block the groups (workload, GOMAXPROCS, kind) are
// shuffled, and the designs within each group, so that the designs that are
// compared run side by side and none always runs first. Every second block is
// the one before it backwards, which cancels a steady drift.
func NewPlan(c Config) (*Plan, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	p := &Plan{Config: c}
	p.footprints(slices.DeleteFunc(slices.Clone(c.Designs), func(d string) bool { return slices.Contains(c.Elsewhere, d) }), c.Footprint)
	for _, part := range c.Beside {
		p.footprints(part.Designs, part.Footprint)
	}
	var order []TrialSpec
	for rep := range c.Count {
		if rep%2 == 0 {
			order = c.block(rand.New(rand.NewPCG(c.Seed, uint64(rep))))
		} else {
			order = slices.Clone(order)
			slices.Reverse(order)
		}
		for _, s := range order {
			s.Rep = rep
			s.Group += rep * len(order) // a block has no more groups than trials
			s.Seed = streamSeed(c.Seed, rep, s.Workload.FullName())
			p.Trials = append(p.Trials, s)
		}
	}
	return p, nil
}

// footprints adds a trial for each design and number of VMAs.
func (p *Plan) footprints(designs []string, vmas []int) {
	for _, n := range vmas {
		for _, d := range designs {
			p.Trials = append(p.Trials, p.Config.footprint(d, n))
		}
	}
}

func (c *Config) check() error {
	switch {
	case len(c.Designs) == 0:
		return fmt.Errorf("no design to run")
	case c.Count < 1:
		return fmt.Errorf("count %d: want at least 1", c.Count)
	case len(c.Throughput)+len(c.Latency)+len(c.Footprint) == 0:
		return fmt.Errorf("no workload to run")
	}
	for _, n := range append(slices.Clone(c.Procs), c.LatencyProcs...) {
		if n < 1 || n > 1024 {
			return fmt.Errorf("GOMAXPROCS %d: want 1 to 1024", n)
		}
	}
	for _, p := range c.Beside {
		for _, k := range p.Goroutines {
			for _, n := range p.Procs {
				if k < 1 || k*n > maxGoroutines {
					return fmt.Errorf("%d goroutines for each of GOMAXPROCS %d: want 1 to %d together", k, n, maxGoroutines)
				}
			}
		}
	}
	for _, s := range c.Workloads() {
		if err := s.Validate(); err != nil {
			return err
		}
	}
	return nil
}

// Workloads returns the workloads of the plan, each once, in report order.
func (c *Config) Workloads() (out []workload.Spec) {
	all := slices.Concat(c.Throughput, c.Latency)
	for _, p := range c.Beside {
		all = slices.Concat(all, p.Throughput, p.Latency)
	}
	seen := map[string]bool{}
	for _, s := range all {
		if !seen[s.FullName()] {
			seen[s.FullName()] = true
			out = append(out, s)
		}
	}
	return out
}

// Subjects returns the names of the designs of the plan, each once.
func (c *Config) Subjects() []string {
	names := slices.Clone(c.Designs)
	for _, p := range c.Beside {
		for _, d := range p.Designs {
			if !slices.Contains(names, d) {
				names = append(names, d)
			}
		}
	}
	return names
}

// block returns the trials of one repetition, shuffled.
func (c *Config) block(rng *rand.Rand) []TrialSpec {
	var groups [][]TrialSpec
	for _, part := range append([]Part{{Throughput: c.Throughput, Latency: c.Latency, Procs: c.Procs}}, c.Beside...) {
		groups = append(groups, c.part(part)...)
	}
	for _, n := range c.LatencyProcs {
		if len(c.Latency) > 0 {
			groups = append(groups, []TrialSpec{c.trial(TrialSpec{
				Kind: results.Latency, Workload: idleLoop(), Procs: n, Timing: c.LatencyTiming})})
		}
	}
	rng.Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
	for n, g := range groups {
		rng.Shuffle(len(g), func(i, j int) { g[i], g[j] = g[j], g[i] })
		for i := range g {
			g[i].Group, g[i].Turns = n+1, canStop && len(g) > 1
		}
	}
	return slices.Concat(groups...)
}

// part returns the groups of one part.
func (c *Config) part(part Part) (groups [][]TrialSpec) {
	designs := part.Designs
	if designs == nil {
		designs = c.Designs
	}
	add := func(specs ...TrialSpec) {
		var g []TrialSpec
		for _, s := range specs {
			g = append(g, c.group(designs, s)...)
		}
		for i := range g {
			g[i].Config.Page = max(g[i].Config.Page, part.Page)
			if part.VMAs > 0 {
				g[i].VMAs, g[i].Layout = part.VMAs, nil
			}
		}
		groups = append(groups, g)
	}
	for _, w := range part.Throughput {
		for _, n := range part.Procs {
			s := TrialSpec{Kind: results.Throughput, Workload: w, Procs: n, Timing: c.Timing}
			if part.Goroutines == nil {
				add(s)
				continue
			}
			add(s.inTurns(part.Goroutines)...)
		}
	}
	for _, w := range part.Latency {
		for _, n := range c.LatencyProcs {
			for _, x := range c.loads() {
				add(TrialSpec{Kind: results.Latency, Workload: w, Procs: n, RateX: x, Timing: c.LatencyTiming})
			}
		}
	}
	return groups
}

// maxGoroutines bounds the workers of a trial.
const maxGoroutines = 1024

// inTurns returns s with each number of goroutines for each of GOMAXPROCS.
func (s TrialSpec) inTurns(each []int) (out []TrialSpec) {
	timing := s.Timing
	for _, k := range each {
		s.Goroutines, s.Timing = k*s.Procs, timing.among(k)
		out = append(out, s)
	}
	return out
}

// group returns s for each design.
func (c *Config) group(designs []string, s TrialSpec) []TrialSpec {
	var out []TrialSpec
	for _, d := range designs {
		s.Design = d
		out = append(out, c.trial(s))
	}
	return out
}

// trial fills in what all trials share.
func (c *Config) trial(s TrialSpec) TrialSpec {
	s.VMAs, s.Layout, s.Config = c.VMAs, c.Layout, c.Subject
	s.FIFO = c.FIFO && s.Goroutines == 0 // goroutines have no thread to give a priority to
	if s.Layout != nil {
		s.VMAs = len(s.Layout.Mappings)
	}
	if s.Kind == results.Latency {
		s.Arrivals = c.Arrivals
	}
	return s
}

func (c *Config) footprint(design string, vmas int) TrialSpec {
	return TrialSpec{Kind: results.Footprint, Design: design, VMAs: vmas, Procs: 1,
		Seed: c.Seed, Config: c.Subject, Workload: workload.Spec{Name: "footprint", Bench: "Footprint"}}
}

func (c *Config) loads() []float64 {
	if len(c.LoadX) == 0 {
		return []float64{1}
	}
	return c.LoadX
}

// idleLoop is the workload of the control that performs no op: what the
// machine itself does to a thread that only reads the clock.
func idleLoop() workload.Spec {
	return workload.Spec{
		Name: "idle", Bench: "Idle", Title: "a thread that only reads the clock",
		Doc: "The worker of a latency trial without the operation: its tail is the machine's.",
		Roles: []workload.Role{{Name: "clock", Arena: 1, RateHz: 200_000, Steps: []workload.Step{
			{Op: workload.Fault, Where: workload.Own, Pages: 1}}}},
	}
}

// streamSeed gives all designs of a block the same streams.
func streamSeed(seed uint64, rep int, name string) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %d %s", seed, rep, name)
	return h.Sum64()
}

// Costs of a trial beside its slices, for the estimate.
const (
	processTime  = 12 * time.Millisecond // start, runtime, exit
	setupPerVMA  = 1500 * time.Nanosecond
	footPerVMA   = 5 * time.Microsecond // with four collections and a check
	betweenSlice = 300 * time.Microsecond
	handOver     = 200 * time.Microsecond // from one process to the next
	turnTime     = 100 * time.Millisecond // of a thread among more than there are CPUs, at worst
)

// Estimate returns how long the trial takes on an undisturbed machine.
func (s *TrialSpec) Estimate() time.Duration {
	if s.Kind == results.Footprint {
		return processTime + time.Duration(s.VMAs)*footPerVMA
	}
	slice := s.Timing.Slice + betweenSlice
	if s.Turns {
		slice += runIn + handOver
	}
	if s.FIFO {
		slice += s.Timing.Slice
	}
	return processTime + time.Duration(s.VMAs)*setupPerVMA + time.Duration(s.Timing.Slices+s.Timing.Warm)*slice
}

// Timeout is when a trial counts as hung.
func (s *TrialSpec) Timeout() time.Duration {
	t := &s.Timing
	worst := s.Estimate() + time.Duration(t.Spare)*t.Slice
	// Threads beyond the CPUs take turns of some ms where a slice begins and ends.
	turns := time.Duration(s.Procs/runtime.NumCPU()) * turnTime
	return 15*time.Second + 20*worst + time.Duration(t.Slices+t.Warm+t.Spare)*turns
}

// Estimate returns how long the plan takes on an undisturbed machine.
func (p *Plan) Estimate() (d time.Duration) {
	for i := range p.Trials {
		d += p.Trials[i].Estimate()
	}
	return d
}

// Calibrate sets the counter's rate where latency trials are timed by it. It
// belongs to a run and not to a plan, which may go on elsewhere.
func (p *Plan) Calibrate() error {
	if p.Config.Clock != TSC {
		return nil
	}
	tick, err := tickOf()
	if err != nil {
		return fmt.Errorf("the plan's clock is the CPU's counter: %w", err)
	}
	for i := range p.Trials {
		if p.Trials[i].Kind == results.Latency {
			p.Trials[i].TickNS = tick
		}
	}
	return nil
}

// Twice returns the plan with each trial done by two builds side by side, whose
// order changes with every repetition, and without a bound on its time.
func (p *Plan) Twice() *Plan {
	out := &Plan{Config: p.Config}
	out.Config.Budget = 0
	for i, s := range p.Trials {
		if s.Group == 0 {
			s.Group = -1 - i // a pair of its own
		}
		s.Turns = canStop
		for k := range 2 {
			s.Build = (k + s.Rep) % 2
			out.Trials = append(out.Trials, s)
		}
	}
	return out
}

// Shard returns the i-th of n parts of the plan, from 1: whole groups of
// designs stay together, so that each part can be compared on its own.
func (p *Plan) Shard(i, n int) (*Plan, error) {
	if n < 1 || i < 1 || i > n {
		return nil, fmt.Errorf("shard %d/%d: want 1/%d to %d/%d", i, n, n, n, n)
	}
	out := &Plan{Config: p.Config}
	for _, s := range p.Trials {
		h := fnv.New32a()
		fmt.Fprintf(h, "%s %s %d %v %d", s.Kind, s.Workload.FullName(), s.Procs, s.RateX, s.Rep)
		if int(h.Sum32()%uint32(n)) == i-1 {
			out.Trials = append(out.Trials, s)
		}
	}
	return out, nil
}
