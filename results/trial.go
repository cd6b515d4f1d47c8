package results

import "strconv"

// Kind is what a trial was run to learn. Kinds are separate experiments: a
// throughput trial has no per-operation clock, a latency trial no peak rate.
type Kind string

const (
	Throughput Kind = "throughput"
	Latency    Kind = "latency"
	Footprint  Kind = "footprint"
	Modelled   Kind = "modelled" // a simulated machine: never drawn like a measurement
)

// Param is one key=value part of a benchmark's name. Order is part of the name.
type Param struct{ Key, Value string }

// Value is one sample of a trial in a Go benchmark unit ("ns/op", "B/vma").
type Value struct {
	Unit  string
	Value float64
}

// Trial is one line of trials.jsonl: one child process, one (design, workload,
// layout, procs, repetition, seed). It is complete when it is written.
type Trial struct {
	Bench   string  // base name without "Benchmark", such as "Fault"
	Params  []Param // variant first, then workload and what it varies
	Procs   int     // GOMAXPROCS, the -N of the name
	Kind    Kind
	Rep     int    // repetition, from 0; the block that the trial was shuffled in
	Seed    uint64 // of the streams
	Started string // RFC 3339, UTC
	WallNS  int64  // of the measured windows together

	Ops     int64   // operations counted in the windows that were accepted
	Values  []Value // samples for bench.txt, headline unit first; not negative
	Events  []Value // per operation, may be zero: for events.txt ("abort-range/op")
	Workers []Worker
	Hists   []Hist

	// Trace is ns/op of each accepted slice in time order, Warmup that of the
	// slices before the measured windows: the evidence that the warm-up was over.
	Trace  []float64 `json:",omitempty"`
	Warmup []float64 `json:",omitempty"`

	// Lines are the cache lines that cost most, the costliest first: modelled
	// trials only.
	Lines []Line `json:",omitempty"`

	Guard    Guard
	Warnings []string // data: every table and chart prints them
	Failed   string   // why there are no values; "" when there are
}

// Worker is what one worker did in the accepted windows.
type Worker struct {
	Role  string // "faulter", "mapper", "scanner", "forker"
	Ops   int64
	CPUNS int64 // 0 of a goroutine's, which is not known
}

// Hist is a latency histogram of one role and operation, in nanoseconds.
type Hist struct {
	Role, Op string
	// Timed is what a latency counts from: "intended" start (coordinated
	// omission on the record) or "actual" start.
	Timed string
	// RateHz is the offered load of all workers of the role together; 0 is a
	// closed loop.
	RateHz float64
	Count  int64
	MaxNS  int64
	V2     string // HdrHistogram V2 compressed, base64
}

// Line is what one cache line of a simulated machine cost, per operation.
type Line struct {
	Name      string  // object, offset and fields
	Transfers float64 // times it moved between caches
	WaitNS    float64 // waited for it, simulated
	QueueNS   float64 // of that, for its turn
}

// Guard is the verdict of the disturbance guard on one trial.
type Guard struct {
	OK             bool
	Why            string  // empty when OK
	CPUShare       float64 // CPU time got over CPU time asked for, 0 to 1
	Others         float64 // CPUs used by other processes meanwhile
	Steal          float64 // CPUs' worth of stolen time
	Pressure       float64 // share of the time in which some task waited for a CPU
	Switches       int64   // involuntary context switches
	GCs            int     // garbage collections inside the windows
	Slices         int     // windows measured
	Rejected       int     // windows thrown away
	Attempts       int     // tries of this trial, 1 is the first
	Oversubscribed bool    // more workers than CPUs, or goroutines than GOMAXPROCS: another rule, never ranked
}

// IdleVariant is the variant name of the idle-loop control: a thread that only
// reads the clock.
const IdleVariant = "idle"

// GoroutinesParam is the last part of the name of a trial whose workers are plain
// goroutines: how many there are, of which GOMAXPROCS run at a time.
const GoroutinesParam = "goroutines"

// ID identifies a trial within its run: no two trials of a run share it.
func (t *Trial) ID() string {
	return string(t.Kind) + " " + t.Name() + " #" + strconv.Itoa(t.Rep)
}

// Value returns the sample of a unit, from Values or from Events.
func (t *Trial) Value(unit string) (float64, bool) {
	for _, vs := range [][]Value{t.Values, t.Events} {
		for _, v := range vs {
			if v.Unit == unit {
				return v.Value, true
			}
		}
	}
	return 0, false
}
