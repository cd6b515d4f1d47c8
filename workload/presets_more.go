package workload

// pageFaultFile is page_fault1 on a file of the worker's own.
func pageFaultFile(name, title, how string, shared bool) Spec {
	return Spec{
		Name: name, Bench: "Fault", Title: title,
		Doc: "As page_fault1, but each worker maps 16 MiB of a file of its own, " + how + ": mappings of two workers " +
			"never merge, so that no VMA is shared. Left out: its 128 MiB, and, but for the running kernel, what a fault does with the file.",
		Source: name + " of will-it-scale (A. Blanchard)",
		Roles: []Role{{Name: "faulter", RateHz: faultHz, Steps: []Step{
			{Op: Map, Pages: 4096, Arg: rw, File: true, Shared: shared},
			{Op: Fault, Where: Last, Pages: 4096, Times: 4096, Arg: write},
			{Op: Unmap, Pages: 4096},
		}}},
	}
}

var (
	pageFault2 = pageFaultFile("page_fault2", "mmap a file privately, touch every page, munmap", "privately", false)
	pageFault3 = pageFaultFile("page_fault3", "mmap a file shared, touch every page, munmap", "shared", true)
)

var mmap2 = Spec{
	Name: "mmap2", Bench: "Map", Title: "mmap and munmap of a file, nothing touched",
	Doc: "As mmap1, but of a file of the worker's own, private. What i_mmap's own locks cost is left out, but for the " +
		"running kernel.",
	Source: "mmap2 of will-it-scale (A. Blanchard)",
	Roles: []Role{{Name: "mapper", RateHz: mapHz, Steps: []Step{
		{Op: Map, Pages: 32768, Arg: rw, File: true},
		{Op: Unmap, Pages: 32768},
	}}},
}

var brk1 = Spec{
	Name: "brk1", Bench: "Map", Title: "the heap grows by a page and shrinks again",
	Doc: "Each worker moves the end of the one heap up by a page and down again. With several workers most calls " +
		"find the heap as they want it, as in the original with threads; that too takes mmap_lock for write. Nothing is " +
		"left out.",
	Source: "brk1 of will-it-scale (A. Blanchard)",
	Roles: []Role{{Name: "mapper", RateHz: mapHz, Steps: []Step{
		{Op: Break, Offset: 1},
		{Op: Break, Offset: 0},
	}}},
}

var pipeline = Spec{
	Name: "pipeline", MayFail: true, Bench: "Map", Title: "map and touch, the next worker touches and unmaps",
	Doc: "Each worker maps a page in a place of its own and writes to it, then writes to the page of the worker " +
		"before it and unmaps that: memory handed on. The original hands it over with a queue; here an operation " +
		"that comes too early or too late fails, and is counted.",
	Source: "the pipeline microbenchmark of RadixVM (Clements, Kaashoek, Zeldovich, EuroSys 2013)",
	Roles: []Role{{Name: "mapper", Arena: 1, RateHz: mapHz, Steps: []Step{
		{Op: MapAt, Where: Own, Arg: rw},
		{Op: Fault, Where: Own, Arg: write},
		{Op: Fault, Where: Prev, Arg: write},
		{Op: UnmapAt, Where: Prev},
	}}},
}

var threadStacks = Spec{
	Name: "threadstacks", Bench: "Map", Title: "stacks of short-lived threads",
	Doc: "Each worker maps an 8 MiB stack without access, opens all of it but the guard page, touches its top four " +
		"pages and unmaps it: a burst of threads, each of which lives for a moment. The threads themselves are left out.",
	Source: "pthread_create of glibc with its cache of stacks empty",
	Roles: []Role{{Name: "mapper", Arena: 2048, RateHz: mapHz, Steps: []Step{
		{Op: MapAt, Where: Own, Arg: none},
		{Op: Protect, Where: Own, Offset: 1, Pages: 2047, Arg: rw},
		{Op: Fault, Where: Own, Offset: 2044, Pages: 4, Times: 4, Arg: write},
		{Op: UnmapAt, Where: Own},
	}}},
}

var mallocArena = Spec{
	Name: "arena", Bench: "Fault", Title: "a heap that gives pages back",
	Doc: "Each worker touches random pages of its own 16 MiB and after every 64 of them drops 64 pages in a row " +
		"with MADV_DONTNEED, which takes the VMA lock for read.",
	Source: "the purging of jemalloc and tcmalloc; MADV_DONTNEED under the VMA lock is of Linux 6.17",
	Roles: []Role{{Name: "faulter", Arena: 4096, ArenaMapped: true, RateHz: faultHz, Steps: []Step{
		{Op: Fault, Where: Own, Pages: 4096, Times: 64, Random: true, Arg: write},
		{Op: Drop, Where: Own, Pages: 64, Random: true},
	}}},
}

var gcMprotect = Spec{
	Name: "gc-mprotect", MayFail: true, Bench: "Protect", Title: "a collector that protects the heap under its mutators",
	Doc: "One worker protects the heap, one VMA, against writing and opens it again; the others write to it, each to " +
		"pages of its own. A write that meets the protection fails and is counted: the collector's barrier. At " +
		"GOMAXPROCS 1 one worker flips the protection after every 1000 writes.",
	Source:   "the write barriers by mprotect of the Boehm collector",
	HotPages: 64,
	Roles: []Role{
		{Name: "faulter", Turn: 1000, RateHz: faultHz, Steps: []Step{
			{Op: Fault, Where: Hot, Pages: 64, Times: 64, Arg: write}}},
		{Name: "mapper", Workers: 1, Turn: 2, RateHz: mapHz / 50, Steps: []Step{
			{Op: Protect, Where: Hot, Arg: ro},
			{Op: Protect, Where: Hot, Arg: rw}}},
	},
}

var mprotectOverlap = Spec{
	Name: "mprotect-overlap", MayFail: true, Bench: "Protect", Title: "mprotect of ranges that overlap, with faults",
	Doc: "Each worker protects 16 pages at random of one VMA that all share, opens the whole of it again, and writes to " +
		"14 of its own 64 pages of it. Ranges of two workers meet; a write that meets a protection fails and is counted. " +
		"A lock of ranges would gain by mprotect-disjoint and not by this; mmap_lock, which takes the whole, treats both alike.",
	Source:   "the full-range case of range locks for mmap_lock (Kogan, Dice, Issa, EuroSys 2020)",
	HotPages: 64,
	Roles: []Role{{Name: "worker", RateHz: faultHz / 2, Steps: []Step{
		{Op: Protect, Where: Hot, Pages: 16, Random: true, Arg: ro},
		{Op: Protect, Where: Hot, Arg: rw},
		{Op: Fault, Where: Hot, Pages: 64, Times: 14, Random: true, Arg: write},
	}}},
}

var uprobes = Spec{
	Name: "uprobes", Bench: "Peek", Title: "what is mapped here, asked at every hit of a probe",
	Doc: "Each worker asks again and again for the mapping of an address in one VMA, and nobody changes any. With the " +
		"rules of Linux 6.14 and later it looks without a lock and believes what it saw if mm_lock_seq has not moved; " +
		"before them, and in a design without VMA locks, it takes mmap_lock for read. Left out: the trap, the tree of " +
		"uprobes and their handlers. The running kernel speculates for its own uprobes alone: there it is the " +
		"PROCMAP_QUERY call of /proc/self/maps (6.11), which takes a lock.",
	Source:   "uprobe-nop of the kernel's BPF selftests, with which the speculation was measured (A. Nakryiko, e0925f2dc4de)",
	HotPages: 512,
	Roles: []Role{{Name: "prober", RateHz: faultHz, Steps: []Step{
		{Op: Peek, Where: Hot, Times: 512},
	}}},
}
