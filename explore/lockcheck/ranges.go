//go:build vmasim

package lockcheck

import (
	"fmt"

	"vmabench/explore"
	"vmabench/internal/addrspace"
	"vmabench/internal/atomic"
	"vmabench/vmm"
)

// rangeScenarios are those of a design with a range lock: the lock alone, then
// the operations that rely on it.
func rangeScenarios(d vmm.Design) []Scenario {
	if !hasRanges(d) {
		return nil
	}
	l := &list{design: d.Name}
	rangeLockScenarios(d, l)
	rangeKillScenarios(d, l)
	rangeOpScenarios(d, l)
	rangeGrowthScenarios(d, l)
	rangeAllScenarios(d, l)
	return l.all
}

// strip is a world whose range lock is used for cells, one an address.
type strip struct {
	*world
	k     addrspace.RangeLocker
	cells [4]atomic.Cell[int]
}

func newStrip(s *explore.S, d vmm.Design) *strip {
	w := newWorld(s, d, vmm.Config{})
	return &strip{world: w, k: w.locks.(addrspace.RangeLocker)}
}

// use locks the addresses from a to b and reads or writes their cells: whoever is
// inside beside it races.
func (p *strip) use(t *vmm.Task, a, b int, write bool) {
	_ = p.k.LockRange(t, vmm.Range{Start: vmm.Addr(a), End: vmm.Addr(b)}, write, false)
	p.touch(a, b, write)
	p.k.UnlockRange(t)
}

func (p *strip) touch(a, b int, write bool) {
	for i := a; i < b; i++ {
		if n := p.cells[i].Get(); write {
			p.cells[i].Set(n + 1)
		}
	}
}

func (p *strip) reader(a, b int) { p.Go("reader", func(t *vmm.Task) { p.use(t, a, b, false) }) }
func (p *strip) writer(a, b int) { p.Go("writer", func(t *vmm.Task) { p.use(t, a, b, true) }) }

// rangeLockScenarios drive the lock alone.
func rangeLockScenarios(d vmm.Design, l *list) {
	l.add("range-2r1w", "I1 I2 I6", "two readers of one range and a writer of a part of it", func(s *explore.S) {
		p := newStrip(s, d)
		p.reader(0, 3)
		p.reader(0, 3)
		p.writer(1, 2)
		p.idle()
	})
	l.add("range-chain", "I1 I2 I6", "three writers, of whom the middle one overlaps both others", func(s *explore.S) {
		p := newStrip(s, d)
		p.writer(0, 2)
		p.writer(1, 3)
		p.writer(2, 4)
		p.idle()
	})
	l.add("range-all", "I1 I2 I6", "a writer of everything lets in two that wait for it alone", func(s *explore.S) {
		p := newStrip(s, d)
		p.writer(0, 4)
		p.writer(0, 1)
		p.reader(2, 3)
		p.idle()
	})
	l.add("range-chain-again", "I1 I2 I6", "two are let in at once, and the first is back in another's chain before the second is told", func(s *explore.S) {
		p := newStrip(s, d)
		p.writer(0, 4)
		p.writer(0, 1)
		p.Go("writer", func(t *vmm.Task) {
			p.use(t, 2, 3, true)
			p.use(t, 2, 3, true)
		})
		p.writer(2, 3)
		p.idle()
	}).Long = true
	l.add("range-again", "I1 I2 I6", "a writer comes back at once beside another", func(s *explore.S) {
		p := newStrip(s, d)
		p.Go("writer", func(t *vmm.Task) {
			p.use(t, 0, 2, true)
			p.use(t, 1, 3, true)
		})
		p.writer(0, 3)
		p.idle()
	})
	l.add("range-weak", "I1 I2 I6", "range-2r1w, loads as late as release and acquire allow", func(s *explore.S) {
		p := newStrip(s, d)
		p.reader(0, 2)
		p.writer(1, 2)
		p.writer(0, 1)
		p.idle()
	}).Options.Weak = true
	l.add("range-spin", "I1 I2 I6", "two writers and a reader, who wait awake before they sleep", func(s *explore.S) {
		p := newStrip(s, d)
		p.writer(0, 2)
		p.writer(1, 3)
		p.reader(0, 3)
		p.idle()
	}).Options = spin
	l.add("range-order", "I10", "waiting for a range with mmap_lock held: its holder waits for mmap_lock", func(s *explore.S) {
		p := newStrip(s, d)
		p.Go("holder", func(t *vmm.Task) {
			_ = p.k.LockRange(t, vmm.Range{End: 1}, true, false)
			p.session(t, func() {})
			p.k.UnlockRange(t)
		})
		p.Go("wrong", func(t *vmm.Task) {
			p.session(t, func() { p.use(t, 0, 1, false) })
		})
	}).Breaks = "I10"
}

// rangeKillScenarios end a killable wait by a signal.
func rangeKillScenarios(d vmm.Design, l *list) {
	// killable is a writer of 0 to 2 that may be killed.
	killable := func(p *strip) *vmm.Task {
		return p.Go("killed", func(t *vmm.Task) {
			if p.k.LockRange(t, vmm.Range{End: 2}, true, true) == nil {
				p.touch(0, 2, true)
				p.k.UnlockRange(t)
			}
			p.use(t, 1, 3, true) // as if nothing had been
		})
	}
	l.add("range-kill", "I1 I2 I6 I7", "a signal ends a wait for a range", func(s *explore.S) {
		p := newStrip(s, d)
		killed := killable(p)
		s.Go("signal", func(*vmm.Task) { killed.Kill() })
		p.writer(1, 2)
		p.writer(2, 3)
		p.idle()
	})
	l.add("range-kill-last", "I1 I2 I6 I7", "a signal ends a wait for a range: who waits before it waits on", func(s *explore.S) {
		p := newStrip(s, d)
		killed := killable(p)
		s.Go("signal", func(*vmm.Task) { killed.Kill() })
		p.writer(0, 1)
		p.writer(0, 2)
		p.idle()
	})
	l.add("range-kill-behind", "I1 I2 I6 I7", "a signal ends a wait for a range: who waits behind it for nobody else goes on", func(s *explore.S) {
		p := newStrip(s, d)
		over := new(atomic.Uint32)
		killed := p.Go("killed", func(t *vmm.Task) {
			if p.k.LockRange(t, vmm.Range{End: 2}, true, true) == nil {
				p.k.UnlockRange(t)
			}
		})
		s.Go("signal", func(*vmm.Task) { killed.Kill() })
		p.Go("holder", func(t *vmm.Task) { // stays until the last is through
			_ = p.k.LockRange(t, vmm.Range{End: 1}, true, false)
			atomic.Until(&t.Task, func() bool { return over.Load() == 1 })
			p.k.UnlockRange(t)
		})
		p.Go("behind", func(t *vmm.Task) { p.use(t, 1, 2, true); over.Store(1) })
		p.idle()
	})
}

// mapped adds a shared mapping of one page with a protection, which becomes one
// with the pages beside it that have the same.
func (w *world) mapped(t *vmm.Task, a vmm.Addr, prot vmm.Prot) {
	_, err := w.vmm.Mmap(t, a, vmm.PageSize, prot, vmm.MapFixed|vmm.MapShared, vmm.File{ID: 1, Off: uint64(a)})
	w.must(err)
}

// look is a read fault at a, which is mapped and readable.
func (w *world) look(t *vmm.Task, a vmm.Addr) { w.must(w.vmm.Fault(t, a, vmm.AccessRead)) }

// finish checks the address space at the end.
func (w *world) finish() {
	w.idle()
	w.Check(func() error { return w.vmm.Check(w.Task()) })
}

// rangeOpScenarios are operations whose ranges meet, or do not.
func rangeOpScenarios(d vmm.Design, l *list) {
	const page, rw = vmm.PageSize, vmm.ProtRead | vmm.ProtWrite
	protect := func(w *world, a vmm.Addr, p vmm.Prot) {
		w.Go("mprotect", func(t *vmm.Task) { w.must(w.vmm.Mprotect(t, a, page, p)) })
	}
	l.add("range-apart", "I1 I2 I4 I6", "mprotect of two VMAs apart: they meet in the index alone", func(s *explore.S) {
		w := newWorld(s, d, vmm.Config{}, addrA, addrB)
		protect(w, addrA, vmm.ProtRead)
		protect(w, addrB, vmm.ProtRead)
		w.finish()
	})
	l.add("range-half", "I1 I2 I4 I6", "a fault in one half of a VMA, mprotect of the other", func(s *explore.S) {
		w := newWorld(s, d, vmm.Config{}, addrA, addrA+page)
		w.Go("fault", w.fault(addrA, nil))
		protect(w, addrA+page, vmm.ProtRead)
		w.finish()
	})
	l.add("range-beside", "I1 I2 I4 I6", "a fault beside mprotect of a VMA apart", func(s *explore.S) {
		w := newWorld(s, d, vmm.Config{}, addrA, addrB)
		w.Go("fault", w.fault(addrA, nil))
		protect(w, addrB, vmm.ProtRead)
		w.finish()
	})
	l.add("anon-neighbour", "I1 I2 I4 I6 I10", "a first write fault, which looks at its neighbour, beside mprotect of that one's far end", func(s *explore.S) {
		w := newWorld(s, d, vmm.Config{})
		t := s.Task()
		w.mapPrivate(t, addrA)
		for _, a := range []vmm.Addr{addrA + page, addrA + 2*page} {
			_, err := w.vmm.Mmap(t, a, page, vmm.ProtRead, vmm.MapFixed, vmm.File{})
			w.must(err)
		}
		w.Go("fault", w.fault(addrA, nil))
		protect(w, addrA+2*page, rw)
		w.finish()
	})
	l.add("free-mprotect", "I1 I2 I4 I6", "madvise Free, which looks at the VMA, beside mprotect", func(s *explore.S) {
		w := newWorld(s, d, vmm.Config{})
		w.mapPrivate(s.Task(), addrA)
		w.Go("madvise", func(t *vmm.Task) { w.must(w.vmm.Madvise(t, addrA, page, vmm.Free)) })
		protect(w, addrA, vmm.ProtRead)
		w.finish()
	})
	l.add("move-munmap", "I1 I2 I6", "userfaultfd's move of a page to where munmap has dropped the pages and not yet the VMA", func(s *explore.S) {
		w := newWorld(s, d, vmm.Config{})
		w.mapPrivate(s.Task(), addrA)
		w.mapPrivate(s.Task(), addrB)
		w.must(w.vmm.Fault(s.Task(), addrB, vmm.AccessWrite))
		w.Go("move", func(t *vmm.Task) {
			if err := w.vmm.UffdMove(t, addrA, addrB); err != vmm.EFAULT {
				w.must(err)
			}
		})
		w.Go("munmap", func(t *vmm.Task) { w.must(w.vmm.Munmap(t, addrA, page)) })
		w.finish()
	})
	l.add("tables-apart", "I1 I2 I3 I6", "two unmappings apart, of which the last frees the page table of both", func(s *explore.S) {
		w := newWorld(s, d, vmm.Config{}, addrA, addrB)
		for _, a := range []vmm.Addr{addrA, addrB} {
			w.look(s.Task(), a)
			w.Go("munmap", func(t *vmm.Task) { w.must(w.vmm.Munmap(t, a, page)) })
		}
		w.finish()
	})
}

// touchTries is how often rangelock looks for what a change touches.
const touchTries = 3

// rangeGrowthScenarios let what a change touches grow between the look and the
// lock.
func rangeGrowthScenarios(d vmm.Design, l *list) {
	const page, r, rw = vmm.PageSize, vmm.ProtRead, vmm.ProtRead | vmm.ProtWrite
	l.add("range-grows", "I1 I2 I3 I4 I6", "a neighbour becomes longer before it is locked, joins, and goes: a fault may be in what it got", func(s *explore.S) {
		w := newWorld(s, d, vmm.Config{})
		for i, p := range []vmm.Prot{r, rw, r, rw} {
			w.mapped(s.Task(), addrA+vmm.Addr(i)*page, p)
		}
		w.Go("joiner", func(t *vmm.Task) { w.must(w.vmm.Mprotect(t, addrA+page, page, r)) })
		w.Go("other", func(t *vmm.Task) {
			w.must(w.vmm.Mprotect(t, addrA+3*page, page, r))
			w.look(t, addrA+3*page)
		})
		w.finish()
	})
	l.add("range-grows-on", "I1 I2 I3 I4 I6", "a neighbour becomes longer each time before it is locked: in the end everything is", func(s *explore.S) {
		w := newWorld(s, d, vmm.Config{})
		for i, p := range []vmm.Prot{rw, r, rw, rw, rw, rw} {
			w.mapped(s.Task(), addrA+vmm.Addr(i)*page, p)
		}
		w.Go("joiner", func(t *vmm.Task) { w.must(w.vmm.Mprotect(t, addrA, page, r)) })
		w.Go("other", func(t *vmm.Task) {
			for i := range vmm.Addr(touchTries + 1) {
				w.must(w.vmm.Mprotect(t, addrA+(2+i)*page, page, r))
			}
		})
		w.finish()
	}).Long = true
	for _, c := range []struct {
		name, doc   string
		here, there vmm.Addr
	}{
		{"range-right", "two mappings come to lie side by side, and the one below joins what was below it", addrA + page, addrA + 2*page},
		{"range-left", "two mappings come to lie side by side", addrA + 5*page, addrA + 4*page},
	} {
		l.add(c.name, "I1 I2 I3 I4 I6", c.doc, func(s *explore.S) {
			w := newWorld(s, d, vmm.Config{})
			w.mapped(s.Task(), addrA, r)
			w.Go("mmap", func(t *vmm.Task) { w.mapped(t, c.here, r) })
			w.Go("other", func(t *vmm.Task) {
				w.mapped(t, c.there, r)
				w.look(t, c.there)
			})
			w.finish()
		})
	}
}

// rangeAllScenarios are of operations that take everything, each beside a fault
// where a lesser range would not reach.
func rangeAllScenarios(d vmm.Design, l *list) {
	const page, rw = vmm.PageSize, vmm.ProtRead | vmm.ProtWrite
	l.add("stack-fault", "I1 I2 I4 I6", "a stack grows down beside a fault in it", func(s *explore.S) {
		w := newWorld(s, d, vmm.Config{})
		_, err := w.vmm.Mmap(s.Task(), addrB, page, rw, vmm.MapFixed|vmm.MapGrowsDown, vmm.File{})
		w.must(err)
		w.Go("below", w.fault(addrB-page))
		w.Go("fault", w.fault(addrB))
		w.finish()
	})
	l.add("mremap-fault", "I1 I2 I4 I6", "mremap moves a page onto a mapping, beside a fault in that: the page arrives", func(s *explore.S) {
		w := newWorld(s, d, vmm.Config{})
		w.mapPrivate(s.Task(), addrA)
		w.mapPrivate(s.Task(), addrB)
		w.must(w.vmm.Fault(s.Task(), addrA, vmm.AccessWrite))
		old := w.mm.Table.Lookup(addrA)
		w.Go("mremap", func(t *vmm.Task) {
			_, err := w.vmm.Mremap(t, addrA, page, page, vmm.RemapMayMove|vmm.RemapFixed, addrB)
			w.must(err)
		})
		w.Go("fault", w.fault(addrB, vmm.SEGV_MAPERR))
		w.finish()
		w.Check(func() error {
			if at := w.mm.Table.Lookup(addrB); at != old {
				return fmt.Errorf("I1: at the new place is %v, not the page of the old, %v", at, old)
			}
			return nil
		})
	})
	l.add("hint-fault", "I1 I2 I4 I6", "an mmap whose hint is taken joins a VMA elsewhere, beside a fault in that", func(s *explore.S) {
		w := newWorld(s, d, vmm.Config{})
		w.mapPrivate(s.Task(), addrA)
		at, err := w.vmm.Mmap(s.Task(), 0, page, rw, 0, vmm.File{})
		w.must(err)
		w.Go("mmap", func(t *vmm.Task) {
			_, err := w.vmm.Mmap(t, addrA, page, rw, 0, vmm.File{})
			w.must(err)
		})
		w.Go("fault", w.fault(at))
		w.finish()
	})
	l.add("brk-fault", "I1 I2 I4 I6", "the heap grows beside a fault in it", func(s *explore.S) {
		w := newWorld(s, d, vmm.Config{})
		start, err := w.vmm.Brk(s.Task(), 0)
		w.must(err)
		_, err = w.vmm.Brk(s.Task(), start+page)
		w.must(err)
		w.Go("brk", func(t *vmm.Task) {
			_, err := w.vmm.Brk(t, start+4*page)
			w.must(err)
		})
		w.Go("fault", w.fault(start))
		w.finish()
	})
}
