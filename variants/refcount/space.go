package refcount

import (
	"reflect"

	"vmabench/internal/addrspace"
	"vmabench/internal/atomic"
	"vmabench/internal/mm"
	"vmabench/internal/rwsem"
	"vmabench/vmm"
)

// Design is the row of this design in the table of designs.
var Design = vmm.Design{
	Name:   "refcount",
	Title:  "per-VMA reference count",
	Since:  "6.15 and later",
	Doc:    "Readers count themselves in the VMA or fall back to mmap_lock; a writer sets a flag in the count and sleeps until they have left.",
	New:    func(c vmm.Config) vmm.Machine { return NewMachine(c) },
	Layout: []reflect.Type{reflect.TypeFor[vma](), reflect.TypeFor[rwsem.RWSem]()},
}

// page is a slab page: 21 VMAs, each on lines of its own.
type page struct {
	objs [vmm.PageSize / vmaSize]vma
	_    [vmm.PageSize % vmaSize]byte
}

// Machine implements vmm.Machine, and addrspace.Locks for its address spaces.
type Machine struct {
	addrspace.Machine
	vmas  *mm.Slab[vma]
	rules addrspace.Rules
}

// NewMachine returns a machine whose address spaces use the design.
func NewMachine(c vmm.Config) *Machine {
	flags := mm.SlabTypeSafe
	if c.NoRecycle {
		flags |= mm.SlabNoRecycle
	}
	m := &Machine{rules: addrspace.Linux70}
	m.Config = c
	m.vmas = mm.NewSlab(func(p *page) []vma { return p.objs[:] }, flags)
	if c.Protocol == vmm.ProtocolEra { // 6.16
		m.rules.MapsVMA, m.rules.MadviseVMA, m.rules.ForkKillable = false, false, false
	}
	return m
}

// space is an address space of the design.
type space struct{ addrspace.Space }

// NewVMM implements vmm.Machine.
func (m *Machine) NewVMM(t *vmm.Task) vmm.VMM {
	v, _ := m.newSpace(t)
	return v
}

func (m *Machine) newSpace(*vmm.Task) (vmm.VMM, *addrspace.Space) {
	s := new(space)
	s.Init(addrspace.Setup{Machine: &m.Machine, Locks: m, Rules: m.rules, Rest: restOffset, Sibling: m.newSpace})
	return s, &s.Space
}

// Fault implements vmm.VMM: do_user_addr_fault.
func (s *space) Fault(t *vmm.Task, addr vmm.Addr, access vmm.Access) error {
	v := lockVMAUnderRCU(t, s.MM, addr)
	if v == nil {
		return s.FaultSlow(t, addr, access)
	}
	o := addrspace.Handle(&s.Space, t, &v.VMA, &v.rest, addr, access, addrspace.UnderVMA)
	v.put(t)
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
		v := of(m.Index.Find(addr)) // O5
		if v == nil {
			m.RCU.Unlock(&t.Task)
			t.Stats[vmm.AbortNoVMA]++
			return nil
		}
		ev := v.startRead(t, m)
		if ev == vmm.Success {
			m.RCU.Unlock(&t.Task)
			if v.Start.Get() <= addr && addr < v.End.Get() {
				return v
			}
			v.put(t) // shrunk, or recycled within this mm
			ev = vmm.AbortRange
		}
		t.Stats[ev]++
		if ev != vmm.Miss {
			return nil
		}
		// Detached: walk again from the root, in a new RCU section.
	}
}

// Alloc implements addrspace.Locks. It leaves refcnt alone: a stale reader may
// be looking at it, and it is 0.
func (m *Machine) Alloc(t *vmm.Task, owner *mm.MM) *mm.VMA {
	v := m.vmas.Alloc(&t.Task)
	if atomic.Simulated {
		atomic.Name(v, addrspace.SlotName("vma", v))
	}
	v.MM.Store(owner)
	v.rest.AnonVMA.Store(nil)
	atomic.StoreRelaxed32(&v.lockSeq, mm.SeqMask) // odd: equal to no number outside a session
	return &v.VMA
}

// Free implements addrspace.Locks: at once, the slab being type-stable.
func (m *Machine) Free(t *vmm.Task, h *mm.VMA) {
	if atomic.Checking {
		atomic.Assert(of(h).refcnt.Load() == 0, "free of an attached VMA")
	}
	m.vmas.Free(&t.Task, of(h))
}

// BeginSession implements addrspace.Locks.
func (m *Machine) BeginSession(owner *mm.MM) { owner.BeginWrite() }

// EndSession implements addrspace.Locks.
func (m *Machine) EndSession(owner *mm.MM) { owner.EndWrite() }

// StartWrite implements addrspace.Locks.
func (m *Machine) StartWrite(t *vmm.Task, v *mm.VMA) { _ = of(v).startWrite(t, false) }

// StartWriteKillable implements addrspace.Locks.
func (m *Machine) StartWriteKillable(t *vmm.Task, v *mm.VMA) error { return of(v).startWrite(t, true) }

// Attach implements addrspace.Locks.
func (m *Machine) Attach(v *mm.VMA) { of(v).attach() }

// Detach implements addrspace.Locks.
func (m *Machine) Detach(t *vmm.Task, v *mm.VMA) { of(v).detach(t) }

// Lookup implements addrspace.Locks.
func (m *Machine) Lookup(t *vmm.Task, owner *mm.MM, addr vmm.Addr) *mm.VMA {
	if v := lockVMAUnderRCU(t, owner, addr); v != nil {
		return &v.VMA
	}
	return nil
}

// StartRead implements addrspace.Locks.
func (m *Machine) StartRead(t *vmm.Task, owner *mm.MM, v *mm.VMA) vmm.Event {
	return of(v).startRead(t, owner)
}

// StartReadLocked implements addrspace.Locks.
func (m *Machine) StartReadLocked(_ *vmm.Task, v *mm.VMA) bool { return of(v).startReadLocked() }

// EndRead implements addrspace.Locks.
func (m *Machine) EndRead(t *vmm.Task, v *mm.VMA) { of(v).put(t) }

// State implements addrspace.Locks.
func (m *Machine) State(h *mm.VMA) addrspace.LockState {
	c := of(h).refcnt.Load()
	readers := int(c &^ excludeFlag)
	if readers > 0 {
		readers-- // the 1 of an attached VMA
	}
	return addrspace.LockState{
		Attached:      c != 0,
		WriteLocked:   of(h).writeLocked(),
		WriterWaiting: c&excludeFlag != 0,
		Readers:       readers,
	}
}

// Footprint implements addrspace.Locks.
func (m *Machine) Footprint(f *vmm.Footprint) {
	f.VMABytes = f.VMAs * vmaSize
	f.VMASlab = m.vmas.SlabBytes(f.VMAs)
}
