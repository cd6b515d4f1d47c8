package vmmtest

import (
	"vmabench/vmm"
)

// checkForkBesideFaults: fork stops every fault of the parent for a moment and
// takes one picture of it. A mapper gives two mappings the same new file
// offset, first the one and then the other: the child must have found them
// equal or one apart, and never hears of later steps.
func checkForkBesideFaults(d vmm.Design, o Options) []Violation {
	const (
		first  = vmm.Addr(0x2000_0000)
		second = vmm.Addr(0x2000_8000)
		heap   = vmm.Addr(0x2001_0000) // what the faulters use
		rw     = vmm.ProtRead | vmm.ProtWrite
	)
	p := newPlayer(d, vmm.Config{})
	v := p.spaces[0]
	stamp := func(t *vmm.Task, a vmm.Addr, n int) error {
		_, err := v.Mmap(t, a, vmm.PageSize, rw, vmm.MapFixed, vmm.File{ID: 1, Off: uint64(n) << vmm.PageShift})
		return err
	}
	for _, err := range []error{stamp(p.task, first, 0), stamp(p.task, second, 0)} {
		if err != nil {
			return violation(WrongResult, "mmap: %v", err)
		}
	}
	if _, err := v.Mmap(p.task, heap, 16*vmm.PageSize, rw, vmm.MapFixed, vmm.File{}); err != nil {
		return violation(WrongResult, "mmap: %v", err)
	}
	c := newCrew(d, o)
	mapper, forker := c.add("mapper", 1)[0], c.add("forker", 1)[0]
	c.add("faulter", 2)
	return finish(c.run(func(w *worker) {
		switch w {
		case forker:
			for i := 0; i < o.scale(250) && w.live(); i++ {
				forkOnce(w, v, first, second, heap)
			}
		case mapper:
			for n := 1; !forker.done.Load() && w.live(); n++ {
				w.want("mmap", stamp(w.task, first, n), nil)
				w.want("mmap", stamp(w.task, second, n), nil)
			}
		default:
			for !forker.done.Load() && w.live() {
				a := heap + vmm.Addr(w.IntN(16))<<vmm.PageShift
				w.want("fault beside fork", v.Fault(w.task, a, vmm.Access(w.IntN(2))), nil)
				if w.IntN(4) == 0 {
					yield()
				}
			}
		}
	}), p)
}

// forkOnce forks, looks at the child's picture, lives in it and ends it.
func forkOnce(w *worker, v vmm.VMM, first, second, heap vmm.Addr) {
	child, err := v.Fork(w.task)
	if !w.want("fork", err, nil) {
		return
	}
	stamps := func() (a, b uint64) {
		ms, err := child.Maps(w.task, nil)
		w.want("the child's maps", err, nil)
		x, okx := covering(ms, first)
		y, oky := covering(ms, second)
		if !okx || !oky {
			w.fail(WrongMaps, "the child lacks a mapping:%s", Result{Maps: ms}.Text(VMAs))
		}
		return x.File.Off >> vmm.PageShift, y.File.Off >> vmm.PageShift
	}
	a, b := stamps()
	if a != b && a != b+1 {
		w.fail(NoExclusion, "fork saw the second mapping at step %d and the first, which goes ahead, at step %d", b, a)
	}
	for i := range vmm.Addr(16) {
		w.want("a fault in the child", child.Fault(w.task, heap+i<<vmm.PageShift, vmm.AccessWrite), nil)
	}
	w.want("munmap in the child", child.Munmap(w.task, heap, 8*vmm.PageSize), nil)
	w.want("a fault in the child", child.Fault(w.task, heap, vmm.AccessRead), vmm.SEGV_MAPERR)
	if a2, b2 := stamps(); a2 != a || b2 != b {
		w.fail(NoExclusion, "the child's mappings changed with the parent's: %d, %d, then %d, %d", a, b, a2, b2)
	}
	if err := child.Check(w.task); err != nil {
		w.fail(Invariant, "the child: %v", err)
	}
	child.Exit(w.task)
}
