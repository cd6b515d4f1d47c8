package workload

// Sizes of what launch maps, in pages.
const (
	stackPages    = 2048 // a thread's stack, 8 MiB with its guard page
	launchThreads = 100
	launchLibs    = 40
)

// segments are those of a shared library as the dynamic linker maps it: the
// pages of each, and its protection.
var segments = [4]struct {
	pages int
	prot  uint8
}{{16, ro}, {96, ro | exec}, {32, ro}, {8, rw}}

// launchSteps are what starting an application does to its address space, and
// then what ends it.
func launchSteps() (steps []Step, pages int) {
	var end []Step
	mapAt := func(n int, prot uint8, file bool) {
		steps = append(steps, Step{Op: MapAt, Where: Own, Offset: pages, Pages: n, Arg: prot, File: file})
		end = append(end, Step{Op: UnmapAt, Where: Own, Offset: pages, Pages: n})
		pages += n
	}
	for range launchLibs {
		for i, s := range segments {
			mapAt(s.pages, s.prot, true)
			if i == len(segments)-1 {
				data := pages - s.pages
				steps = append(steps, Step{Op: Fault, Where: Own, Offset: data, Pages: 2, Times: 2, Arg: write},
					Step{Op: Protect, Where: Own, Offset: data, Pages: 2, Arg: ro}) // relocated, and read-only from here
			}
		}
		pages++
	}
	for range launchThreads {
		mapAt(stackPages, none, false)
		stack := pages - stackPages
		steps = append(steps, Step{Op: Protect, Where: Own, Offset: stack + 1, Pages: stackPages - 1, Arg: rw},
			Step{Op: Fault, Where: Own, Offset: pages - 2, Pages: 2, Times: 2, Arg: write})
	}
	return append(steps, end...), pages
}

var launch = func() Spec {
	steps, pages := launchSteps()
	return Spec{
		Name: "launch", Bench: "Map", Title: "an application starts: libraries and 100 threads, beside faults",
		Doc: "One worker maps 40 libraries in four segments each, writes to their data, protects what was relocated, " +
			"and maps 100 stacks of 8 MiB, opens them but for the guard page and touches their top; then it unmaps " +
			"everything and starts again. The others fault on random pages of all VMAs of the layout, as the threads " +
			"that already run do. The threads themselves, and what the files cost, are left out. At GOMAXPROCS 1 one " +
			"worker makes 1000 faults between 100 operations of the start.",
		Source: "the start of Android applications with about 100 threads, a reason given for the per-VMA lock (S. Baghdasaryan, Linux 6.4)",
		Roles: []Role{
			{Name: "faulter", Turn: 1000, RateHz: faultHz / 2, Steps: []Step{{Op: Fault, Where: All, Arg: read}}},
			{Name: "mapper", Workers: 1, Turn: 100, Arena: pages, RateHz: mapHz / 5, Steps: steps},
		},
	}
}()

var metis = Spec{
	Name: "metis", Bench: "Fault", Title: "an allocator's arena that grows and is given back",
	Doc: "Each worker's heap is 16 MiB of reserved addresses: it is opened by mprotect 32 pages at a time, and every " +
		"page is written to once; when it is full its pages are dropped with MADV_DONTNEED and it is closed again. " +
		"One operation in 33 is a writer to the address space. The tables that the original fills are left out.",
	Source: "the map phase of Metis (Mao, Morris, Kaashoek, 2010) over a malloc that grows its arenas by mprotect, as in Kogan, Dice, Issa, EuroSys 2020",
	Roles:  []Role{{Name: "faulter", Arena: 4096, ArenaMapped: true, RateHz: faultHz / 2, Steps: metisSteps()}},
}

func metisSteps() []Step {
	const grow = 32
	steps := []Step{{Op: Protect, Where: Own, Arg: none}}
	for at := 0; at < 4096; at += grow {
		steps = append(steps, Step{Op: Protect, Where: Own, Offset: at, Pages: grow, Arg: rw},
			Step{Op: Fault, Where: Own, Offset: at, Pages: grow, Times: grow, Arg: write})
	}
	return append(steps, Step{Op: Drop, Where: Own})
}
