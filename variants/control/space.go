package control

import (
	"vmabench/internal/addrspace"
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// space is an address space with one lock around each operation.
type space[L any, P lock[L]] struct {
	addrspace.Space
	mu L
}

func newGlobal[L any, P lock[L]](c vmm.Config) vmm.Machine {
	return machine(c, func() (vmm.VMM, *addrspace.Space) {
		s := new(space[L, P])
		P(&s.mu).init()
		return s, &s.Space
	})
}

// machine returns a machine with the address spaces that empty makes.
func machine(c vmm.Config, empty func() (vmm.VMM, *addrspace.Space)) vmm.Machine {
	return addrspace.NewKit(c, addrspace.Parts[vma]{
		Objects:  mm.NewSlab(func(p *page) []vma { return p.objs[:] }, addrspace.Flags(c, true)),
		TypeSafe: true,
		Rest:     restOffset,
		Lookup:   lookup,
		New:      empty,
		Era:      addrspace.Linux70,
	})
}

// Fault implements vmm.VMM.
func (s *space[L, P]) Fault(t *vmm.Task, addr vmm.Addr, access vmm.Access) error {
	for under := addrspace.UnderMmap; ; under = addrspace.UnderTried {
		k := P(&s.mu).rlock(t)
		v := lookup(t, s.MM, addr)
		if v == nil {
			P(&s.mu).runlock(t, k)
			break
		}
		o := addrspace.Handle(&s.Space, t, &v.VMA, &v.rest, addr, access, under)
		P(&s.mu).runlock(t, k)
		switch o {
		case addrspace.Done:
			t.Stats[vmm.MmapRead]++
			return nil
		case addrspace.Denied:
			t.Stats[vmm.MmapRead]++
			return vmm.SEGV_ACCERR
		}
	}
	P(&s.mu).Lock() // a stack may have to grow
	defer P(&s.mu).Unlock()
	return s.FaultSlow(t, addr, access)
}

// FaultKernel implements vmm.VMM.
func (s *space[L, P]) FaultKernel(t *vmm.Task, addr vmm.Addr, access vmm.Access) error {
	return s.Fault(t, addr, access)
}

// Mmap implements vmm.VMM.
func (s *space[L, P]) Mmap(t *vmm.Task, addr vmm.Addr, length uint64, prot vmm.Prot, flags vmm.MapFlags, file vmm.File) (vmm.Addr, error) {
	P(&s.mu).Lock()
	defer P(&s.mu).Unlock()
	return s.Space.Mmap(t, addr, length, prot, flags, file)
}

// Munmap implements vmm.VMM.
func (s *space[L, P]) Munmap(t *vmm.Task, addr vmm.Addr, length uint64) error {
	P(&s.mu).Lock()
	defer P(&s.mu).Unlock()
	return s.Space.Munmap(t, addr, length)
}

// Mprotect implements vmm.VMM.
func (s *space[L, P]) Mprotect(t *vmm.Task, addr vmm.Addr, length uint64, prot vmm.Prot) error {
	P(&s.mu).Lock()
	defer P(&s.mu).Unlock()
	return s.Space.Mprotect(t, addr, length, prot)
}

// Mremap implements vmm.VMM.
func (s *space[L, P]) Mremap(t *vmm.Task, old vmm.Addr, oldLen, newLen uint64, flags vmm.RemapFlags, to vmm.Addr) (vmm.Addr, error) {
	P(&s.mu).Lock()
	defer P(&s.mu).Unlock()
	return s.Space.Mremap(t, old, oldLen, newLen, flags, to)
}

// Madvise implements vmm.VMM.
func (s *space[L, P]) Madvise(t *vmm.Task, addr vmm.Addr, length uint64, advice vmm.Advice) error {
	if advice == vmm.DontFork {
		P(&s.mu).Lock()
		defer P(&s.mu).Unlock()
	} else {
		k := P(&s.mu).rlock(t)
		defer P(&s.mu).runlock(t, k)
	}
	return s.Space.Madvise(t, addr, length, advice)
}

// Brk implements vmm.VMM.
func (s *space[L, P]) Brk(t *vmm.Task, addr vmm.Addr) (vmm.Addr, error) {
	P(&s.mu).Lock()
	defer P(&s.mu).Unlock()
	return s.Space.Brk(t, addr)
}

// UffdMove implements vmm.VMM.
func (s *space[L, P]) UffdMove(t *vmm.Task, dst, src vmm.Addr) error {
	k := P(&s.mu).rlock(t)
	defer P(&s.mu).runlock(t, k)
	return s.Space.UffdMove(t, dst, src)
}

// Fork implements vmm.VMM.
func (s *space[L, P]) Fork(t *vmm.Task) (vmm.VMM, error) {
	P(&s.mu).Lock()
	defer P(&s.mu).Unlock()
	return s.Space.Fork(t)
}

// Maps implements vmm.VMM.
func (s *space[L, P]) Maps(t *vmm.Task, buf []vmm.Mapping) ([]vmm.Mapping, error) {
	w := s.NewMapsWalk(buf)
	for {
		k := P(&s.mu).rlock(t)
		more, err := s.MapsPage(t, &w)
		P(&s.mu).runlock(t, k)
		if !more {
			return w.Buf, err
		}
	}
}

// Peek implements vmm.VMM.
func (s *space[L, P]) Peek(t *vmm.Task, addr vmm.Addr) (vmm.Mapping, error) {
	k := P(&s.mu).rlock(t)
	defer P(&s.mu).runlock(t, k)
	return s.Space.Peek(t, addr)
}

// Exit implements vmm.VMM.
func (s *space[L, P]) Exit(t *vmm.Task) {
	P(&s.mu).Lock()
	defer P(&s.mu).Unlock()
	s.Space.Exit(t)
}
