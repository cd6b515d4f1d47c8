package workload

import (
	"fmt"
	"regexp"
	"strconv"

	"vmabench/vmm"
)

const (
	read  = uint8(vmm.AccessRead)
	write = uint8(vmm.AccessWrite)
	rw    = uint8(vmm.ProtRead | vmm.ProtWrite)
	ro    = uint8(vmm.ProtRead)
	exec  = uint8(vmm.ProtExec)
	none  = uint8(vmm.ProtNone)
)

// The offered loads of latency trials, per worker: far enough below what one
// worker can do in a closed loop that a queue means a wait, not a full server.
const (
	faultHz = 200_000
	mapHz   = 50_000
	scanHz  = 500
	forkHz  = 100
)

// Presets returns the workloads in report order. The slice is the caller's.
func Presets() []Spec {
	specs := []Spec{pft, ownvma, hotvma}
	for _, percent := range []float64{0, 0.1, 1, 10, 50} {
		specs = append(specs, mixed(percent))
	}
	return append(specs, pageFault1, pageFault2, pageFault3, mmap1, mmap2, brk1, local, pipeline, global,
		threadStacks, mallocArena, metis, mprotectDisjoint, mprotectOverlap, gcMprotect, forkStorm, mapsScan, uprobes, launch)
}

// Match returns the presets whose full name matches the whole expression, as
// go test -run does between slashes: "mixed" matches every mixed/write=N.
func Match(expr string) ([]Spec, error) {
	re, err := regexp.Compile("^(?:" + expr + ")(?:/|$)")
	if err != nil {
		return nil, fmt.Errorf("workload expression %q: %v", expr, err)
	}
	var out []Spec
	for _, s := range Presets() {
		if re.MatchString(s.FullName()) {
			out = append(out, s)
		}
	}
	return out, nil
}

// Find returns the preset with that full name.
func Find(fullName string) (Spec, bool) {
	for _, s := range Presets() {
		if s.FullName() == fullName {
			return s, true
		}
	}
	return Spec{}, false
}

var pft = Spec{
	Name: "pft", Bench: "Fault", Title: "page fault test: first touch of private memory",
	Doc: "Each worker touches for the first time every page of a 2 MiB mapping of its own, drops them with " +
		"MADV_DONTNEED and starts again: 512 faults for each madvise. No two workers share a VMA and nobody writes " +
		"to the address space, so what keeps workers apart is mmap_lock alone.",
	Source: "pft, the page fault test of C. Lameter, as run by mmtests; left out are its memset of the page, which is page=zero here, and its gigabytes",
	Roles: []Role{{Name: "faulter", Arena: 512, ArenaMapped: true, RateHz: faultHz, Steps: []Step{
		{Op: Fault, Where: Own, Times: 512, Arg: write},
		{Op: Drop, Where: Own},
	}}},
}

var ownvma = Spec{
	Name: "ownvma", Bench: "Fault", Title: "faults on present pages, a VMA for each worker",
	Doc: "Each worker faults again and again on present pages of a VMA of its own: the least work that a fault can " +
		"do, hence the largest share of the lock, with no sharing.",
	Source: "the uncontended case of the per-VMA lock patches (S. Baghdasaryan, Linux 6.4); pages are kept present",
	Roles: []Role{{Name: "faulter", Arena: 512, ArenaMapped: true, RateHz: faultHz, Steps: []Step{
		{Op: Fault, Where: Own, Times: 512, Arg: write},
	}}},
}

var hotvma = Spec{
	Name: "hotvma", Bench: "Fault", Title: "faults on present pages, one VMA for all workers",
	Doc: "All workers fault on present pages of one VMA, each on 512 pages under page tables of its own: only the " +
		"VMA and its lock are shared. It is the worst case of a lock that lies in the VMA.",
	Source:   "page_fault1 with threads of will-it-scale, where anonymous mappings made side by side merge into one VMA",
	HotPages: 512,
	Roles: []Role{{Name: "faulter", RateHz: faultHz, Steps: []Step{
		{Op: Fault, Where: Hot, Pages: 512, Times: 512, Arg: write},
	}}},
}

// mixed gives percent of the ops to mappers' work, in every worker.
func mixed(percent float64) Spec {
	return Spec{
		Name: "mixed", Bench: "Fault",
		Params: []Param{{"write", strconv.FormatFloat(percent, 'g', -1, 64)}},
		Title:  fmt.Sprintf("random faults, %g %% of the operations map or unmap", percent),
		Doc: fmt.Sprintf("Each worker faults on random pages of all VMAs; %g %% of its operations are an mmap or a "+
			"munmap of 4 pages in a place of its own, in turns.", percent),
		Source: "the reader-to-writer axis of the lock literature (0, 0.1, 1, 10, 50 %), applied to an address space",
		Roles: []Role{{Name: "worker", Arena: 5 * 64, RateHz: faultHz / 2, Steps: []Step{
			{Op: Fault, Where: All, Arg: write, Weight: 100 - percent},
			{Op: Toggle, Where: Own, Pages: 4, Arg: rw, Weight: percent},
		}}},
	}
}

var pageFault1 = Spec{
	Name: "page_fault1", Bench: "Fault", Title: "mmap, touch every page, munmap",
	Doc: "Each worker maps 16 MiB of anonymous memory where the VMM chooses, writes to each of its 4096 pages and " +
		"unmaps it. Mappings of several workers that come to lie side by side merge, as in the original with threads. " +
		"Left out: its 128 MiB, so that a slice holds whole cycles.",
	Source: "page_fault1 of will-it-scale (A. Blanchard)",
	Roles: []Role{{Name: "faulter", RateHz: faultHz, Steps: []Step{
		{Op: Map, Pages: 4096, Arg: rw},
		{Op: Fault, Where: Last, Pages: 4096, Times: 4096, Arg: write},
		{Op: Unmap, Pages: 4096},
	}}},
}

var mmap1 = Spec{
	Name: "mmap1", Bench: "Map", Title: "mmap and munmap, nothing touched",
	Doc: "Each worker maps 128 MiB where the VMM chooses and unmaps it at once. Every operation is a writer: a " +
		"per-VMA lock can only cost here, never gain. Nothing is left out.",
	Source: "mmap1 of will-it-scale (A. Blanchard)",
	Roles: []Role{{Name: "mapper", RateHz: mapHz, Steps: []Step{
		{Op: Map, Pages: 32768, Arg: rw},
		{Op: Unmap, Pages: 32768},
	}}},
}

var local = Spec{
	Name: "local", Bench: "Map", Title: "map, touch and unmap private memory",
	Doc: "Each worker maps one page in a place of its own, writes to it and unmaps it: a thread-local allocator " +
		"that returns its memory.",
	Source: "the local microbenchmark of RadixVM (Clements, Kaashoek, Zeldovich, EuroSys 2013)",
	Roles: []Role{{Name: "mapper", Arena: 1, RateHz: mapHz, Steps: []Step{
		{Op: MapAt, Where: Own, Pages: 1, Arg: rw},
		{Op: Fault, Where: Own, Pages: 1, Arg: write},
		{Op: UnmapAt, Where: Own, Pages: 1},
	}}},
}

var global = Spec{
	Name: "global", MayFail: true, Bench: "Fault", Title: "map a part, touch everybody's parts, unmap it",
	Doc: "Each worker maps its 64 KiB part of a region, writes to random pages of all workers' parts and unmaps " +
		"its part: a hash table that all threads fill. The original keeps its phases apart with barriers; here a " +
		"touch of a part whose owner has just unmapped it fails, and is counted.",
	Source: "the global microbenchmark of RadixVM (Clements, Kaashoek, Zeldovich, EuroSys 2013)",
	Roles: []Role{{Name: "worker", Arena: 16, RateHz: faultHz / 2, Steps: []Step{
		{Op: MapAt, Where: Own, Arg: rw},
		{Op: Fault, Where: Peers, Times: 64, Random: true, Arg: write},
		{Op: UnmapAt, Where: Own},
	}}},
}

var mprotectDisjoint = Spec{
	Name: "mprotect-disjoint", Bench: "Protect", Title: "mprotect of disjoint ranges, with faults",
	Doc: "Each worker protects the first 16 pages of its own 64-page VMA against writing and opens them again, " +
		"with 14 faults after each pair. The split and the merge are writers on ranges that never meet, yet they " +
		"take turns on mmap_lock in every design.",
	Source: "the arenas of a multi-threaded malloc, which grow by mprotect (Kogan, Dice, Issa, EuroSys 2020)",
	Roles: []Role{{Name: "worker", Arena: 64, ArenaMapped: true, RateHz: faultHz / 2, Steps: []Step{
		{Op: Protect, Where: Own, Pages: 16, Arg: ro},
		{Op: Protect, Where: Own, Pages: 16, Arg: rw},
		{Op: Fault, Where: Own, Pages: 64, Times: 14, Arg: write},
	}}},
}

var forkStorm = Spec{
	Name: "fork-storm", Bench: "Fork", Title: "faults beside a process that forks and forks",
	Doc: "One worker forks the address space and tears the child down; the others write to present pages of their " +
		"own VMAs, which each fork makes copy-on-write. At GOMAXPROCS 1 one worker does a fork after every 1000 faults.",
	Source: "snapshot by fork of an in-memory database; fork write-locks every VMA (mm/mmap.c, Linux 6.4 and later)",
	Roles: []Role{
		{Name: "faulter", Turn: 1000, Arena: 512, ArenaMapped: true, RateHz: faultHz, Steps: []Step{
			{Op: Fault, Where: Own, Times: 512, Arg: write}}},
		{Name: "forker", Workers: 1, Turn: 1, RateHz: forkHz, Steps: []Step{{Op: Fork}}},
	},
}

var mapsScan = Spec{
	Name: "maps-scan", Bench: "Scan", Title: "a reader of /proc/PID/maps beside mappers",
	Doc: "One worker reads the whole list of mappings; the others fault on random pages, and 10 % of their " +
		"operations map or unmap. At GOMAXPROCS 1 one worker reads the list after every 1000 operations. Where mmap_lock " +
		"is held for it, it is let go of after each page of text, 83 lines of anonymous memory, as in Linux. Of the test that it " +
		"is after: one reader in place of two, and faults beside the mapping. No text is formatted and no page is copied to " +
		"the reader: a hold is shorter here than in Linux, and so is the time between two.",
	Source: "P. McKenney's proc-mmap_sem test, /proc/PID/maps against a mapper, with which the walk under VMA locks was measured (S. Baghdasaryan, Linux 6.17)",
	Roles: []Role{
		{Name: "worker", Turn: 1000, Arena: 5 * 64, RateHz: faultHz / 2, Steps: []Step{
			{Op: Fault, Where: All, Arg: read, Weight: 90},
			{Op: Toggle, Where: Own, Pages: 4, Arg: rw, Weight: 10}}},
		{Name: "scanner", Workers: 1, Turn: 1, RateHz: scanHz, Steps: []Step{{Op: Scan}}},
	},
}
