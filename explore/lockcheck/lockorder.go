//go:build vmasim

package lockcheck

import (
	"vmabench/explore"
	"vmabench/internal/atomic"
	"vmabench/vmm"
)

// mapper is a writer that changes the VMAs at the addresses, in that order.
func (w *world) mapper(order ...vmm.Addr) {
	w.writer(func(t *vmm.Task) {
		w.session(t, func() {
			for _, a := range order {
				w.change(t, w.at(a))
			}
		})
	})
}

// orderScenarios are about what may be waited for while a VMA is held.
func orderScenarios(d vmm.Design) []Scenario {
	return []Scenario{
		{Name: "order-forbidden", Design: d.Name, Checks: "I10", Breaks: "I10",
			Doc: "waiting for mmap_lock with a VMA read-locked: the writer waits for that VMA",
			Body: func(s *explore.S) {
				w := newWorld(s, d, vmm.Config{}, addrA)
				w.mapper(addrA)
				w.Go("reader", func(t *vmm.Task) {
					if v := w.locks.Lookup(t, w.mm, addrA); v != nil {
						w.space.ReadLock(t)
						w.space.ReadUnlock(t)
						w.locks.EndRead(t, v)
					}
				})
			}},
		{Name: "order-trylock", Design: d.Name, Checks: "I10",
			Doc: "trying mmap_lock with a VMA read-locked is legal",
			Body: func(s *explore.S) {
				w := newWorld(s, d, vmm.Config{}, addrA)
				w.mapper(addrA)
				w.Go("reader", func(t *vmm.Task) {
					if v := w.locks.Lookup(t, w.mm, addrA); v != nil {
						if w.space.ReadTrylock(t) {
							w.space.ReadUnlock(t)
						}
						w.locks.EndRead(t, v)
					}
				})
				w.idle()
			}},
		{Name: "order-mmap-first", Design: d.Name, Checks: "I10",
			Doc: "locking a VMA with mmap_lock held for read is legal",
			Body: func(s *explore.S) {
				w := newWorld(s, d, vmm.Config{}, addrA)
				w.mapper(addrA)
				w.Go("reader", func(t *vmm.Task) {
					w.space.ReadLock(t)
					w.read(t, addrA)
					w.space.ReadUnlock(t)
				})
				w.idle()
			}},
		checkFirst(d, false), checkFirst(d, true),
	}
}

// uffdScenarios lock two VMAs, as userfaultfd's move does.
func uffdScenarios(d vmm.Design) []Scenario {
	return []Scenario{
		{Name: "uffd-move", Design: d.Name, Checks: "I1 I10",
			Doc: "userfaultfd's move locks two VMAs while a writer locks them the other way round",
			Body: func(s *explore.S) {
				w := newWorld(s, d, vmm.Config{}, addrA, addrB)
				w.mapper(addrB, addrA)
				w.Go("mover", func(t *vmm.Task) { _ = w.vmm.UffdMove(t, addrA, addrB) })
				w.idle()
			}},
		{Name: "uffd-hold", Design: d.Name, Checks: "I10", Breaks: "I10",
			Doc: "the same, but keeping the first VMA while waiting for mmap_lock",
			Body: func(s *explore.S) {
				w := newWorld(s, d, vmm.Config{}, addrA, addrB)
				w.mapper(addrB, addrA)
				w.Go("mover", func(t *vmm.Task) {
					dst := w.locks.Lookup(t, w.mm, addrA)
					if dst == nil {
						return
					}
					if src := w.locks.Lookup(t, w.mm, addrB); src != nil {
						w.locks.EndRead(t, src)
					} else {
						w.space.ReadLock(t)
						w.space.ReadUnlock(t)
					}
					w.locks.EndRead(t, dst)
				})
			}},
	}
}

// checkFirst is the shape of two kernel bugs (collapse against page-table
// reclaim, un-sharing before a split): a check under mmap write alone says
// nothing about what VMA readers change.
func checkFirst(d vmm.Design, lockFirst bool) Scenario {
	sc := Scenario{Name: "check-then-lock", Design: d.Name, Checks: "I1", Breaks: "I1",
		Doc: "a writer checks what readers change before it locks the VMA: the check is stale"}
	if lockFirst {
		sc.Name, sc.Breaks = "lock-then-check", ""
		sc.Doc = "a writer locks the VMA before it checks what readers change"
	}
	sc.Body = func(s *explore.S) {
		w := newWorld(s, d, vmm.Config{}, addrA)
		pmd := new(atomic.Uint32)
		pmd.Store(1)
		w.writer(func(t *vmm.Task) {
			w.session(t, func() {
				v := w.at(addrA)
				if lockFirst {
					w.locks.StartWrite(t, v)
				}
				there := pmd.Load() == 1
				w.locks.StartWrite(t, v)
				atomic.Assert(!there || pmd.Load() == 1, "I1: what was checked has changed since")
			})
		})
		w.Go("reader", func(t *vmm.Task) {
			if v := w.locks.Lookup(t, w.mm, addrA); v != nil {
				pmd.Store(0)
				w.locks.EndRead(t, v)
			}
		})
	}
	return sc
}
