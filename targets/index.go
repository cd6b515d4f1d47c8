package targets

import (
	"fmt"
	"math/rand/v2"

	"vmabench/internal/atomic"
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// vma is a VMA in a slab, of the kernel's size.
type vma struct {
	mm.VMA
	mm.Rest
	_ [192 - 40 - 56]byte
}

type vmaPage struct {
	obj [vmm.PageSize / 192]vma
	_   [vmm.PageSize % 192]byte
}

// VMARange is the range of the i-th VMA.
func VMARange(i int) vmm.Range {
	a := vmaAddr(0, i, 0)
	return vmm.Range{Start: a, End: a + vmaPages*vmm.PageSize}
}

// index returns an index of n VMAs that were stored in random order.
func index(n int) (*mm.Index, []*mm.VMA) {
	return indexOf(rand.New(rand.NewPCG(1, 2)).Perm(n))
}

// indexOf returns an index of VMAs that were stored in the order given.
func indexOf(order []int) (*mm.Index, []*mm.VMA) {
	var task atomic.Task
	slab := mm.NewSlab(func(p *vmaPage) []vma { return p.obj[:] }, 0)
	x, vmas := new(mm.Index), make([]*mm.VMA, len(order))
	for _, i := range order {
		v, r := &slab.Alloc(&task).VMA, VMARange(i)
		v.Start.Set(r.Start)
		v.End.Set(r.End)
		vmas[i] = v
		x.Store(r, v)
	}
	return x, vmas
}

// bytesPerVMA returns what an index costs that got n VMAs in some order.
func bytesPerVMA(order []int) float64 {
	x, _ := indexOf(order)
	return float64(x.Bytes()) / float64(len(order))
}

// downwards is the order in which mmap places VMAs.
func downwards(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = n - 1 - i
	}
	return order
}

// Step is the generator of random lookups: the next state, and an address in
// one of some VMAs, whose ranges are VMARange.
func Step(s uint64, vmas int) (next uint64, a vmm.Addr) {
	s = s*6364136223846793005 + 1442695040888963407
	return s, vmaAddr(0, int((s>>32)*uint64(vmas)>>32), int(s>>30&3))
}

// lookups returns a loop of random lookups, each at an address that depends on
// what the last one found, as a fault is done before the next can happen.
func lookups(x *mm.Index, vmas int) func(n int) {
	seed := uint64(1)
	return func(n int) {
		s := seed
		for range n {
			var a vmm.Addr
			s, a = Step(s, vmas)
			s += uint64(x.Find(a).Start.Get()) & 1 // 0, but the CPU must wait to know
		}
		seed = s
	}
}

// IndexLookups returns a loop of lookups in an index of that many VMAs.
func IndexLookups(vmas int) func(n int) {
	x, _ := index(vmas)
	return lookups(x, vmas)
}

// IndexUpdates returns a loop that takes VMAs out of an index of that many and
// puts them back.
func IndexUpdates(vmas int) func(n int) {
	x, all := index(vmas)
	return updates(x.Store, all)
}

// updates returns a loop that takes VMAs out and puts them back, at random.
func updates(store func(vmm.Range, *mm.VMA), vmas []*mm.VMA) func(n int) {
	rng := rand.New(rand.NewPCG(3, 4))
	out := make([]bool, len(vmas))
	return func(n int) {
		for range n {
			i := int(rng.Uint32N(uint32(len(vmas))))
			if v := vmas[i]; out[i] {
				store(VMARange(i), v)
			} else {
				store(VMARange(i), nil)
			}
			out[i] = !out[i]
		}
	}
}

// holes returns a loop that fills and clears holes between the VMAs.
func holes(x *mm.Index, vmas []*mm.VMA) func(n int) {
	rng := rand.New(rand.NewPCG(5, 6))
	return func(n int) {
		for range n {
			a := VMARange(int(rng.Uint32N(uint32(len(vmas))))).End
			r := vmm.Range{Start: a, End: a + vmm.PageSize}
			x.Store(r, vmas[0])
			x.Store(r, nil)
		}
	}
}

// indexUpdate is an edit against one that copies the path from the root.
func indexUpdate(n int) func(*Env) pair {
	return func(*Env) pair {
		x, xs := index(n)
		y, ys := index(n)
		return pair{a: one(updates(x.Store, xs)), b: one(updates(y.StorePathCopy, ys))}
	}
}

// besideWriter is a lookup beside a thread that edits without a pause.
func besideWriter(n int) func(*Env) pair {
	return func(*Env) pair {
		x, vmas := index(n)
		y, _ := index(n)
		return pair{a: one(lookups(x, n)).with(holes(x, vmas)), b: one(lookups(y, n))}
	}
}

// trims returns a loop that makes a VMA of the middle a page shorter and
// longer again: edits that split and join nothing.
func trims(x *mm.Index, vmas []*mm.VMA) func(n int) {
	i := len(vmas) / 2
	r := VMARange(i)
	last := vmm.Range{Start: r.End - vmm.PageSize, End: r.End}
	return func(n int) {
		for k := range n {
			if k%2 == 0 {
				x.Store(last, nil)
			} else {
				x.Store(r, vmas[i])
			}
		}
	}
}

// updateTargets hold an edit against one that copies the path, by size.
func updateTargets() (out []Target) {
	for _, s := range []struct {
		vmas               int
		doc                string
		excellent, allowed Bounds
	}{
		{10, "an edit that replaces a leaf against one that copies every node above it too: here there is none", Between(0.9, 1.1), Between(0.8, 1.25)},
		{100, "the same with one level above the leaves", AtMost(0.7), AtMost(0.8)},
		{1000, "the same with two", AtMost(0.5), AtMost(0.8)},
		{10_000, "the same with three", AtMost(0.5), AtMost(0.8)},
		{40_000, "the same with more VMAs than the cache has", AtMost(0.5), AtMost(0.8)},
	} {
		out = append(out, Target{
			Name: fmt.Sprintf("index-update/path-copying-%d-VMAs", s.vmas), Doc: s.doc,
			Excellent: s.excellent, Allowed: s.allowed, pair: indexUpdate(s.vmas),
		})
	}
	return out
}

// readerTargets hold a lookup beside a writer against one alone, by size.
func readerTargets() (out []Target) {
	doc := "a lookup while another thread edits the index without a pause"
	for _, s := range []struct {
		vmas      int
		excellent float64
	}{{10, 3}, {100, 2}, {1000, 1.8}, {10_000, 1.8}} {
		out = append(out, Target{
			Name: fmt.Sprintf("index-lookup-beside-writer/alone-%d-VMAs", s.vmas), Doc: doc,
			Excellent: AtMost(s.excellent), Allowed: AtMost(5), threads: 2, pair: besideWriter(s.vmas),
		})
		doc = "the same"
	}
	return out
}

var indexTargets = []Target{
	{
		Name: "index-garbage/edit", Unit: "B",
		Doc:       "what an edit that splits and joins nothing leaves to the collector, at 1000 VMAs",
		Excellent: AtMost(320), Allowed: AtMost(1024),
		count: func(*Env) float64 { b, _ := perOp(1000, trims(index(1000))); return b },
	},
	{
		Name: "index-allocations/edit", Unit: "objects",
		Doc:       "how many objects that is",
		Excellent: AtMost(1.01), Allowed: AtMost(2),
		count: func(*Env) float64 { _, o := perOp(1000, trims(index(1000))); return o },
	},
	{
		Name: "index-allocations/lookup", Unit: "objects",
		Doc:       "a lookup that allocates would make readers pay for the collector",
		Excellent: AtMost(0.001), Allowed: AtMost(0.001),
		count: func(*Env) float64 { x, _ := index(1000); _, o := perOp(10_000, lookups(x, 1000)); return o },
	},
	{
		Name: "index-bytes/VMA-mapped-downwards", Unit: "B",
		Doc:       "memory of the index at 40,000 VMAs that came in the order in which mmap places them",
		Excellent: AtMost(30), Allowed: AtMost(40),
		count: func(*Env) float64 { return bytesPerVMA(downwards(40_000)) },
	},
	{
		Name: "index-bytes/VMA-in-random-order", Unit: "B",
		Doc:       "the same in random order; 1.5 times the 20 bytes of a maple tree's share is the goal",
		Excellent: AtMost(30), Allowed: AtMost(40),
		count: func(*Env) float64 { return bytesPerVMA(rand.New(rand.NewPCG(1, 2)).Perm(40_000)) },
	},
}
