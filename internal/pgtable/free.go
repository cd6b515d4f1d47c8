package pgtable

import (
	"fmt"

	"vmabench/internal/atomic"
	"vmabench/vmm"
)

// FreeTables gives back the tables that map a part of r and nothing outside
// [floor, ceiling): the kernel's free_pgtables. floor is the end of the VMA
// below r, or 0; ceiling the start of the one above, or vmm.TaskSize. r is all
// that was unmapped between them: one call for all its VMAs.
//
// The range was zapped, and nobody can find a VMA there. Faults beside it may
// run: they walk through tables that stay and add others, but use none that
// this call may free. So, as in the kernel, it takes no page-table lock.
func (pt *Table) FreeTables(t *atomic.Task, r vmm.Range, floor, ceiling vmm.Addr) {
	if ceiling >= vmm.TaskSize {
		ceiling = next(vmm.TaskSize, pgdShift)
	}
	owned := func(a vmm.Addr, shift uint) bool {
		return a>>shift<<shift >= floor && next(a, shift) <= ceiling
	}
	for a := r.Start; a < r.End; a = next(a, pgdShift) {
		e := &pt.top[index(a, pgdShift)]
		u := e.Load()
		if u == nil {
			continue
		}
		for b := a; b < min(r.End, next(a, pgdShift)); b = next(b, pudShift) {
			e := &u[index(b, pudShift)]
			m := e.Load()
			if m == nil {
				continue
			}
			for c := b; c < min(r.End, next(b, pudShift)); c = next(c, pmdShift) {
				e := &m[index(c, pmdShift)]
				if pg := e.Load(); pg != nil && owned(c, pmdShift) {
					e.Store(nil)
					pt.pool.put(t, pg)
				}
			}
			if owned(b, pudShift) {
				e.Store(nil)
				pt.pool.pmds.put(t, pt.pool, m)
			}
		}
		if owned(a, pgdShift) {
			e.Store(nil)
			pt.pool.puds.put(t, pt.pool, u)
		}
	}
}

// Release frees everything. Nobody else uses the table, now or later.
func (pt *Table) Release(t *atomic.Task) {
	all := vmm.Range{End: vmm.TaskSize}
	pt.Zap(t, all)
	pt.FreeTables(t, all, 0, vmm.TaskSize)
	pt.top = nil
}

// Present returns how many pages of r are present. Quiescent callers.
func (pt *Table) Present(r vmm.Range) (n int) {
	pt.eachPage(r, func(pg *page, r vmm.Range) {
		for a := r.Start; a < r.End; a += vmm.PageSize {
			if PTE(pg.slot(a).Load()).Present() {
				n++
			}
		}
	})
	return n
}

// Tables returns how many page-table pages there are, of TableBytes each.
// Quiescent callers.
func (pt *Table) Tables() int {
	n := 1
	for i := range pt.top {
		u := pt.top[i].Load()
		if u == nil {
			continue
		}
		n++
		for j := range u {
			m := u[j].Load()
			if m == nil {
				continue
			}
			n++
			for k := range m {
				if m[k].Load() != nil {
					n++
				}
			}
		}
	}
	return n
}

// Check verifies the invariants and describes the first that is broken.
// Quiescent callers.
func (pt *Table) Check() (err error) {
	if pt.mu.Locked() {
		return fmt.Errorf("pgtable: page_table_lock is held")
	}
	pt.eachPage(vmm.Range{End: vmm.TaskSize}, func(pg *page, r vmm.Range) {
		if err == nil {
			err = pg.check(r)
		}
	})
	return err
}

func (pg *page) check(r vmm.Range) error {
	if pg.lock.Locked() {
		return fmt.Errorf("pgtable: the lock of %v's table is held", r)
	}
	for a := r.Start; a < r.End; a += vmm.PageSize {
		e := PTE(pg.slot(a).Load())
		switch {
		case e == 0:
		case e&present == 0:
			return fmt.Errorf("pgtable: entry of %#x is neither empty nor present: %#x", uint64(a), uint64(e))
		case e&writable != 0 && e&cow != 0:
			return fmt.Errorf("pgtable: entry of %#x is writable and copy-on-write: %v", uint64(a), e)
		}
	}
	return nil
}
