package manycore

// RateTable is a published comparison of two designs by number of threads.
// No parameter may be fitted to it: predictions are held against it.
type RateTable struct {
	Name, Source, Machine string
	// What is counted, in the plural.
	What string
	// Workload is the spec that stands for it (Spec), Base and New the designs.
	Workload  string
	Base, New string
	// Spread says that the threads were not pinned, so that the scheduler had
	// them on all sockets.
	Spread bool
	// WorkNS is an operation's own time, taken from the table's first row and so
	// no prediction; 0 is DefaultShared's.
	WorkNS float64
	// Band says that the machine's arbitration is not known, and that the table
	// is worth modelling under each that is.
	Band bool
	Rows []RateRow
}

// RateRow is one number of threads: operations a second of wall time, and where
// published of CPU time, for the base and for the new design.
type RateRow struct {
	Threads               int
	BasePerCPU, NewPerCPU float64 `json:",omitempty"`
	BasePerS, NewPerS     float64
}

// Gain returns the published change of the rate in wall time, in per cent.
func (r RateRow) Gain() float64 { return 100 * (r.NewPerS/r.BasePerS - 1) }

// RateTables are the published tables that predictions are shown beside.
var RateTables = []RateTable{{
	Name: "refcount-series",
	Source: "S. Baghdasaryan, cover letters v6 to v10 of the reference count series (Dec 2024 to Feb 2025): pft by mmtests, " +
		"which does not pin it; the machine is not named there, the thread counts are those of the author's 56-CPU 2-socket Broadwell",
	Machine: "broadwell-2s", What: "faults", Workload: "pft-shared", Base: "rwsem", New: "refcount", Spread: true, Band: true,
	Rows: []RateRow{
		{1, 507926.5547, 506519.3692, 507566.1468, 506139.0811},
		{4, 479119.7051, 481333.6802, 1880478.2402, 1886795.6329},
		{7, 452880.2961, 455845.6211, 3106394.3438, 3140550.7485},
		{12, 347639.1021, 352004.2254, 4061358.4795, 4112477.0206},
		{21, 200061.2238, 229597.0317, 3988619.1169, 4577747.1436},
		{30, 145251.2001, 164202.5067, 3909839.5449, 4311052.2787},
		{48, 106848.4434, 120641.5504, 4761108.4691, 5283790.5026},
		{56, 92472.3835, 103464.7916, 4885561.4590, 5415839.4045},
	},
}, {
	Name: "uprobe-speculation",
	Source: "A. Nakryiko, Linux commit e0925f2dc4de: uprobe-nop of the BPF selftests' bench on an 80-CPU Xeon Gold 6138, " +
		"the breakpoint's VMA found under mmap_lock for read, and by speculation on mm_lock_seq",
	Machine: "skylake-2s", What: "uprobe hits", Workload: Uprobe, Base: "mmap_lock", New: "speculation", WorkNS: 270,
	Rows: []RateRow{
		{Threads: 1, BasePerS: 3.384e6, NewPerS: 3.534e6}, {Threads: 2, BasePerS: 5.456e6, NewPerS: 6.701e6},
		{Threads: 4, BasePerS: 9.442e6, NewPerS: 13.003e6}, {Threads: 8, BasePerS: 10.021e6, NewPerS: 24.534e6},
		{Threads: 16, BasePerS: 7.392e6, NewPerS: 41.476e6}, {Threads: 32, BasePerS: 5.426e6, NewPerS: 85.054e6},
		{Threads: 40, BasePerS: 5.262e6, NewPerS: 101.979e6}, {Threads: 64, BasePerS: 7.644e6, NewPerS: 124.613e6},
		{Threads: 80, BasePerS: 8.992e6, NewPerS: 142.037e6},
	},
}}

// Uprobe is the workload of RateTables that is no fault: each thread hits a
// breakpoint in one VMA that all share. Its designs are how the VMA is found.
const Uprobe = "uprobe-hit"

// LatencyTable is a published comparison of two designs by how long one operation
// takes beside others. No parameter may be fitted to it.
type LatencyTable struct {
	Name, Source, Machine string
	What                  string // the operation
	Workload, Role        string // the role of the spec that does it
	Base, New             string
	Threads               int
	// WorkNS is the operation's own time, set so that the new design's median is the
	// published one, which so is no prediction.
	WorkNS float64
	// Readers are guesses of what a reader does, the first of them the likeliest: the
	// nanoseconds to print a line, under a lock, and after each page of text. The
	// machine and the readers of the test are not described.
	Readers [][2]float64
	Rows    []LatencyRow
}

// LatencyRow is a published figure in nanoseconds: one value, or the least and
// the greatest of several runs.
type LatencyRow struct {
	What      string // "median" or "maximum"
	Base, New [2]float64
}

// LatencyTables are the published latencies that predictions are shown beside.
var LatencyTables = []LatencyTable{{
	Name: "maps-mapper",
	Source: "S. Baghdasaryan, cover letters v6 and v7 of /proc/PID/maps under VMA locks (2025): P. McKenney's proc-mmap_sem test, " +
		"runs of 10 s; the machine is not named",
	Machine: "skylake-2s", What: "mmap or munmap of a page beside two readers of /proc/PID/maps", Workload: "maps-mapper", Role: "mapper",
	Base: "mmaponly", New: "refcount", Threads: 3, WorkNS: 5600,
	Readers: [][2]float64{{100, 3000}, {50, 3000}, {200, 3000}, {100, 1500}, {100, 6000}},
	Rows: []LatencyRow{
		{"median", [2]float64{11_000, 11_000}, [2]float64{6_000, 6_000}},
		{"maximum", [2]float64{455_000, 4_707_000}, [2]float64{26_000, 608_000}},
	},
}}
