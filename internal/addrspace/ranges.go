package addrspace

import (
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// What a design with a range lock (Rules.RangeLocks) asks of an address space.

// RangeLocker is the Locks of such a design: for tests and checkers that hold a
// range themselves. A task holds one range at a time, and takes it before
// mmap_lock.
type RangeLocker interface {
	// LockRange takes r, waiting; a fatal signal ends a killable wait: vmm.EINTR.
	LockRange(t *vmm.Task, r vmm.Range, write, killable bool) error
	// UnlockRange lets go of what t holds.
	UnlockRange(t *vmm.Task)
}

// WholeSpace is the range of everything.
var WholeSpace = vmm.Range{End: ^vmm.Addr(0)}

// hull returns the least range that holds both; an empty one counts for nothing.
func hull(a, b vmm.Range) vmm.Range {
	switch {
	case a.Start >= a.End:
		return b
	case b.Start >= b.End:
		return a
	}
	return vmm.Range{Start: min(a.Start, b.Start), End: max(a.End, b.End)}
}

// Touched returns the range that a change of the mappings in r may write to, or
// rely on: a page more on each side, since what comes to lie there would touch r
// and could become one with it, and then the whole of the VMAs that either end
// falls into. It takes no lock: it is true for good once that range is held.
func (s *Space) Touched(r vmm.Range) vmm.Range {
	r.Start -= min(r.Start, vmm.PageSize)
	r.End = max(r.End, r.End+vmm.PageSize)
	if v, at := s.MM.Index.FindFrom(r.Start); v != nil {
		r.Start = min(r.Start, at.Start)
	}
	if v, at := s.MM.Index.FindFrom(r.End - 1); v != nil && at.Start < r.End {
		r.End = max(r.End, at.End)
	}
	return r
}

// lockToUnmap is mmap_write_lock_killable before what is in r goes. Under a
// range lock the pages go first, since nobody can bring them back: then mmap_lock
// is held for the index and the tables alone. A task that is killed here leaves
// the mappings without their pages, of which it is the last to know; where a
// bound on VMAs could make what follows fail for one that lives on, the pages go
// under mmap_lock as they do elsewhere.
func (s *Space) lockToUnmap(t *vmm.Task, r vmm.Range) (zapped bool, err error) {
	if !s.Rules.RangeLocks || s.Config.MaxMapCount > 0 {
		return false, s.WriteLockKillable(t)
	}
	for v, at := s.MM.Index.FindFrom(r.Start); v != nil && at.Start < r.End; v, at = s.MM.Index.FindFrom(at.End) {
		s.MM.Table.Zap(&t.Task, vmm.Range{Start: max(at.Start, r.Start), End: min(at.End, r.End)})
	}
	return true, s.WriteLockKillable(t)
}

// BelowStack reports whether addr, which its range's holder found unmapped, may
// be reached by a stack that grows.
func (s *Space) BelowStack(t *vmm.Task, addr vmm.Addr) bool {
	s.ReadLock(t) // for the flags of a VMA whose range is not held
	defer s.ReadUnlock(t)
	v, _ := s.MM.Index.FindFrom(addr)
	return v != nil && v.Flags.Get()&mm.FlagGrowsDown != 0
}

// Grow is expand_stack: a stack comes down to addr. The caller holds the range
// that Touched gives for what lies between, or all.
func (s *Space) Grow(t *vmm.Task, addr vmm.Addr) error {
	if err := s.WriteLockKillable(t); err != nil {
		return err
	}
	_, err := s.growStack(t, addr.Down())
	s.WriteUnlock(t)
	return err
}
