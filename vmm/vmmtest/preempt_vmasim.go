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
// lets a mapper change what lies around three mappings that stay, or map over
// one; then it stops the mapper and lets the walk go on. They must be in the
// list.
func checkWalkPreempt(d vmm.Design, _ Options) []Violation {
	changes := []Op{
		{Kind: Mmap, Addr: stays(0) + vmm.PageSize, Len: staysApart - vmm.PageSize, Prot: vmm.ProtRead, Flags: vmm.MapFixed}, // joins two
		{Kind: Mmap, Addr: stays(1) + vmm.PageSize, Len: vmm.PageSize, Prot: vmm.ProtRead, Flags: vmm.MapFixed},
		{Kind: Mmap, Addr: stays(1), Len: vmm.PageSize, Prot: vmm.ProtRead, Flags: vmm.MapFixed}, // over it
		{Kind: Munmap, Addr: simBase, Len: simPages << vmm.PageShift},
		{Kind: Mprotect, Addr: simBase + vmm.PageSize, Len: vmm.PageSize},
	}
	// All on one page of text, and a page for each line: where mmap_lock is held, it
	// is let go of between any two.
	for _, c := range []vmm.Config{{}, {MapsBuffer: 1}} {
		for _, change := range changes {
			for _, stopMapper := range []bool{false, true} {
				for k, last := 1, false; !last; k++ {
					var vs []Violation
					if vs, last = walkPreempt(d, c, change, k, stopMapper); len(vs) > 0 {
						return vs
					}
				}
			}
		}
	}
	return nil
}

const staysApart = 4 * vmm.PageSize

// stays returns where the i-th mapping is, a page, that a walk must meet.
func stays(i int) vmm.Addr { return simBase + 1<<24 + vmm.Addr(i)*staysApart }

// walkPreempt runs one of the two until in front of its k-th access, then the
// other, then both to their ends. last: it has fewer accesses than that.
func walkPreempt(d vmm.Design, c vmm.Config, change Op, k int, stopMapper bool) (vs []Violation, last bool) {
	vs = newWorld(d, c, func(w *world) {
		for i := range 3 {
			w.must(Op{Kind: Mmap, Addr: stays(i), Len: vmm.PageSize, Prot: vmm.ProtRead, Flags: vmm.MapFixed}.Do(w.v, w.ctl).Err)
		}
		var ms []vmm.Mapping
		first, second := w.thread("walk", func(t *vmm.Task) { ms, _ = w.v.Maps(t, nil) }),
			w.thread("mapper", func(t *vmm.Task) { change.Do(w.v, t) })
		if stopMapper {
			first, second = second, first
		}
		n := 0
		last = w.runUntil(first, func(access) bool { n++; return n == k }) == ended
		for range 3 {
			w.run(second)
			w.run(first)
		}
		where := fmt.Sprintf("a walk beside %s, the %s stopped in front of its access %d,", change, first.name, k)
		for i := range 3 {
			if m, ok := covering(ms, stays(i)); !ok || m.Prot != vmm.ProtRead {
				w.fail(WrongMaps, "%s skipped %s:%s", where, fmtAddr(stays(i)), Result{Maps: ms}.Text(VMAs))
			}
		}
		if reason := wellFormedLive(ms); reason != "" {
			w.fail(WrongMaps, "%s: %s", where, reason)
		}
	})
	return vs, last
}
