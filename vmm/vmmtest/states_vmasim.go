//go:build vmasim

package vmmtest

import (
	"vmabench/internal/addrspace"
	"vmabench/vmm"
)

// mode is a way to hold mmap_lock.
type mode byte

const (
	modeR = mode('R') // read
	modeD = mode('D') // a write lock that was downgraded
	modeW = mode('W') // write
)

// hold is a thread that takes mmap_lock in a mode, stops, and puts it.
func (w *world) hold(m mode) *simThread {
	s := w.space()
	return w.thread(string(m), func(t *vmm.Task) {
		switch m {
		case modeR:
			s.ReadLock(t)
		default:
			s.WriteLock(t)
			if m == modeD {
				s.Downgrade(t)
			}
		}
		w.pause()
		if m == modeW {
			s.WriteUnlock(t)
		} else {
			s.ReadUnlock(t)
		}
	})
}

// excludes is the matrix of Jann Horn's mail of November 2024: R and D get on,
// D excludes D, W excludes all.
var excludes = map[[2]mode]bool{
	{modeR, modeR}: false, {modeR, modeD}: false, {modeR, modeW}: true,
	{modeD, modeD}: true, {modeD, modeW}: true, {modeW, modeW}: true,
}

// checkExclusionMatrix: two threads hold mmap_lock together if the matrix lets
// them, in whichever order it can be had.
func checkExclusionMatrix(d vmm.Design, _ Options) (vs []Violation) {
	for pair, excluded := range excludes {
		together := false
		for _, order := range [][2]mode{pair, {pair[1], pair[0]}} {
			vs = append(vs, newWorld(d, vmm.Config{}, func(w *world) {
				first, second := w.hold(order[0]), w.hold(order[1])
				w.expect(first, stopped, "an uncontended lock")
				if w.run(second) == stopped {
					together = true
				}
				w.expect(first, ended, "the first holder's unlock")
				if !second.done && w.run(second) == blocked {
					w.fail(LostWakeup, "%c after %c was let go still waits", order[1], order[0])
				}
				w.run(second)
			})...)
		}
		if together == excluded {
			vs = append(vs, violation(NoExclusion, "mmap_lock %c and %c at once: %t, want %t", pair[0], pair[1], together, !excluded)...)
		}
	}
	return vs
}

// lockRow is a row of the table of lock states in the kernel's
// process_addrs.rst: what holding mmap_lock and a VMA's lock permits.
type lockRow struct {
	mmap, vma mode // 0 is not held
	stable    bool // and so safe to read
	write     bool // most fields; all needs the reverse map's locks too
}

var lockRows = []lockRow{
	{0, 0, false, false},
	{modeR, 0, true, false},
	{0, modeR, true, false},
	{modeR, modeR, true, false},
	{modeW, 0, true, false},
	{modeW, modeW, true, true},
}

// checkLockStates: under each row, a mapper must not get to change the VMA if
// it is stable, and no fault may be inside it if it may be written. A range that
// covers it does what a VMA lock does. Without either mmap_lock write alone
// permits writing.
func checkLockStates(d vmm.Design, _ Options) (vs []Violation) {
	vmaLocks := hasVMALocks(d) || hasRanges(d)
	for _, row := range lockRows {
		if !vmaLocks {
			if row.vma != 0 {
				continue
			}
			row.write = row.mmap == modeW
		}
		vs = append(vs, newWorld(d, vmm.Config{}, func(w *world) { w.tryRow(row) })...)
	}
	return vs
}

func (w *world) tryRow(row lockRow) {
	holder := w.holdRow(row)
	w.expect(holder, stopped, "the holder")
	var err error
	fault := w.faulter("fault", w.v, simBase, vmm.AccessRead, &err)
	if inside := w.run(fault) == ended; inside == row.write {
		w.fail(NoExclusion, "mmap %c, VMA %c: a fault gets in: %t, want %t", letter(row.mmap), letter(row.vma), inside, !row.write)
	}
	v := w.vma()
	before := v.Flags.Get()
	mapper := w.thread("mapper", func(t *vmm.Task) { err = w.v.Mprotect(t, simBase, simPages<<vmm.PageShift, vmm.ProtRead) })
	if got := w.run(mapper) == ended || v.Flags.Get() != before; got == row.stable {
		w.fail(NoExclusion, "mmap %c, VMA %c: a mapper changes the VMA: %t, want %t", letter(row.mmap), letter(row.vma), got, !row.stable)
	}
	for _, th := range []*simThread{holder, mapper, fault, mapper} {
		w.run(th)
	}
	if !holder.done || !mapper.done || !fault.done {
		w.fail(Deadlock, "mmap %c, VMA %c: somebody still waits after all was let go", letter(row.mmap), letter(row.vma))
	}
}

func letter(m mode) mode {
	if m == 0 {
		return '-'
	}
	return m
}

// holdRow is a thread that takes a row's locks, stops, and puts them.
func (w *world) holdRow(row lockRow) *simThread {
	s, v := w.space(), w.vma()
	if k := w.ranges(); k != nil && row.vma != 0 {
		return w.thread("holder", func(t *vmm.Task) { w.holdRange(t, k, row) })
	}
	return w.thread("holder", func(t *vmm.Task) {
		switch row.mmap {
		case modeR:
			s.ReadLock(t)
		case modeW:
			s.WriteLock(t)
		}
		switch row.vma {
		case modeR:
			if s.Locks.Lookup(t, s.MM, simBase) == nil {
				panic("lock_vma_under_rcu failed without contention")
			}
		case modeW:
			s.Locks.StartWrite(t, v)
		}
		w.pause()
		if row.vma == modeR {
			s.Locks.EndRead(t, v)
		}
		switch row.mmap {
		case modeR:
			s.ReadUnlock(t)
		case modeW:
			s.WriteUnlock(t)
		}
	})
}

// holdRange is holdRow's thread where a range covers the VMA, which is taken first.
func (w *world) holdRange(t *vmm.Task, k addrspace.RangeLocker, row lockRow) {
	s := w.space()
	_ = k.LockRange(t, vmm.Range{Start: simBase, End: simBase + simPages<<vmm.PageShift}, row.vma == modeW, false)
	switch row.mmap {
	case modeR:
		s.ReadLock(t)
		defer s.ReadUnlock(t)
	case modeW:
		s.WriteLock(t)
		defer s.WriteUnlock(t)
	}
	w.pause()
	k.UnlockRange(t)
}
