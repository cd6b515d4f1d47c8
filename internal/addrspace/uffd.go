package addrspace

import (
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// UffdMove implements vmm.VMM.
func (s *Space) UffdMove(t *vmm.Task, dst, src vmm.Addr) error {
	if !dst.Aligned() || !src.Aligned() || dst == src {
		return vmm.EINVAL
	}
	if !s.Rules.VMALocks {
		s.ReadLock(t)
		defer s.ReadUnlock(t)
		d, v, err := s.findPair(t, dst, src)
		if err != nil {
			return err
		}
		return s.movePage(t, d, v, dst, src)
	}
	d, v, err := s.lockPair(t, dst, src)
	if err != nil {
		return err
	}
	err = s.movePage(t, d, v, dst, src)
	if v != d {
		s.Locks.EndRead(t, v)
	}
	s.Locks.EndRead(t, d)
	return err
}

// lockPair is uffd_move_lock: the VMAs of both addresses, read-locked; one of
// them if it covers both.
func (s *Space) lockPair(t *vmm.Task, dst, src vmm.Addr) (d, v *mm.VMA, err error) {
	d, err = s.lockOne(t, dst)
	if err != nil {
		return nil, nil, err
	}
	if rangeOf(d).Contains(src) {
		return d, d, nil
	}
	if v = s.Locks.Lookup(t, s.MM, src); v != nil {
		return d, v, nil
	}
	// mmap_lock must not be waited for while d is held: its holder may be
	// waiting for d. So put d first.
	s.Locks.EndRead(t, d)
	return s.lockPairUnderMmap(t, dst, src)
}

// lockOne is uffd_lock_vma.
func (s *Space) lockOne(t *vmm.Task, addr vmm.Addr) (*mm.VMA, error) {
	if v := s.Locks.Lookup(t, s.MM, addr); v != nil {
		if !s.lacksAnon(v) {
			return v, nil
		}
		s.Locks.EndRead(t, v)
	}
	s.ReadLock(t)
	defer s.ReadUnlock(t)
	v, err := s.findAndPrepare(t, addr)
	if err == nil && !s.Locks.StartReadLocked(t, v) {
		return nil, vmm.EAGAIN
	}
	return v, err
}

func (s *Space) lockPairUnderMmap(t *vmm.Task, dst, src vmm.Addr) (d, v *mm.VMA, err error) {
	s.ReadLock(t)
	defer s.ReadUnlock(t)
	if d, v, err = s.findPair(t, dst, src); err != nil {
		return nil, nil, err
	}
	if !s.Locks.StartReadLocked(t, d) {
		return nil, nil, vmm.EAGAIN
	}
	if v != d && !s.Locks.StartReadLocked(t, v) {
		s.Locks.EndRead(t, d)
		return nil, nil, vmm.EAGAIN
	}
	return d, v, nil
}

// findPair finds both VMAs under mmap read.
func (s *Space) findPair(t *vmm.Task, dst, src vmm.Addr) (d, v *mm.VMA, err error) {
	if d, err = s.findAndPrepare(t, dst); err != nil {
		return nil, nil, err
	}
	if v = s.MM.Index.Find(src); v == nil {
		return nil, nil, vmm.EFAULT
	}
	return d, v, nil
}

// findAndPrepare is find_vma_and_prepare_anon, under mmap read.
func (s *Space) findAndPrepare(t *vmm.Task, addr vmm.Addr) (*mm.VMA, error) {
	v := s.MM.Index.Find(addr)
	if v == nil {
		return nil, vmm.EFAULT
	}
	if s.lacksAnon(v) {
		s.setAnon(t, v, s.Rest(v))
	}
	return v, nil
}

func (s *Space) lacksAnon(v *mm.VMA) bool {
	return v.Flags.Get()&mm.FlagShared == 0 && s.Rest(v).AnonVMA.Load() == nil
}

// movePage moves the page at src in v to dst in d; both VMAs are stable.
func (s *Space) movePage(t *vmm.Task, d, v *mm.VMA, dst, src vmm.Addr) error {
	s.AssertStabilised(d)
	s.AssertStabilised(v)
	df, vf := d.Flags.Get(), v.Flags.Get()
	switch {
	case (df|vf)&mm.FlagShared != 0, s.Rest(d).File.Get()|s.Rest(v).File.Get() != 0:
		return vmm.EINVAL
	case df.Prot() != vf.Prot(), vf&mm.FlagWrite == 0:
		return vmm.EINVAL
	case s.MM.Table.Lookup(dst).Present():
		return vmm.EEXIST
	case s.MM.Table.Lookup(src).COW():
		return vmm.EAGAIN // shared by fork, which needs v's write lock
	}
	return s.MM.Table.MovePage(&t.Task, dst, src)
}
