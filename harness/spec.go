package harness

import (
	"strconv"
	"time"

	"vmabench/results"
	"vmabench/vmm"
	"vmabench/workload"
)

// Timing is how long things take within a trial.
type Timing struct {
	Slice time.Duration // one slice, below the runtime's 10 ms of preemption but for goroutines
	// Slices are wanted, and that many must be accepted; Spare more are
	// measured at most to replace rejected ones. Warm come before, uncounted.
	Slices, Spare, Warm int
}

// TrialSpec is everything that a child process needs to run one trial.
type TrialSpec struct {
	Kind     results.Kind
	Design   string // "" is the idle-loop control of a latency trial
	Workload workload.Spec
	VMAs     int
	Layout   *workload.Layout `json:",omitempty"` // nil: VMAs of the generated layout
	Procs    int
	Rep      int
	Seed     uint64
	Config   vmm.Config
	Timing   Timing
	Arrivals Arrivals
	FIFO     bool    // real-time scheduling and half duty, where permitted
	RateX    float64 // offered load over the workload's own; 0 is 1
	Attempt  int     // 1 is the first
	// Goroutines is how many workers a throughput trial has that are plain
	// goroutines, as a Go program's are: without a thread of their own, asleep in
	// Go's scheduler, which gives them turns on the CPUs. 0 is a worker for each of
	// GOMAXPROCS, with its thread and CPU.
	Goroutines int `json:",omitempty"`
	// TickNS is the length of a tick of the CPU's counter where that times the
	// operations of a latency trial; 0 is the monotonic clock.
	TickNS float64 `json:",omitempty"`
	// Turns: stop after the set-up and after each slice until the parent says
	// go on. See Together.
	Turns bool

	// Group numbers the trials that are compared with each other: they stand
	// side by side in the plan and run in turns. Build is the program that runs
	// it where there are two, old 0 and new 1.
	Group, Build int `json:"-"`
}

// Arrivals is how the ops of a latency trial arrive.
type Arrivals string

const (
	Poisson  Arrivals = "poisson"
	Constant Arrivals = "constant"
)

// result returns the record of the trial, without its findings.
func (s *TrialSpec) result() *results.Trial {
	t := &results.Trial{Kind: s.Kind, Procs: s.Procs, Rep: s.Rep, Seed: s.Seed, Bench: s.Workload.Bench}
	add := func(k, v string) { t.Params = append(t.Params, results.Param{Key: k, Value: v}) }
	variant := s.Design
	if variant == "" {
		variant = results.IdleVariant
	}
	add("variant", variant)
	switch s.Kind {
	case results.Footprint:
		t.Bench = "Footprint"
	case results.Latency:
		t.Bench += "Latency"
		if s.Design == "" {
			t.Bench = "IdleLatency"
		}
		fallthrough
	default:
		add("workload", s.Workload.Name)
		for _, p := range s.Workload.Params {
			add(p.Key, p.Value)
		}
	}
	add("vmas", strconv.Itoa(s.VMAs))
	if s.Layout != nil && s.Layout.Name != "" {
		add("layout", s.Layout.Name)
	}
	if s.Kind == results.Latency && s.Design != "" {
		add("load", strconv.FormatFloat(s.rateX(), 'g', -1, 64))
	}
	if s.Config.Page != vmm.PageNone {
		add("page", s.Config.Page.String())
	}
	if s.Config.Protocol != vmm.ProtocolSame {
		add("protocol", s.Config.Protocol.String())
	}
	if s.Goroutines > 0 {
		add(results.GoroutinesParam, strconv.Itoa(s.Goroutines))
	}
	return t
}

// workers is how many workers the trial has.
func (s *TrialSpec) workers() int {
	if s.Goroutines > 0 {
		return s.Goroutines
	}
	return s.Procs
}

// Name is the benchmark name of the trial's results.
func (s *TrialSpec) Name() string { return s.result().Name() }

// ID is the ID of the trial's result.
func (s *TrialSpec) ID() string { return s.result().ID() }

func (s *TrialSpec) rateX() float64 {
	if s.RateX == 0 {
		return 1
	}
	return s.RateX
}
