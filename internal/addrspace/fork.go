package addrspace

import (
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// Fork implements vmm.VMM.
func (s *Space) Fork(t *vmm.Task) (vmm.VMM, error) {
	if err := s.WriteLockKillable(t); err != nil {
		return nil, err
	}
	child, c := s.sibling(t)
	c.WriteLock(t) // nested in the parent's; nobody else knows the child
	err := s.copyTo(t, c)
	c.WriteUnlock(t)
	s.WriteUnlock(t)
	if err != nil {
		c.Exit(t)
		return nil, err
	}
	return child, nil
}

// copyTo is dup_mmap. It write-locks every VMA of the parent, so no fault of
// it runs under a VMA lock until the end of the fork. Both mmap_locks are held
// for write.
func (s *Space) copyTo(t *vmm.Task, c *Space) error {
	c.MM.Brk.Set(s.MM.Brk.Get())
	for v, at := s.MM.Index.FindFrom(0); v != nil; v, at = s.MM.Index.FindFrom(at.End) {
		if err := s.startWriteForFork(t, v); err != nil {
			return err
		}
		k := s.kindOf(v)
		if k.flags&mm.FlagDontFork != 0 {
			continue
		}
		if k.anon != nil {
			k.anon = &mm.AnonVMA{Forked: true} // anon_vma_fork
		}
		c.insert(c.create(t, at, k, s.Rest(v).Pgoff.Get()))
		if k.anon != nil { // vma_needs_copy: what else is there the child faults in
			s.MM.Table.CopyRange(&t.Task, &c.MM.Table, at)
		}
	}
	return nil
}

func (s *Space) startWriteForFork(t *vmm.Task, v *mm.VMA) error {
	if s.Rules.ForkKillable {
		return s.Locks.StartWriteKillable(t, v)
	}
	s.Locks.StartWrite(t, v)
	return nil
}
