package manycore

// FaultTable is a published comparison of two designs by number of threads.
// No parameter may be fitted to it: predictions are held against it.
type FaultTable struct {
	Name, Source, Machine string
	// Workload is the spec that stands for it (Workloads).
	Workload  string
	Base, New string // variants
	Rows      []FaultRow
}

// FaultRow is one number of threads: faults a second of CPU time and of wall
// time, for the base and for the new design.
type FaultRow struct {
	Threads               int
	BasePerCPU, NewPerCPU float64
	BasePerS, NewPerS     float64
}

// Gain returns the published change of the rate in wall time, in per cent.
func (r FaultRow) Gain() float64 { return 100 * (r.NewPerS/r.BasePerS - 1) }

// FaultTables are the published tables that predictions are shown beside.
var FaultTables = []FaultTable{{
	Name: "refcount-series",
	Source: "S. Baghdasaryan, cover letters v6 to v10 of the reference count series (Dec 2024 to Feb 2025): pft by mmtests; " +
		"the machine is not named there, the thread counts are those of the author's 56-CPU 2-socket Broadwell",
	Machine: "broadwell-2s", Workload: "pft-shared", Base: "rwsem", New: "refcount",
	Rows: []FaultRow{
		{1, 507926.5547, 506519.3692, 507566.1468, 506139.0811},
		{4, 479119.7051, 481333.6802, 1880478.2402, 1886795.6329},
		{7, 452880.2961, 455845.6211, 3106394.3438, 3140550.7485},
		{12, 347639.1021, 352004.2254, 4061358.4795, 4112477.0206},
		{21, 200061.2238, 229597.0317, 3988619.1169, 4577747.1436},
		{30, 145251.2001, 164202.5067, 3909839.5449, 4311052.2787},
		{48, 106848.4434, 120641.5504, 4761108.4691, 5283790.5026},
		{56, 92472.3835, 103464.7916, 4885561.4590, 5415839.4045},
	},
}}
