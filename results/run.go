package results

import "encoding/json"

// FormatVersion is the version of the run folder's files.
const FormatVersion = 1

// Run is run.json: everything about a run that is not a trial.
type Run struct {
	Format   int
	ID       string // the folder's name
	Created  string // RFC 3339, UTC
	Command  string // the command line that repeats the run
	Version  string // of vmabench
	Commit   string // revision, with "+dirty" when the tree was not clean
	Env      Env
	Plan     PlanInfo
	Baseline string // the variant that ratios are taken against
	// Interleaved is the ID of the run whose trials alternated with this one's:
	// repetition i of both is one block, so their ratios are paired.
	Interleaved string `json:",omitempty"`
	Designs     []DesignInfo
	Notes       []string // warnings about the whole run
}

// PlanInfo is the plan that a run follows.
type PlanInfo struct {
	Name      string // "default", "full", "smoke"
	Seed      uint64
	Count     int // repetitions
	Procs     []int
	Workloads []WorkloadInfo
	Trials    int    // of this plan; of a shard's, the shard's own
	Shard     string `json:",omitempty"` // "i/n", i from 1
	// Config is what the plan was made from, in the harness's form, so that an
	// interrupted run can go on with exactly the same plan.
	Config json.RawMessage `json:",omitempty"`
}

// WorkloadInfo says what a workload is, for tables and charts. Name is the
// workload= of the trials with the parts that are the workload's own:
// mixed/write=10.
type WorkloadInfo struct {
	Name, Title, Doc, Source string
	Roles                    []string
}

// DesignInfo is a design as it was when it ran.
type DesignInfo struct {
	Name, Title, Since, Doc string
	Control                 bool
	// Real marks the running kernel: beside the designs, never ranked with them.
	Real bool `json:",omitempty"`
	// Model is the design that models a real kernel, and Slab the sizes of that
	// kernel's objects, where it lets them be read.
	Model  string   `json:",omitempty"`
	Slab   []Object `json:",omitempty"`
	Layout []Struct
}

// Object is a slab cache of the kernel: its name and the bytes of an object.
type Object struct {
	Name string
	Size int
}

// Struct is a struct's layout in bytes, from reflect.
type Struct struct {
	Name   string
	Size   int
	Fields []Field
}

// Field is one field of a Struct. Nested common parts are flattened; a field
// named "_" is padding.
type Field struct {
	Name, Type   string
	Offset, Size int
	Lock         bool // part of the lock
}

// Env is the machine, by allowlist: nothing here names a host or a user.
type Env struct {
	GoVersion, GOOS, GOARCH, GOAMD64 string
	Flags                            []string // build flags that matter: -race, -pgo, tags
	CPU                              string
	CPUs, Cores, Sockets             int
	SMT                              bool
	Kernel                           string
	Virt, Clocksource, Governor      string
	Turbo, Mitigations               string
	GOGC                             string
	MemBytes                         int64
	// ClockNS is what two clock readings in a row show, in nanoseconds: a
	// latency at or below it is not told from zero. 0 is not known.
	ClockNS float64 `json:",omitempty"`
	// Clock is which one times operations, "monotonic" or "tsc"; "" is the first.
	Clock string `json:",omitempty"`
	// Counter is the CPU's own, where it may be trusted.
	Counter *Counter `json:",omitempty"`
	Facts   []Fact   // doctor's findings
}

// Counter is a CPU's counter of time: how long a tick is against the monotonic
// clock, how exactly that is known, and what two readings in a row show.
type Counter struct{ NSPerTick, PPM, FloorNS float64 }

// Fact is one finding about the machine with its verdict.
type Fact struct {
	Name, Value string
	Verdict     string // "ok", "warn", "bad", "absent"
	Advice      string // what to do about it; "" when ok
}
