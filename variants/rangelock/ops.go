package rangelock

import (
	"vmabench/internal/addrspace"
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// Fault implements vmm.VMM: under the page's range, without mmap_lock. The VMA
// that covers the page cannot change meanwhile.
func (s *space) Fault(t *vmm.Task, addr vmm.Addr, access vmm.Access) error {
	l := s.locks.ranges
	for under := addrspace.UnderRange; ; {
		page := addr.Down()
		if l.acquire(t, vmm.Range{Start: page, End: page + vmm.PageSize}, false, true) != nil {
			return vmm.EINTR
		}
		v := mm.ContainerOf[vma](s.MM.Index.Find(addr))
		if v == nil {
			if err := s.growSlow(t, addr); err != nil {
				return err
			}
			continue // another may have unmapped it again
		}
		o := addrspace.Handle(&s.Space, t, &v.VMA, &v.rest, addr, access, under)
		l.release(t)
		switch o {
		case addrspace.Done:
			t.Stats[vmm.Success]++
			return nil
		case addrspace.Denied:
			t.Stats[vmm.Success]++
			return vmm.SEGV_ACCERR
		}
		t.Stats[vmm.Retry]++
		if t.FatalSignal() {
			return vmm.EINTR
		}
		under = addrspace.UnderTried
	}
}

// growSlow grows a stack down to addr, if there is one above. The caller holds
// the page's range, which is let go.
func (s *space) growSlow(t *vmm.Task, addr vmm.Addr) error {
	t.Stats[vmm.AbortNoVMA]++
	t.Stats[vmm.MmapRead]++
	stack := s.BelowStack(t, addr)
	s.locks.UnlockRange(t)
	if !stack {
		return vmm.SEGV_MAPERR
	}
	if err := s.lockAll(t); err != nil {
		return err
	}
	defer s.locks.UnlockRange(t)
	return s.Grow(t, addr)
}

// FaultKernel implements vmm.VMM: a range lock makes no difference between modes.
func (s *space) FaultKernel(t *vmm.Task, addr vmm.Addr, access vmm.Access) error {
	return s.Fault(t, addr, access)
}

// touchTries is how often lockTouched looks again before it takes everything.
const touchTries = 3

// lockTouched takes all that a change of the mappings in r may touch. That is
// found without a lock, so it is looked at again with it held: by then it can
// change no more.
func (s *space) lockTouched(t *vmm.Task, r vmm.Range) error {
	want := s.Touched(r)
	for range touchTries {
		if err := s.locks.LockRange(t, want, true, true); err != nil {
			return err
		}
		now := s.Touched(r)
		if want.Start <= now.Start && now.End <= want.End {
			return nil
		}
		s.locks.UnlockRange(t)
		want = vmm.Range{Start: min(want.Start, now.Start), End: max(want.End, now.End)}
	}
	return s.lockAll(t)
}

// lockAll takes the whole address space.
func (s *space) lockAll(t *vmm.Task) error {
	return s.locks.LockRange(t, addrspace.WholeSpace, true, true)
}

// pages returns the range of an operation; false for one that is refused before
// it looks at a mapping.
func pages(addr vmm.Addr, length uint64) (vmm.Range, bool) {
	r := vmm.Range{Start: addr, End: addr + vmm.Addr(vmm.PageAlign(length))}
	return r, addr.Aligned() && r.Start < r.End
}

// Mmap implements vmm.VMM. To choose a place is to look everywhere.
func (s *space) Mmap(t *vmm.Task, addr vmm.Addr, length uint64, prot vmm.Prot, flags vmm.MapFlags, file vmm.File) (vmm.Addr, error) {
	var err error
	if fixed := flags&(vmm.MapFixed|vmm.MapFixedNoReplace) != 0; !fixed {
		err = s.lockAll(t)
	} else if r, ok := pages(addr, length); ok {
		err = s.lockTouched(t, r)
	} else {
		return s.Space.Mmap(t, addr, length, prot, flags, file)
	}
	if err != nil {
		return 0, err
	}
	at, err := s.Space.Mmap(t, addr, length, prot, flags&^vmm.MapPopulate, file)
	s.locks.UnlockRange(t)
	if err == nil && flags&vmm.MapPopulate != 0 {
		addrspace.Populate(s, t, vmm.Range{Start: at, End: at + vmm.Addr(vmm.PageAlign(length))}, prot, flags)
	}
	return at, err
}

// Munmap implements vmm.VMM.
func (s *space) Munmap(t *vmm.Task, addr vmm.Addr, length uint64) error {
	if r, ok := pages(addr, length); ok {
		if err := s.lockTouched(t, r); err != nil {
			return err
		}
		defer s.locks.UnlockRange(t)
	}
	return s.Space.Munmap(t, addr, length)
}

// Mprotect implements vmm.VMM.
func (s *space) Mprotect(t *vmm.Task, addr vmm.Addr, length uint64, prot vmm.Prot) error {
	if r, ok := pages(addr, length); ok {
		if err := s.lockTouched(t, r); err != nil {
			return err
		}
		defer s.locks.UnlockRange(t)
	}
	return s.Space.Mprotect(t, addr, length, prot)
}

// Madvise implements vmm.VMM. What drops pages shares their range with faults;
// WillNeed changes nothing.
func (s *space) Madvise(t *vmm.Task, addr vmm.Addr, length uint64, advice vmm.Advice) error {
	r, ok := pages(addr, length)
	switch {
	case !ok || advice == vmm.WillNeed:
		return s.Space.Madvise(t, addr, length, advice)
	case advice == vmm.DontFork:
		if err := s.lockAll(t); err != nil {
			return err
		}
	default:
		_ = s.locks.LockRange(t, r, false, false)
	}
	defer s.locks.UnlockRange(t)
	return s.Space.Madvise(t, addr, length, advice)
}

// UffdMove implements vmm.VMM: for read from one page to the other, since the
// lock gives a task one range at a time.
func (s *space) UffdMove(t *vmm.Task, dst, src vmm.Addr) error {
	_ = s.locks.LockRange(t, vmm.Range{Start: min(dst, src).Down(), End: max(dst, src).Down() + vmm.PageSize}, false, false)
	defer s.locks.UnlockRange(t)
	return s.Space.UffdMove(t, dst, src)
}

// Mremap implements vmm.VMM.
func (s *space) Mremap(t *vmm.Task, old vmm.Addr, oldLen, newLen uint64, flags vmm.RemapFlags, to vmm.Addr) (vmm.Addr, error) {
	if err := s.lockAll(t); err != nil {
		return 0, err
	}
	defer s.locks.UnlockRange(t)
	return s.Space.Mremap(t, old, oldLen, newLen, flags, to)
}

// Brk implements vmm.VMM.
func (s *space) Brk(t *vmm.Task, addr vmm.Addr) (vmm.Addr, error) {
	if err := s.lockAll(t); err != nil {
		return 0, err
	}
	defer s.locks.UnlockRange(t)
	return s.Space.Brk(t, addr)
}

// Fork implements vmm.VMM. Nobody else knows the child.
func (s *space) Fork(t *vmm.Task) (vmm.VMM, error) {
	if err := s.lockAll(t); err != nil {
		return nil, err
	}
	defer s.locks.UnlockRange(t)
	return s.Space.Fork(t)
}

// Exit implements vmm.VMM.
func (s *space) Exit(t *vmm.Task) {
	_ = s.locks.LockRange(t, addrspace.WholeSpace, true, false)
	defer s.locks.UnlockRange(t)
	s.Space.Exit(t)
}
