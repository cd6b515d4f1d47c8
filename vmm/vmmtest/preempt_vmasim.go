//go:build vmasim

package vmmtest

import (
	"fmt"

	"vmabench/vmm"
)

// preemptOps are what checkPreempt runs against each other, on the world's
// mapping and a second one behind a hole.
var preemptOps = []Op{
	{Kind: Fault, Addr: simBase + vmm.PageSize, Access: vmm.AccessRead},
	{Kind: Fault, Addr: simBase + 3*vmm.PageSize, Access: vmm.AccessWrite},
	{Kind: Munmap, Addr: simBase, Len: simPages * vmm.PageSize},
	{Kind: Munmap, Addr: simBase + vmm.PageSize, Len: vmm.PageSize},
	{Kind: Munmap, Addr: simBase + 2*vmm.PageSize, Len: 8 * vmm.PageSize},
	{Kind: Mprotect, Addr: simBase + vmm.PageSize, Len: 3 * vmm.PageSize, Prot: vmm.ProtNone},
	{Kind: Mprotect, Addr: simBase, Len: 5 * vmm.PageSize, Prot: vmm.ProtRead},                           // meets the hole
	{Kind: Mmap, Addr: simBase + simPages*vmm.PageSize, Len: vmm.PageSize, Prot: 3, Flags: vmm.MapFixed}, // fills it
	{Kind: Mmap, Len: vmm.PageSize, Prot: 3},
	{Kind: Mremap, Addr: simBase + vmm.PageSize, Len: vmm.PageSize, Len2: 2 * vmm.PageSize, Remap: vmm.RemapMayMove},
	{Kind: Madvise, Addr: simBase + vmm.PageSize, Len: vmm.PageSize, Advice: vmm.DontNeed},
	{Kind: UffdMove, Addr: secondMap, Addr2: simBase + vmm.PageSize},
	{Kind: UffdMove, Addr: simBase, Addr2: secondMap + vmm.PageSize},
	{Kind: Fault, Addr: stackMap - vmm.PageSize, Access: vmm.AccessWrite}, // grows
	{Kind: Peek, Addr: simBase + vmm.PageSize},
	{Kind: Brk, Addr: vmm.BrkBase + vmm.PageSize},
}

const (
	secondMap = simBase + (simPages+1)<<vmm.PageShift
	stackMap  = simBase + 1<<28
)

// preemptScene maps what the operations expect, on a design or on the model.
var preemptScene = []Op{
	{Kind: Mmap, Addr: simBase, Len: simPages * vmm.PageSize, Prot: 3, Flags: vmm.MapFixed | vmm.MapPopulate},
	{Kind: Mmap, Addr: secondMap, Len: 2 * vmm.PageSize, Prot: 3, Flags: vmm.MapFixed},
	{Kind: Fault, Addr: secondMap + vmm.PageSize, Access: vmm.AccessWrite},
	{Kind: Mmap, Addr: stackMap, Len: vmm.PageSize, Prot: 3, Flags: vmm.MapFixed | vmm.MapGrowsDown},
}

// checkPreempt stops each operation in front of each of its accesses in turn
// and lets another run as far as it gets. The two answers and what is mapped
// afterwards must be those of one order or the other. An ordinary run takes
// every fourth pair, which ones depends on the seed.
func checkPreempt(d vmm.Design, o Options) []Violation {
	for i, a := range preemptOps {
		for j, b := range preemptOps {
			if !o.Full && uint64(i+j)%4 != o.Seed%4 {
				continue
			}
			if vs := preemptPair(d, a, b); len(vs) > 0 {
				return vs
			}
		}
	}
	return nil
}

func preemptPair(d vmm.Design, a, b Op) []Violation {
	for k := 1; ; k++ {
		if vs, last := preempt(d, a, b, k); len(vs) > 0 || last {
			return vs
		}
	}
}

// preempt runs a until in front of its k-th access, then b, then both to their
// ends. last: a has fewer accesses than that.
func preempt(d vmm.Design, a, b Op, k int) (vs []Violation, last bool) {
	vs = newWorld(d, vmm.Config{}, func(w *world) {
		for _, op := range preemptScene {
			w.must(op.Do(w.v, w.ctl).Err)
		}
		var ra, rb Result
		ta := w.thread("A", func(t *vmm.Task) { ra = a.Do(w.v, t) })
		tb := w.thread("B", func(t *vmm.Task) { rb = b.Do(w.v, t) })
		n := 0
		last = w.runUntil(ta, func(access) bool { n++; return n == k }) == ended
		for range 4 {
			w.run(tb)
			w.run(ta)
		}
		where := fmt.Sprintf("%s, in front of its access %d, beside %s", a, k, b)
		if !ta.done || !tb.done {
			w.fail(Deadlock, "%s: A ended: %t, B ended: %t", where, ta.done, tb.done)
			return
		}
		got := outcome(a, ra, b, rb, Op{Kind: Maps}.Do(w.v, w.ctl))
		ab, ba := expected(a, b, false), expected(a, b, true)
		if got != ab && got != ba {
			w.fail(NoExclusion, "%s\n got%s\n want%s\n or%s", where, got, ab, ba)
		}
		if err := w.v.Check(w.ctl); err != nil {
			w.fail(Invariant, "%s: %v", where, err)
		}
	})
	return vs, last
}

// expected is the model's outcome of a and b, the second first if swapped.
func expected(a, b Op, swapped bool) string {
	m := NewModel()
	for _, op := range preemptScene {
		m.Do(op, nil)
	}
	var ra, rb Result
	if swapped {
		rb = m.Do(b, nil)
	}
	ra = m.Do(a, nil)
	if !swapped {
		rb = m.Do(b, nil)
	}
	return outcome(a, ra, b, rb, Result{Maps: m.Maps()})
}

func outcome(a Op, ra Result, b Op, rb Result, ms Result) string {
	return fmt.Sprintf(" A %s, B %s, mapped%s", ra.Text(a.Kind), rb.Text(b.Kind), ms.Text(Maps))
}

// checkWalkPreempt stops a walk of Maps in front of each of its accesses and
// lets a mapper change what lies around three mappings that stay: they must be
// in the list.
func checkWalkPreempt(d vmm.Design, _ Options) []Violation {
	const stay, gap = vmm.PageSize, 3 * vmm.PageSize
	around := simBase + 1<<24
	at := func(i int) vmm.Addr { return around + vmm.Addr(i*(stay+gap)) }
	changes := []Op{
		{Kind: Mmap, Addr: at(0) + stay, Len: gap, Prot: vmm.ProtRead, Flags: vmm.MapFixed}, // joins two
		{Kind: Mmap, Addr: at(1) + stay, Len: vmm.PageSize, Prot: vmm.ProtRead, Flags: vmm.MapFixed},
		{Kind: Munmap, Addr: simBase, Len: simPages << vmm.PageShift},
		{Kind: Mprotect, Addr: simBase + vmm.PageSize, Len: vmm.PageSize},
	}
	for _, change := range changes {
		for k, last := 1, false; !last; k++ {
			vs := newWorld(d, vmm.Config{}, func(w *world) {
				for i := range 3 {
					w.must(Op{Kind: Mmap, Addr: at(i), Len: stay, Prot: vmm.ProtRead, Flags: vmm.MapFixed}.Do(w.v, w.ctl).Err)
				}
				var ms []vmm.Mapping
				walk := w.thread("walk", func(t *vmm.Task) { ms, _ = w.v.Maps(t, nil) })
				mapper := w.thread("mapper", func(t *vmm.Task) { change.Do(w.v, t) })
				n := 0
				last = w.runUntil(walk, func(access) bool { n++; return n == k }) == ended
				for range 3 {
					w.run(mapper)
					w.run(walk)
				}
				for i := range 3 {
					if m, ok := covering(ms, at(i)); !ok || m.Prot != vmm.ProtRead {
						w.fail(WrongMaps, "a walk, in front of its access %d, beside %s skipped %s:%s", k, change, fmtAddr(at(i)), Result{Maps: ms}.Text(VMAs))
					}
				}
				if reason := wellFormedLive(ms); reason != "" {
					w.fail(WrongMaps, "%s", reason)
				}
			})
			if len(vs) > 0 {
				return vs
			}
		}
	}
	return nil
}
