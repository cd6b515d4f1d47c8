package control

import (
	"vmabench/internal/addrspace"
	"vmabench/vmm"
)

// speculating is an address space under an rwMutex whose faults look first
// without it.
type speculating struct {
	space[rwMutex, *rwMutex]
}

func newSeqlock(c vmm.Config) vmm.Machine {
	return machine(c, func() (vmm.VMM, *addrspace.Space) { s := new(speculating); return s, &s.Space })
}

// Fault implements vmm.VMM.
func (s *speculating) Fault(t *vmm.Task, addr vmm.Addr, access vmm.Access) error {
	if speculate && s.resident(t, addr, access) {
		t.Stats[vmm.Success]++
		return nil
	}
	return s.space.Fault(t, addr, access)
}

// Peek implements vmm.VMM.
func (s *speculating) Peek(t *vmm.Task, addr vmm.Addr) (vmm.Mapping, error) {
	return s.Space.Peek(t, addr)
}

// resident reports whether addr is mapped, its page present, and the access
// allowed, all at one moment. False may be a write session's doing.
func (s *speculating) resident(t *vmm.Task, addr vmm.Addr, access vmm.Access) bool {
	m := s.MM
	seq, quiet := m.SpeculateBegin()
	if !quiet {
		return false
	}
	m.RCU.Lock(&t.Task)
	defer m.RCU.Unlock(&t.Task)
	v := lookup(t, m, addr)
	if v == nil || addr < v.Start.Peek() || addr >= v.End.Peek() || !v.Flags.Peek().Prot().Allows(access) {
		return false
	}
	pte := m.Table.Lookup(addr)
	if !pte.Present() || access == vmm.AccessWrite && !pte.Writable() {
		return false
	}
	return !m.SpeculateRetry(seq)
}
