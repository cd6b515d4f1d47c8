package rangelock

import (
	"fmt"
	"unsafe"

	"vmabench/internal/addrspace"
	"vmabench/internal/atomic"
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// locks are the addrspace.Locks of one address space, and its RangeLocker.
type locks struct {
	*Machine
	ranges *rangeLock
}

// LockRange implements addrspace.RangeLocker.
func (k *locks) LockRange(t *vmm.Task, r vmm.Range, write, killable bool) error {
	return k.ranges.acquire(t, r, write, killable)
}

// UnlockRange implements addrspace.RangeLocker.
func (k *locks) UnlockRange(t *vmm.Task) { k.ranges.release(t) }

// Alloc implements addrspace.Locks.
func (k *locks) Alloc(t *vmm.Task, owner *mm.MM) *mm.VMA {
	v := k.Machine.Alloc(t, owner)
	if atomic.Checking { // empty until it is placed: see StartWrite
		v.Start.Set(0)
		v.End.Set(0)
	}
	return v
}

// StartWrite implements addrspace.Locks: t's range has excluded everybody. (The
// range may be of the parent of v's address space, which nobody else knows yet.)
func (k *locks) StartWrite(t *vmm.Task, v *mm.VMA) {
	if atomic.Checking {
		n := own(t)
		atomic.Assert(n.in != nil && n.write.Get(), "I1: a VMA is written to without a range")
		start, end := v.Start.Get(), v.End.Get()
		atomic.Assert(start == end || n.start.Get() <= start && end <= n.end.Get(), "I1: a VMA is written to that the range does not cover")
	}
}

// StartWriteKillable implements addrspace.Locks.
func (k *locks) StartWriteKillable(t *vmm.Task, v *mm.VMA) error {
	k.StartWrite(t, v)
	return nil
}

// State implements addrspace.Locks: who holds or waits for a range with a part
// of v, and whether somebody holds all of it alone.
func (k *locks) State(v *mm.VMA) addrspace.LockState {
	st := addrspace.LockState{Attached: true}
	if !k.ranges.guard.TryLock() {
		return st
	}
	defer k.ranges.guard.Unlock()
	start, end := v.Start.Get(), v.End.Get()
	k.ranges.root.Get().each(func(n *node) {
		held := n.conflicts.Get() == 0
		switch {
		case n.start.Get() >= end || n.end.Get() <= start:
		case !n.write.Get() && held:
			st.Readers++
		case !n.write.Get():
		case !held:
			st.WriterWaiting = true
		case n.start.Get() <= start && end <= n.end.Get():
			st.WriteLocked = true
		}
	})
	return st
}

// Held implements vmm.LockReporter.
func (s *space) Held() []string {
	lines := s.Space.Held()
	l := s.locks.ranges
	if !l.guard.TryLock() {
		return append(lines, "the range lock's guard is held")
	}
	defer l.guard.Unlock()
	l.root.Get().each(func(n *node) {
		r, how := vmm.Range{Start: n.start.Get(), End: n.end.Get()}, "read"
		if n.write.Get() {
			how = "write"
		}
		if n.conflicts.Get() == 0 {
			lines = append(lines, fmt.Sprintf("range %v is held for %s by task %d", r, how, n.task.ID()))
		}
	})
	return lines
}

// Waits implements vmm.LockReporter.
func (s *space) Waits(t *vmm.Task) (what string) {
	if what = s.Space.Waits(t); what != "" {
		return what
	}
	l := s.locks.ranges
	if !l.guard.TryLock() {
		return ""
	}
	defer l.guard.Unlock()
	l.root.Get().each(func(n *node) {
		if n.task == &t.Task && n.conflicts.Get() > 0 {
			what = fmt.Sprintf("waits for a range behind %d earlier", n.conflicts.Get())
		}
	})
	return what
}

// Check implements vmm.VMM.
func (s *space) Check(t *vmm.Task) error {
	if n := s.locks.ranges.root.Get(); n != nil {
		return fmt.Errorf("task %d has a range still", n.task.ID())
	}
	return s.Space.Check(t)
}

// Footprint implements vmm.VMM.
func (s *space) Footprint() vmm.Footprint {
	f := s.Space.Footprint()
	f.SpaceBytes += int(unsafe.Sizeof(rangeLock{}))
	return f
}
