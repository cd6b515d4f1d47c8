package targets

import (
	"fmt"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"vmabench/harness"
	"vmabench/results"
	"vmabench/variants/mmaponly"
	"vmabench/variants/refcount"
	"vmabench/variants/rwsem"
	"vmabench/vmm"
)

// growthDesigns are what the growth curves compare.
var growthDesigns = []vmm.Design{mmaponly.Design, rwsem.Design, refcount.Design}

// curve is an operation whose cost is measured against the size of something.
type curve struct {
	results.WorkloadInfo
	bench, param string
	sizes        []int
	space        func(*Env, vmm.Design, int) vmm.VMM
	loop         func(*Env, vmm.VMM, int) func(n int)
}

var curves = []curve{
	{
		WorkloadInfo: results.WorkloadInfo{Name: "growth-local", Title: "a fault that stays near the last one",
			Doc: "Faults on present pages, 64 in a VMA, then another at random: the index is walked, but its nodes are in the cache."},
		bench: "Fault", param: "vmas", sizes: powers(10, 1_000_000), space: (*Env).grown,
		loop: func(e *Env, v vmm.VMM, n int) func(int) { return e.Faults(v, LocalPages(0, n)) },
	},
	{
		WorkloadInfo: results.WorkloadInfo{Name: "growth-random", Title: "a fault anywhere",
			Doc: "Faults on present pages at random: each step of the walk and of the page table, and the VMA itself, may miss the cache."},
		bench: "Fault", param: "vmas", sizes: powers(10, 1_000_000), space: (*Env).grown,
		loop: func(e *Env, v vmm.VMM, n int) func(int) {
			return e.Faults(v, randomPages(0, n, max(streamLen, min(2*n, 1<<20)))) // more than a cache remembers
		},
	},
	{
		WorkloadInfo: results.WorkloadInfo{Name: "growth-mmap", Title: "mmap and munmap",
			Doc: "A mapping of 4 pages where the VMM chooses, and its unmapping: two walks, a search for a gap, two leaves replaced."},
		bench: "Map", param: "vmas", sizes: powers(10, 1_000_000), space: (*Env).grown,
		loop: func(e *Env, v vmm.VMM, _ int) func(int) { return fullRate(e.chosen(v)) },
	},
	{
		WorkloadInfo: results.WorkloadInfo{Name: "growth-fork", Title: "fork and exit of the child",
			Doc: "Each VMA, with its 4 pages, is write-locked and copied, and the copy torn down: linear in the number of VMAs."},
		bench: "Fork", param: "vmas", sizes: powers(10, 1_000_000), space: (*Env).grown,
		loop: func(e *Env, v vmm.VMM, _ int) func(int) { return fullRate(e.fork(v)) },
	},
	{
		WorkloadInfo: results.WorkloadInfo{Name: "growth-fork-touched", Title: "fork of one VMA with many pages",
			Doc: "One VMA whose pages are all present: the page-table entries are copied one by one, so linear in the touched pages."},
		bench: "Fork", param: "touched", sizes: powers(10, 1_000_000), space: (*Env).touched,
		loop: func(e *Env, v vmm.VMM, _ int) func(int) { return fullRate(e.fork(v)) },
	},
}

// Curves returns the names of the growth curves.
func Curves() (names []string) {
	for i := range curves {
		names = append(names, curves[i].Name)
	}
	return names
}

// powers returns the powers of 10 from lo to hi.
func powers(lo, hi int) (out []int) {
	for n := lo; n <= hi; n *= 10 {
		out = append(out, n)
	}
	return out
}

func (e *Env) grown(d vmm.Design, n int) vmm.VMM { return e.space(d.New(vmm.Config{}), 1, n) }

// touched makes an address space of one VMA of n pages, all present.
func (e *Env) touched(d vmm.Design, n int) vmm.VMM {
	t := e.Task()
	v := d.New(vmm.Config{}).NewVMM(t)
	must(v.Mmap(t, arena(0), uint64(n)*vmm.PageSize, readWrite, vmm.MapFixed, vmm.File{}))
	for i := range n {
		check(v.Fault(t, arena(0)+vmm.Addr(i)*vmm.PageSize, vmm.AccessWrite))
	}
	return v
}

// chosen returns an mmap where the VMM chooses, and its munmap.
func (e *Env) chosen(v vmm.VMM) func() {
	t := e.Task()
	return func() {
		a := must(v.Mmap(t, 0, vmaPages*vmm.PageSize, readWrite, 0, vmm.File{}))
		check(v.Munmap(t, a, vmaPages*vmm.PageSize))
	}
}

func (e *Env) fork(v vmm.VMM) func() {
	t := e.Task()
	return func() { must(v.Fork(t)).Exit(t) }
}

// chosenCurves returns the curves that o asks for, with their sizes up to most.
func (o *Options) chosenCurves(most int) (out []curve) {
	for _, k := range curves {
		if o.Run == nil || o.Run.MatchString(k.Name) {
			k.sizes = slices.DeleteFunc(slices.Clone(k.sizes), func(n int) bool { return n > most })
			out = append(out, k)
		}
	}
	return out
}

// GrowthRun returns the head of a run of Growth.
func GrowthRun(o Options, most int, command string) *results.Run {
	r := &results.Run{
		Created: time.Now().UTC().Format(time.RFC3339), Command: command,
		Env: harness.Environment(), Baseline: growthDesigns[0].Name,
		Plan: results.PlanInfo{Name: "growth", Count: o.Rounds, Procs: []int{1}},
	}
	r.Version, r.Commit = harness.Version()
	for _, k := range o.chosenCurves(most) {
		r.Plan.Workloads = append(r.Plan.Workloads, k.WorkloadInfo)
		r.Plan.Trials += len(k.sizes) * len(growthDesigns) * o.Rounds
	}
	for _, d := range growthDesigns {
		r.Designs = append(r.Designs, harness.DescribeDesign(d))
	}
	return r
}

// Growth measures the curves, sizes up to most, and hands each trial to sink. In
// each round every design has a slice, in turns from the first and the last.
func Growth(o Options, most int, sink func(*results.Trial) error) error {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(growthMemory))
	warmHeap()
	c := newCrew(o.Slice, o.FIFO)
	defer c.close()
	c.learn()
	for _, k := range o.chosenCurves(most) {
		for _, n := range k.sizes {
			if err := k.measure(c, n, o.Rounds, sink); err != nil {
				return err
			}
		}
	}
	return nil
}

// growthMemory is where the collector runs within a slice rather than let three
// address spaces of a million VMAs and their garbage eat the machine.
const growthMemory = 6 << 30

func (k *curve) measure(c *crew, n, rounds int, sink func(*results.Trial) error) error {
	e := new(Env)
	defer e.close()
	c.ownCores, c.patience = true, patience
	var sides []*side
	for _, d := range growthDesigns {
		s := one(k.loop(e, k.space(e, d, n), n))
		c.calibrate(s)
		sides = append(sides, s)
	}
	collect(true)
	order := []int{0, 1, 2}
	for round := range rounds {
		for _, i := range order {
			if err := sink(k.trial(c, growthDesigns[i].Name, sides[i], n, round)); err != nil {
				return err
			}
		}
		slices.Reverse(order)
	}
	return nil
}

// trial measures s until a slice counts, or keeps the last and says why not.
func (k *curve) trial(c *crew, design string, s *side, n, round int) *results.Trial {
	t := &results.Trial{
		Bench: k.bench, Kind: results.Throughput, Procs: 1, Rep: round, Started: time.Now().UTC().Format(time.RFC3339Nano),
		Params: []results.Param{{Key: "variant", Value: design}, {Key: "workload", Value: k.Name}, {Key: k.param, Value: strconv.Itoa(n)}},
	}
	g := &t.Guard
	g.Attempts = 1
	for range 1 + retries/2 {
		r := c.patientSlice(s)
		m := c.members[0]
		t.WallNS, t.Ops = m.wall, int64(m.ops)
		t.Values = []results.Value{{Unit: "ns/op", Value: r.value}}
		g.CPUShare, g.Slices = min(1, float64(m.cpu)/float64(m.wall)), g.Slices+1
		if g.OK, g.Why = r.why == "", r.why; g.OK {
			break
		}
		g.Rejected++
	}
	return t
}

// GrowthLine describes a trial in a line.
func GrowthLine(t *results.Trial) string {
	return fmt.Sprintf("%-24s %-9s %10s %10.4g ns/op  %s", t.Params[1].Value, t.Params[0].Value,
		t.Params[2].Value, t.Values[0].Value, t.Guard.Why)
}
