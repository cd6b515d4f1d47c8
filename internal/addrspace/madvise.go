package addrspace

import (
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// Madvise implements vmm.VMM.
func (s *Space) Madvise(t *vmm.Task, addr vmm.Addr, length uint64, advice vmm.Advice) error {
	if !addr.Aligned() || advice > vmm.DontFork {
		return vmm.EINVAL
	}
	size := vmm.PageAlign(length)
	r := vmm.Range{Start: addr, End: addr + vmm.Addr(size)}
	switch {
	case size < length || r.End < r.Start:
		return vmm.EINVAL
	case r.Start == r.End:
		return nil
	case advice == vmm.DontFork:
		return s.dontFork(t, r)
	case advice != vmm.WillNeed && s.Rules.MadviseVMA:
		if done, err := s.adviseUnderVMA(t, r, advice); done {
			return err
		}
	}
	if !s.Rules.RangeLocks || advice == vmm.WillNeed {
		s.ReadLock(t)
		defer s.ReadUnlock(t)
	}
	return s.eachMapped(r, func(v *mm.VMA, part vmm.Range) error { return s.advise(t, v, part, advice) })
}

// adviseUnderVMA is try_vma_read_lock and what follows it: the advice under
// one VMA's read lock, if r lies in one and the lock can be had.
func (s *Space) adviseUnderVMA(t *vmm.Task, r vmm.Range, advice vmm.Advice) (done bool, err error) {
	v := s.Locks.Lookup(t, s.MM, r.Start)
	if v == nil {
		return false, nil
	}
	if done = r.End <= v.End.Get(); done {
		err = s.advise(t, v, r, advice)
	}
	s.Locks.EndRead(t, v)
	return done, err
}

// advise applies DontNeed, Free or WillNeed to a part of v, which is read-locked
// by its own lock or mmap_lock. Free drops the pages at once: there is no memory
// pressure here that would do it later.
func (s *Space) advise(t *vmm.Task, v *mm.VMA, part vmm.Range, advice vmm.Advice) error {
	s.AssertStabilised(v)
	switch advice {
	case vmm.Free:
		if v.Flags.Get()&mm.FlagShared != 0 || s.Rest(v).File.Get() != 0 {
			return vmm.EINVAL
		}
		s.MM.Table.Zap(&t.Task, part)
	case vmm.DontNeed:
		s.MM.Table.Zap(&t.Task, part)
	}
	return nil
}

// eachMapped calls do for each VMA's part of r in order, stepping over holes,
// until an error; it returns vmm.ENOMEM if there was a hole.
func (s *Space) eachMapped(r vmm.Range, do func(*mm.VMA, vmm.Range) error) error {
	var hole error
	for a := r.Start; a < r.End; {
		v, at := s.MM.Index.FindFrom(a)
		if v == nil || at.Start >= r.End {
			return vmm.ENOMEM
		}
		if at.Start > a {
			hole, a = vmm.ENOMEM, at.Start
		}
		part := vmm.Range{Start: a, End: min(at.End, r.End)}
		if err := do(v, part); err != nil {
			return err
		}
		a = part.End
	}
	return hole
}

// dontFork sets the flag in r. madvise_vma_behavior turns the error of a split
// beyond the limit into EAGAIN: ENOMEM is of holes.
func (s *Space) dontFork(t *vmm.Task, r vmm.Range) error {
	if err := s.WriteLockKillable(t); err != nil {
		return err
	}
	defer s.WriteUnlock(t)
	return s.eachMapped(r, func(v *mm.VMA, part vmm.Range) error {
		if s.changeFlags(t, v, part, v.Flags.Get()|mm.FlagDontFork) != nil {
			return vmm.EAGAIN
		}
		return nil
	})
}
