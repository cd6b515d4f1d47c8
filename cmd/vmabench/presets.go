package main

import (
	"runtime"
	"slices"
	"time"

	"vmabench/harness"
	"vmabench/variants"
	"vmabench/vmm"
	"vmabench/workload"
)

// Default sizes of the plans.
const (
	defaultVMAs   = 1000
	defaultBudget = 165 * time.Second // make bench ends within 3 minutes, report included
	figuresBudget = 510 * time.Second
)

// presetPlan returns the plan of that name; nil Designs are the headliners.
func presetPlan(name string) (harness.Config, error) {
	c := harness.Config{Name: name, VMAs: defaultVMAs, Procs: []int{1, 2, 4}, LatencyProcs: []int{2},
		LoadX: []float64{1}, Footprint: []int{1000, 100_000}}
	slice := 8 * time.Millisecond
	switch name {
	case "default":
		c.Count = 10
		c.Throughput = find("pft", "hotvma", "mixed/write=1", "mmap1", "mprotect-disjoint", "fork-storm")
		c.Beside = append(withPages(find("pft")), realKernel(find("pft", "hotvma", "mmap1"))...)
		c.Latency = find("hotvma", "mixed/write=1", "fork-storm")
		c.Timing = harness.Timing{Slice: slice, Slices: 12, Spare: 6, Warm: 2}
		c.LatencyTiming = c.Timing
		c.Budget = defaultBudget
	case "full":
		c.Count = 20
		c.Throughput = workload.Presets()
		c.Latency = find("pft", "hotvma", "mixed/write=1", "mixed/write=10", "mprotect-disjoint", "fork-storm", "maps-scan")
		c.Beside = append(withPages(find("pft", "page_fault1", "arena")),
			realKernel(shapeWorkloads())...)
		c.LoadX = []float64{0.25, 1, 4}
		c.Timing = harness.Timing{Slice: slice, Slices: 25, Spare: 25, Warm: 3}
		c.LatencyTiming = harness.Timing{Slice: slice, Slices: 40, Spare: 40, Warm: 3}
		c.Footprint = []int{10, 100, 1000, 10_000, 100_000}
	case "figures":
		c.Count = 10
		c.Timing = harness.Timing{Slice: slice, Slices: 8, Spare: 6, Warm: 2}
		c.LatencyTiming = harness.Timing{Slice: slice, Slices: 12, Spare: 6, Warm: 2}
		c.Budget = figuresBudget
		everyFigure(&c)
	case "shape", "writers", "load":
		c.Count = 10
		c.Timing = harness.Timing{Slice: slice, Slices: 12, Spare: 12, Warm: 2}
		c.LatencyTiming = c.Timing
		c.Footprint = nil
		oneQuestion(name, &c)
	case "smoke":
		c.Count = 1
		c.VMAs = 100
		c.Throughput = find("pft", "mixed/write=1")
		c.Latency = find("hotvma")
		c.Procs = []int{1, 2}
		c.Timing = harness.Timing{Slice: 2 * time.Millisecond, Slices: 3, Warm: 1}
		c.LatencyTiming = c.Timing
		c.Footprint = []int{1000}
		c.Budget = time.Nanosecond // repeat nothing
	default:
		return c, badf("unknown plan %q; there are default, full, figures, shape, writers, load and smoke", name)
	}
	return c, nil
}

// everyFigure fills in the plan whose report has every figure that the three
// designs, and the range lock beside them, can draw on this machine, each workload
// at as few points as its figure takes.
func everyFigure(c *harness.Config) {
	c.Designs = append(slices.Clone(headliners), "rangelock")
	c.Procs = []int{1, 2}
	c.Throughput = find("pft", "hotvma", "ownvma", "mmap1", "fork-storm",
		"mixed/write=0", "mixed/write=0.1", "mixed/write=1", "mixed/write=10", "mixed/write=50")
	two := []int{2}
	c.Beside = []harness.Part{
		{Throughput: find("local", "pipeline", "global", "mprotect-disjoint", "mprotect-overlap",
			"threadstacks", "arena", "metis", "gc-mprotect", "launch"), Procs: c.Procs},
		{Throughput: find("hotvma", "mixed/write=1"), Procs: []int{2 * runtime.NumCPU()}}, // more workers than CPUs
		{Throughput: find("fork-storm"), Procs: two, VMAs: 10},
		{Throughput: find("fork-storm"), Procs: two, VMAs: 10_000},
		{Designs: controls(), Throughput: find("hotvma", "mixed/write=1"), Procs: two},
	}
	c.Beside = append(c.Beside, moreGoroutines()...)
	c.Latency = find("hotvma", "mixed/write=10", "fork-storm")
	c.LoadX = []float64{0.25, 1, 8, 64}
}

// moreGoroutines is goroutines above GOMAXPROCS: locks that spin and sleep as a
// kernel's do, and, at the ends, one of Go's library.
func moreGoroutines() []harness.Part {
	procs := []int{min(2, runtime.NumCPU())}
	return []harness.Part{
		{Throughput: find("mixed/write=1", "mmap1"), Procs: procs, Goroutines: []int{1, 2, 4, 8}},
		{Designs: []string{"rwmutex"}, Throughput: find("mixed/write=1", "mmap1"), Procs: procs, Goroutines: []int{1, 8}},
	}
}

// controls are the names of the locks that nobody proposes for a kernel.
func controls() (names []string) {
	for _, d := range variants.Subjects() {
		if d.Control {
			names = append(names, d.Name)
		}
	}
	return names
}

// oneQuestion fills in the plans that ask for one thing.
func oneQuestion(name string, c *harness.Config) {
	switch name {
	case "shape": // the running kernel's responses beside those of the design that models it
		c.Throughput = shapeWorkloads()
		c.Procs = []int{1, 2}
		c.Footprint = []int{slabVMAs}
		c.Beside = append(realKernel(c.Throughput), realSlabs()...)
	case "writers": // how long writers wait, and against how many VMAs
		c.Throughput = find("mixed/write=10", "gc-mprotect", "fork-storm")
		c.Procs = []int{1, 2}
		for _, n := range []int{10, 100, 10_000} {
			c.Beside = append(c.Beside, harness.Part{Throughput: find("fork-storm"), Latency: find("fork-storm"), Procs: []int{2}, VMAs: n})
		}
		c.Latency = find("mixed/write=1", "mixed/write=10", "gc-mprotect", "mprotect-disjoint", "fork-storm")
		c.LatencyTiming.Slices, c.LatencyTiming.Spare, c.LatencyTiming.Warm = 40, 40, 3
	case "load": // from a load that nobody waits at to one that nobody can bear
		c.Throughput = find("hotvma", "mixed/write=1", "mixed/write=10")
		c.Procs = []int{2}
		c.Latency = c.Throughput
		c.LoadX = []float64{0.25, 1, 4, 8, 16, 32, 64}
	}
}

func find(names ...string) (out []workload.Spec) {
	for _, n := range names {
		s, ok := workload.Find(n)
		if !ok {
			panic("no workload " + n)
		}
		out = append(out, s)
	}
	return out
}

// withPages is workloads whose faults clear their page, as a real fault does:
// what is left of a difference between locks when they are not nearly all of
// the operation.
func withPages(specs []workload.Spec) []harness.Part {
	return []harness.Part{{Designs: headliners, Throughput: specs, Procs: []int{1, 2}, Page: vmm.PageZero}}
}

// shapeWorkloads are those whose responses are compared with the running
// kernel's: every share of mappers, one hot VMA, fork, a scanner, and the rest
// against GOMAXPROCS.
func shapeWorkloads() []workload.Spec {
	return find("pft", "ownvma", "hotvma", "mixed/write=0", "mixed/write=0.1", "mixed/write=1", "mixed/write=10", "mixed/write=50",
		"page_fault1", "mmap1", "mprotect-disjoint", "fork-storm", "maps-scan")
}

// realDesigns are the names of the subjects that are the running kernel.
func realDesigns() (names []string) {
	for _, d := range variants.Subjects() {
		if d.Real {
			names = append(names, d.Name)
		}
	}
	return names
}

// realKernel is the running kernel as a part of a plan: subjects that are
// compared with each other, not with the models.
func realKernel(specs []workload.Spec) []harness.Part {
	names := realDesigns()
	if len(names) == 0 {
		return nil
	}
	return []harness.Part{{Designs: names, Throughput: specs, Procs: []int{1, 2}}}
}

// slabVMAs is how many VMAs' memory is compared with the running kernel's, by
// its slabs: it allows a process 65,530.
const slabVMAs = 40_000

// realSlabs is the memory of the running kernel's VMAs as a part of a plan,
// where its slabs can be read.
func realSlabs() (parts []harness.Part) {
	for _, d := range variants.Subjects() {
		if d.Slab != nil && len(d.Slab()) > 0 {
			parts = append(parts, harness.Part{Designs: []string{d.Name}, Footprint: []int{slabVMAs}})
		}
	}
	return parts
}

// onceEach returns the parts without the points that the plan has besides, as
// where -run or -procs asks for them.
func onceEach(c *harness.Config) (out []harness.Part) {
	for _, p := range c.Beside {
		if p.Designs != nil || p.Goroutines != nil || p.Page != vmm.PageNone || p.VMAs != 0 {
			out = append(out, p)
			continue
		}
		for _, s := range p.Throughput {
			one := p
			one.Throughput, one.Latency, one.Footprint = []workload.Spec{s}, nil, nil
			if slices.ContainsFunc(c.Throughput, func(x workload.Spec) bool { return x.FullName() == s.FullName() }) {
				one.Procs = slices.DeleteFunc(slices.Clone(p.Procs), func(n int) bool { return slices.Contains(c.Procs, n) })
			}
			if len(one.Procs) > 0 {
				out = append(out, one)
			}
		}
		if p.Throughput = nil; len(p.Latency)+len(p.Footprint) > 0 {
			out = append(out, p)
		}
	}
	return out
}
