package pgtable

import (
	"vmabench/internal/atomic"
	"vmabench/vmm"
)

// Install makes a's page present for an access and reports whether a page had
// to be provided: none was there, or a write had to copy a shared one. It is
// the body of a fault: the page-table lock is taken whether the page is
// present or not. It allocates only where a new PTE page is needed.
func (pt *Table) Install(t *atomic.Task, a vmm.Addr, write bool) (first bool) {
	pg := pt.find(a) // ensure, with a call less
	if pg == nil {
		pg = pt.ensureSlow(t, a)
	}
	pg.lock.Lock(t)
	slot := pg.slot(a)
	old := PTE(slot.Load())
	e, first := old, false
	switch {
	case old&present == 0, write && old&cow != 0:
		e, first = pg.touch(), true
	}
	e |= accessed
	if write {
		e |= writable | dirty
	}
	if e != old {
		slot.Store(uint64(e))
	}
	pg.lock.Unlock()
	return first
}

// Zap empties the entries of r and returns how many were present. The tables stay.
func (pt *Table) Zap(t *atomic.Task, r vmm.Range) (pages int) {
	pt.eachPage(r, func(pg *page, r vmm.Range) {
		pg.lock.Lock(t)
		for a := r.Start; a < r.End; a += vmm.PageSize {
			if s := pg.slot(a); s.Load() != 0 {
				s.Store(0)
				pages++
			}
		}
		pg.lock.Unlock()
	})
	return pages
}

// Protect makes present pages of r need a fault before the next write, unless
// prot allows writes: then that fault finds out, as in the kernel.
func (pt *Table) Protect(t *atomic.Task, r vmm.Range, prot vmm.Prot) {
	if prot&vmm.ProtWrite != 0 {
		return
	}
	pt.eachPage(r, func(pg *page, r vmm.Range) {
		pg.lock.Lock(t)
		for a := r.Start; a < r.End; a += vmm.PageSize {
			if s := pg.slot(a); PTE(s.Load())&writable != 0 {
				s.And(^uint64(writable))
			}
		}
		pg.lock.Unlock()
	})
}

// CopyRange gives dst, a forked address space, the entries of r, which is private:
// pages become copy-on-write in both.
func (pt *Table) CopyRange(t *atomic.Task, dst *Table, r vmm.Range) {
	pt.eachPage(r, func(from *page, r vmm.Range) {
		to := dst.ensure(t, r.Start)
		to.lock.Lock(t) // the child's first: nobody else can hold it
		from.lock.Lock(t)
		for a := r.Start; a < r.End; a += vmm.PageSize {
			s := from.slot(a)
			e := PTE(s.Load())
			if e == 0 {
				continue
			}
			if e&(cow|writable) != cow {
				e = e&^writable | cow
				s.Store(uint64(e))
			}
			to.slot(a).Store(uint64(e &^ accessed))
		}
		from.lock.Unlock()
		to.lock.Unlock()
	})
}

// MoveRange moves the entries of r to the range of the same length at to,
// which does not overlap it and is empty.
func (pt *Table) MoveRange(t *atomic.Task, r vmm.Range, to vmm.Addr) {
	pt.eachPage(r, func(pg *page, part vmm.Range) {
		for a := part.Start; a < part.End; {
			b := to + (a - r.Start)
			n := min(part.End-a, pmdSize-b&(pmdSize-1))
			dst := pt.ensure(t, b)
			lockPair(t, pg, dst)
			for i := vmm.Addr(0); i < n; i += vmm.PageSize {
				if s := pg.slot(a + i); s.Load() != 0 {
					dst.slot(b + i).Store(s.Load())
					s.Store(0)
				}
			}
			unlockPair(pg, dst)
			a += n
		}
	})
}

// MovePage moves the page at src to dst: vmm.EEXIST if one is at dst,
// vmm.EAGAIN if none is at src.
func (pt *Table) MovePage(t *atomic.Task, dst, src vmm.Addr) error {
	to := pt.ensure(t, dst)
	from := pt.find(src)
	if from == nil {
		if PTE(to.slot(dst).Load()).Present() {
			return vmm.EEXIST
		}
		return vmm.EAGAIN
	}
	lockPair(t, from, to)
	defer unlockPair(from, to)
	e := from.slot(src).Load()
	switch {
	case to.slot(dst).Load() != 0:
		return vmm.EEXIST
	case e == 0:
		return vmm.EAGAIN
	}
	from.slot(src).Store(0)
	to.slot(dst).Store(e)
	return nil
}
