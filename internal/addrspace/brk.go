package addrspace

import (
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// Brk implements vmm.VMM.
func (s *Space) Brk(t *vmm.Task, addr vmm.Addr) (vmm.Addr, error) {
	if err := s.WriteLockKillable(t); err != nil {
		return 0, err
	}
	m := s.MM
	old := m.Brk.Get()
	if addr < m.StartBrk.Get() || addr > vmm.TaskSize {
		s.WriteUnlock(t)
		return old, nil
	}
	oldEnd, newEnd := pageUp(old), pageUp(addr)
	switch {
	case newEnd == oldEnd:
		m.Brk.Set(addr)
	case newEnd < oldEnd:
		return s.shrinkBrk(t, addr, vmm.Range{Start: newEnd, End: oldEnd})
	default:
		if !s.growBrk(t, vmm.Range{Start: oldEnd, End: newEnd}) {
			addr = old
			break
		}
		m.Brk.Set(addr)
	}
	s.WriteUnlock(t)
	return addr, nil
}

func pageUp(a vmm.Addr) vmm.Addr { return vmm.Addr(vmm.PageAlign(uint64(a))) }

// shrinkBrk gives r back, with munmap's downgrade. It releases mmap_lock.
func (s *Space) shrinkBrk(t *vmm.Task, addr vmm.Addr, r vmm.Range) (vmm.Addr, error) {
	old := s.MM.Brk.Get()
	v, at := s.MM.Index.FindFrom(r.Start)
	if v == nil || at.Start >= r.End || at.Start < r.Start && r.End < at.End && s.full(1) {
		s.WriteUnlock(t)
		return old, nil
	}
	s.MM.Brk.Set(addr) // before the downgrade: it needs mmap write
	return addr, s.unmapAndUnlock(t, r, false)
}

// growBrk is do_brk_flags for r, after the checks of brk. The caller holds mmap
// write.
func (s *Space) growBrk(t *vmm.Task, r vmm.Range) bool {
	wanted := vmm.Range{Start: r.Start, End: r.End + vmm.PageSize}
	if r.End > vmm.TaskSize || !s.isFree(wanted) || s.full(1) {
		return false
	}
	s.mapNew(t, r, kind{flags: mm.FlagRead | mm.FlagWrite | mm.FlagAccount}, r.Start.Page())
	return true
}
