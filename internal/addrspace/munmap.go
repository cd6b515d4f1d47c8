package addrspace

import (
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// gatherBuf is how many VMAs an unmapping gathers before it allocates.
const gatherBuf = 16

// Munmap implements vmm.VMM.
func (s *Space) Munmap(t *vmm.Task, addr vmm.Addr, length uint64) error {
	size := vmm.PageAlign(length)
	r := vmm.Range{Start: addr, End: addr + vmm.Addr(size)}
	if !addr.Aligned() || size == 0 || size > uint64(vmm.TaskSize) || addr > vmm.TaskSize-vmm.Addr(size) {
		return vmm.EINVAL
	}
	zapped, err := s.lockToUnmap(t, r)
	if err != nil {
		return err
	}
	return s.unmapAndUnlock(t, r, zapped)
}

// unmapAndUnlock is do_vmi_munmap with unlock: the index is changed under mmap
// write, the page tables go under what is left of it after the downgrade. It
// releases mmap_lock. zapped says that the pages of r are gone already.
func (s *Space) unmapAndUnlock(t *vmm.Task, r vmm.Range, zapped bool) error {
	var buf [gatherBuf]*mm.VMA
	gone, ceiling, err := s.gather(t, r, buf[:0])
	if err != nil || len(gone) == 0 {
		s.WriteUnlock(t)
		return err
	}
	s.unlink(r, gone)
	s.Downgrade(t)
	s.unmapPages(t, r, gone, ceiling, zapped)
	s.release(t, gone)
	s.ReadUnlock(t)
	return nil
}

// unmapLocked is unmapAndUnlock for a caller that keeps mmap write.
func (s *Space) unmapLocked(t *vmm.Task, r vmm.Range) error {
	var buf [gatherBuf]*mm.VMA
	gone, ceiling, err := s.gather(t, r, buf[:0])
	if err != nil || len(gone) == 0 {
		return err
	}
	s.unlink(r, gone)
	s.unmapPages(t, r, gone, ceiling, false)
	s.release(t, gone)
	return nil
}

// unlink takes the gathered VMAs out of the index.
func (s *Space) unlink(r vmm.Range, gone []*mm.VMA) {
	s.MM.Index.Store(r, nil)
	s.MM.MapCount.Set(s.MM.MapCount.Get() - len(gone))
}

// gather is vms_gather_munmap_vmas: it splits at the ends of r, write-locks and
// detaches each VMA in r and appends it to gone. They are still in the index. An
// object goes with the part that goes; what stays has new ones, as in Linux.
// ceiling is where the next VMA above r starts, or vmm.TaskSize.
// On vmm.ENOMEM nothing has changed.
func (s *Space) gather(t *vmm.Task, r vmm.Range, gone []*mm.VMA) (_ []*mm.VMA, ceiling vmm.Addr, err error) {
	v, at := s.MM.Index.FindFrom(r.Start)
	if v != nil && at.Start < r.Start {
		// A hole punched in one VMA adds one; cutting an end off adds none.
		if r.End < at.End && s.full(1) {
			return gone, 0, vmm.ENOMEM
		}
		s.split(t, v, r.Start, true)
		at.Start = r.Start
	}
	for v != nil && at.Start < r.End {
		if r.End < at.End {
			s.split(t, v, r.End, false)
			at.End = r.End
		}
		s.Locks.StartWrite(t, v)
		s.Locks.Detach(t, v)
		gone = append(gone, v)
		v, at = s.MM.Index.FindFrom(at.End)
	}
	if v == nil {
		return gone, vmm.TaskSize, nil
	}
	return gone, at.Start, nil
}

// unmapPages is vms_clear_ptes: it empties the page table of the gathered VMAs,
// which nobody can lock any more, and frees tables that map nothing else, up to
// ceiling (see gather). The caller holds mmap_lock, so that nothing is mapped in r
// and no neighbour grows. Without a VMA it does nothing. zapped says that the
// page table of r is empty already.
func (s *Space) unmapPages(t *vmm.Task, r vmm.Range, gone []*mm.VMA, ceiling vmm.Addr, zapped bool) {
	if len(gone) == 0 {
		return
	}
	if !zapped {
		for _, v := range gone {
			s.MM.Table.Zap(&t.Task, rangeOf(v))
		}
	}
	floor := vmm.Addr(0)
	if _, at := s.MM.Index.Prev(r.Start); at.End != 0 {
		floor = at.End
	}
	s.MM.Table.FreeTables(&t.Task, r, floor, ceiling)
}

// release frees the gathered VMAs (remove_vma).
func (s *Space) release(t *vmm.Task, gone []*mm.VMA) {
	for _, v := range gone {
		s.Locks.Free(t, v)
	}
}
