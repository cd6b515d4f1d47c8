package rwsemmin

import (
	"vmabench/internal/addrspace"
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// space is an address space of the design.
type space struct{ addrspace.Space }

// Fault implements vmm.VMM: do_user_addr_fault. It and lockVMAUnderRCU read the
// same in every design (variants.TestHotPathsAgree), each with direct calls.
func (s *space) Fault(t *vmm.Task, addr vmm.Addr, access vmm.Access) error {
	v := lockVMAUnderRCU(t, s.MM, addr)
	if v == nil {
		return s.FaultSlow(t, addr, access)
	}
	o := addrspace.Handle(&s.Space, t, &v.VMA, &v.rest, addr, access, addrspace.UnderVMA)
	v.EndRead(t)
	if o == addrspace.Done {
		t.Stats[vmm.Success]++
		return nil
	}
	return s.Finish(t, addr, access, o)
}

// lockVMAUnderRCU is lock_vma_under_rcu.
func lockVMAUnderRCU(t *vmm.Task, m *mm.MM, addr vmm.Addr) *vma {
	for {
		m.RCU.Lock(&t.Task)
		v := mm.ContainerOf[vma](m.Index.Find(addr))
		if v == nil {
			m.RCU.Unlock(&t.Task)
			t.Stats[vmm.AbortNoVMA]++
			return nil
		}
		ev := v.StartRead(t, m)
		if ev == vmm.Success {
			m.RCU.Unlock(&t.Task)
			if v.Start.Get() <= addr && addr < v.End.Get() {
				return v
			}
			v.EndRead(t) // no longer the VMA of addr
			ev = vmm.AbortRange
		}
		t.Stats[ev]++
		if ev != vmm.Miss {
			return nil
		}
		// Detached: walk again from the root, in a new RCU section.
	}
}
