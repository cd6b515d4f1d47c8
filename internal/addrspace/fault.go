package addrspace

import (
	"vmabench/internal/atomic"
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// Outcome is what Handle did.
type Outcome uint8

const (
	// Done: the page is present.
	Done Outcome = iota
	// Denied: the protection forbids the access.
	Denied
	// Restart is VM_FAULT_RETRY: the caller drops its lock and starts again
	// under mmap_lock.
	Restart
)

// Under says which lock keeps the VMA stable in Handle, and how often the
// fault was tried.
type Under uint8

const (
	UnderVMA   Under = iota // the VMA read lock
	UnderMmap               // mmap_lock read, first try
	UnderRange              // a range of the range lock, read, first try
	UnderTried              // mmap_lock or a range, read, after a Restart: does not restart again
)

// Handle is handle_mm_fault with the access check that precedes it: v is locked
// and covers addr. Designs call it directly, without a dynamic call; rest is v's.
func Handle(s *Space, t *vmm.Task, v *mm.VMA, rest *mm.Rest, addr vmm.Addr, access vmm.Access, under Under) Outcome {
	f := v.Flags.Get()
	if !f.Prot().Allows(access) {
		return Denied
	}
	write := access == vmm.AccessWrite
	lacksAnon := write && rest.AnonVMA.Load() == nil && f&mm.FlagShared == 0
	if lacksAnon || s.Config.Page != vmm.PageNone {
		return s.handleSlow(t, v, rest, addr, write, lacksAnon, under)
	}
	s.MM.Table.Install(&t.Task, addr, write)
	return Done
}

// handleSlow is the rest of Handle where v lacks its anon_vma or pages cost
// something. It is apart so that the common fault saves nothing across calls.
func (s *Space) handleSlow(t *vmm.Task, v *mm.VMA, rest *mm.Rest, addr vmm.Addr, write, lacksAnon bool, under Under) Outcome {
	if lacksAnon && !s.anonPrepare(t, v, rest, under) {
		return Restart
	}
	if s.Config.Page == vmm.PageIO && under != UnderTried && !s.MM.Table.Lookup(addr).Present() {
		return Restart
	}
	first := s.MM.Table.Install(&t.Task, addr, write)
	switch {
	case s.Config.Page == vmm.PageModel:
		t.InFault(first)
	case s.Config.Page == vmm.PageZero && first:
		clear(t.Zero)
	}
	return Done
}

// Finish is what follows a Handle under the VMA lock that was not Done. The lock
// was put since.
func (s *Space) Finish(t *vmm.Task, addr vmm.Addr, access vmm.Access, o Outcome) error {
	if o == Restart {
		t.Stats[vmm.Retry]++
		if t.FatalSignal() { // fault_signal_pending: not to wait for a lock first
			return vmm.EINTR
		}
		return s.faultUnderMmap(t, addr, access, UnderTried)
	}
	t.Stats[vmm.Success]++ // an access error that was found under the lock
	return vmm.SEGV_ACCERR
}

// FaultSlow is a fault whose VMA lock could not be had.
func (s *Space) FaultSlow(t *vmm.Task, addr vmm.Addr, access vmm.Access) error {
	return s.faultUnderMmap(t, addr, access, UnderMmap)
}

// FaultKernel implements vmm.VMM: on x86 only user mode tries the VMA lock.
func (s *Space) FaultKernel(t *vmm.Task, addr vmm.Addr, access vmm.Access) error {
	return s.faultUnderMmap(t, addr, access, UnderMmap)
}

func (s *Space) faultUnderMmap(t *vmm.Task, addr vmm.Addr, access vmm.Access, under Under) error {
	for {
		v, err := s.lockAndFind(t, addr)
		if err != nil {
			return err
		}
		o := Handle(s, t, v, s.Rest(v), addr, access, under)
		s.ReadUnlock(t)
		switch o {
		case Done:
			return nil
		case Denied:
			return vmm.SEGV_ACCERR
		}
		if t.FatalSignal() {
			return vmm.EINTR
		}
		under = UnderTried
	}
}

// lockAndFind is lock_mm_and_find_vma: it returns the VMA of addr with
// mmap_lock held for read, after growing a stack if need be. On an error
// nothing is held.
func (s *Space) lockAndFind(t *vmm.Task, addr vmm.Addr) (*mm.VMA, error) {
	t.Stats[vmm.MmapRead]++
	if !s.ReadTrylock(t) {
		if err := s.ReadLockKillable(t); err != nil {
			return nil, err
		}
	}
	v, at := s.MM.Index.FindFrom(addr)
	switch {
	case v == nil || at.Start > addr && v.Flags.Get()&mm.FlagGrowsDown == 0:
		s.ReadUnlock(t)
		return nil, vmm.SEGV_MAPERR
	case at.Start <= addr:
		if atomic.Checking {
			atomic.Assert(v.MM.Load() == s.MM, "a VMA of another mm in the index")
		}
		return v, nil
	}
	s.ReadUnlock(t)
	return s.growAndLock(t, addr)
}

// growAndLock grows a stack down to addr. There is no upgrade: mmap_lock was
// dropped, is taken for write, and the VMA looked for again.
func (s *Space) growAndLock(t *vmm.Task, addr vmm.Addr) (*mm.VMA, error) {
	if err := s.WriteLockKillable(t); err != nil {
		return nil, err
	}
	v, err := s.growStack(t, addr.Down())
	if err != nil {
		s.WriteUnlock(t)
		return nil, err
	}
	s.Downgrade(t)
	return v, nil
}

// growStack is expand_downwards: the stack above addr, a page, comes down to
// it. The caller holds mmap write.
func (s *Space) growStack(t *vmm.Task, addr vmm.Addr) (*mm.VMA, error) {
	v, at := s.MM.Index.FindFrom(addr)
	switch {
	case v != nil && at.Start <= addr:
		return v, nil // somebody was faster
	case v == nil || v.Flags.Get()&mm.FlagGrowsDown == 0:
		return nil, vmm.SEGV_MAPERR
	case addr < vmm.MmapMinAddr || uint64(at.End-addr) > vmm.StackLimit:
		return nil, vmm.ENOMEM
	}
	if p, below := s.MM.Index.Prev(addr); p != nil && addr-below.End < vmm.StackGuardGap &&
		p.Flags.Get()&mm.FlagGrowsDown == 0 && p.Flags.Get().Prot() != vmm.ProtNone {
		return nil, vmm.ENOMEM
	}
	rest := s.Rest(v)
	pages := (at.Start - addr).Page()
	if pages > rest.Pgoff.Get() {
		return nil, vmm.ENOMEM
	}
	if rest.AnonVMA.Load() == nil {
		s.setAnon(t, v, rest) // before the VMA lock, as the kernel does
	}
	s.Locks.StartWrite(t, v)
	s.setRange(v, vmm.Range{Start: addr, End: at.End}, rest.Pgoff.Get()-pages)
	s.MM.Index.Store(vmm.Range{Start: addr, End: at.End}, v)
	return v, nil
}

// anonPrepare is vmf_anon_prepare. It looks at the neighbours and so needs
// mmap_lock, which under a VMA read lock may only be tried: its holder may be
// waiting for this very VMA. Under a range it may be waited for: its holder waits
// for no range.
func (s *Space) anonPrepare(t *vmm.Task, v *mm.VMA, rest *mm.Rest, under Under) bool {
	switch {
	case s.Rules.RangeLocks:
		s.ReadLock(t)
	case under != UnderVMA:
		s.setAnon(t, v, rest)
		return true
	case !s.ReadTrylock(t):
		return false
	}
	s.setAnon(t, v, rest)
	s.ReadUnlock(t)
	return true
}

// setAnon is __anon_vma_prepare: v takes a neighbour's anon_vma that it could
// later merge with, or a new one. The caller holds mmap_lock.
func (s *Space) setAnon(t *vmm.Task, v *mm.VMA, rest *mm.Rest) {
	a := s.reusableAnon(v, rest)
	if a == nil {
		a = new(mm.AnonVMA)
		atomic.Kind(a, "anon_vma")
	}
	s.MM.AnonLock.Lock(&t.Task)
	if rest.AnonVMA.Load() == nil {
		rest.AnonVMA.Store(a)
	}
	s.MM.AnonLock.Unlock()
}

// reusableAnon is find_mergeable_anon_vma: protections may differ.
func (s *Space) reusableAnon(v *mm.VMA, rest *mm.Rest) *mm.AnonVMA {
	r, pgoff := rangeOf(v), rest.Pgoff.Get()
	if n, at := s.MM.Index.FindFrom(r.End); n != nil && at.Start == r.End &&
		s.Rest(n).Pgoff.Get() == pgoff+r.Pages() {
		if a := s.lends(n, v, rest); a != nil {
			return a
		}
	}
	if p, at := s.MM.Index.Prev(r.Start); p != nil && at.End == r.Start &&
		s.Rest(p).Pgoff.Get()+at.Pages() == pgoff {
		return s.lends(p, v, rest)
	}
	return nil
}

// lends returns n's anon_vma if v may have it too.
func (s *Space) lends(n, v *mm.VMA, rest *mm.Rest) *mm.AnonVMA {
	r := s.Rest(n)
	if r.File.Get() != rest.File.Get() || (n.Flags.Get()^v.Flags.Get())&^protMask != 0 {
		return nil
	}
	if a := r.AnonVMA.Load(); a != nil && !a.Forked {
		return a
	}
	return nil
}
