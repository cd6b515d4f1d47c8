package addrspace

import (
	"vmabench/internal/mm"
	"vmabench/vmm"
)

const (
	protMask = mm.FlagRead | mm.FlagWrite | mm.FlagExec
	protSem  = 1 << 3 // PROT_SEM: mprotect knows it, and it changes nothing
)

// Mprotect implements vmm.VMM.
func (s *Space) Mprotect(t *vmm.Task, addr vmm.Addr, length uint64, prot vmm.Prot) error {
	if !addr.Aligned() {
		return vmm.EINVAL
	}
	if length == 0 {
		return nil
	}
	r := vmm.Range{Start: addr, End: addr + vmm.Addr(vmm.PageAlign(length))}
	if r.End <= r.Start {
		return vmm.ENOMEM
	}
	if mm.Flags(prot)&^(protMask|protSem) != 0 { // arch_validate_prot
		return vmm.EINVAL
	}
	to := mm.Flags(prot) & protMask
	if err := s.WriteLockKillable(t); err != nil {
		return err
	}
	var changed vmm.Range // under a range lock: what Protect is still to go over
	err := s.eachPart(r, func(v *mm.VMA, part vmm.Range) error {
		f := v.Flags.Get()
		err := s.changeFlags(t, v, part, s.protected(v, to))
		switch {
		case err != nil || f&protMask == to:
		case !s.Rules.RangeLocks:
			s.MM.Table.Protect(&t.Task, part, to.Prot())
		default:
			changed = hull(changed, part)
		}
		return err
	})
	s.WriteUnlock(t)
	if changed.End != 0 {
		s.MM.Table.Protect(&t.Task, changed, to.Prot())
	}
	return err
}

// protected returns v's flags with the protection to. What becomes writable is
// accounted, and stays so when it no longer is, but for anonymous memory that was
// never touched (mprotect_fixup; that exception came with Linux 6.7).
func (s *Space) protected(v *mm.VMA, to mm.Flags) mm.Flags {
	f := v.Flags.Get()
	changed := f&^protMask | to
	switch {
	case f&protMask == to || f&mm.FlagShared != 0:
	case to&mm.FlagWrite != 0:
		changed |= mm.FlagAccount
	case s.Rest(v).File.Get() == 0 && s.Rest(v).AnonVMA.Load() == nil:
		changed &^= mm.FlagAccount
	}
	return changed
}

// eachPart calls change for each VMA's part of r in order, until a hole
// (vmm.ENOMEM) or an error. The caller holds mmap write.
func (s *Space) eachPart(r vmm.Range, change func(*mm.VMA, vmm.Range) error) error {
	for a := r.Start; a < r.End; {
		v := s.MM.Index.Find(a)
		if v == nil {
			return vmm.ENOMEM
		}
		part := vmm.Range{Start: a, End: min(v.End.Get(), r.End)}
		if err := change(v, part); err != nil {
			return err
		}
		a = part.End
	}
	return nil
}

// changeFlags is vma_modify_flags and vm_flags_reset: the part of v gets new
// flags, merging and splitting. The caller holds mmap write.
func (s *Space) changeFlags(t *vmm.Task, v *mm.VMA, part vmm.Range, f mm.Flags) error {
	if v.Flags.Get() == f {
		return nil
	}
	whole := rangeOf(v)
	k := s.kindOf(v)
	k.flags = f
	pgoff := s.Rest(v).Pgoff.Get() + (part.Start - whole.Start).Page()
	if s.mergeExisting(t, v, s.neighbours(part, whole, k, pgoff)) {
		return nil
	}
	if part.Start > whole.Start {
		if s.full(1) {
			return vmm.ENOMEM
		}
		s.split(t, v, part.Start, true)
	}
	if part.End < whole.End {
		if s.full(1) {
			return vmm.ENOMEM
		}
		s.split(t, v, part.End, false)
	}
	s.Locks.StartWrite(t, v)
	s.setFlags(v, f)
	return nil
}
