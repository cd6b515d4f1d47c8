package rwsem

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
	Name:   "rwsem",
	Title:  "per-VMA rw_semaphore",
	Since:  "6.4 to 6.14",
	Doc:    "Readers try the VMA's rw_semaphore or fall back to mmap_lock; a writer takes it, spinning and then queueing, for as long as it needs to leave its mark.",
	New:    func(c vmm.Config) vmm.Machine { return NewMachine(c) },
	Layout: []reflect.Type{reflect.TypeFor[vma](), reflect.TypeFor[rwsem.RWSem]()},
}

// The slab pages: 23 VMAs, 102 locks.
type (
	vmaPage struct {
		objs [vmm.PageSize / vmaSize]vma
		_    [vmm.PageSize % vmaSize]byte
	}
	lockPage struct {
		objs [vmm.PageSize / lockSize]rwsem.RWSem
		_    [vmm.PageSize % lockSize]byte
	}
)

// Machine implements vmm.Machine, and addrspace.Locks for its address spaces.
type Machine struct {
	addrspace.Machine
	vmas  *mm.Slab[vma]
	locks *mm.Slab[rwsem.RWSem]
	rules addrspace.Rules
	// free is what RCU calls with a dead VMA: one function value for all.
	free func(*atomic.Task, any)
}

// NewMachine returns a machine whose address spaces use the design.
func NewMachine(c vmm.Config) *Machine {
	var flags mm.SlabFlags
	if c.NoRecycle {
		flags = mm.SlabNoRecycle
	}
	m := &Machine{rules: addrspace.Linux70}
	m.Config = c
	m.vmas = mm.NewSlab(func(p *vmaPage) []vma { return p.objs[:] }, flags)
	m.locks = mm.NewSlab(func(p *lockPage) []rwsem.RWSem { return p.objs[:] }, flags)
	m.free = m.freeNow
	if c.Protocol == vmm.ProtocolEra { // 6.12
		m.rules = addrspace.Rules{VMALocks: true}
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
	v.endRead(t)
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
		v := of(m.Index.Find(addr)) // O3
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
			v.endRead(t) // shrunk since it was found
			ev = vmm.AbortRange
		}
		t.Stats[ev]++
		if ev != vmm.Miss {
			return nil
		}
		// Detached: walk again from the root, in a new RCU section.
	}
}

// Alloc implements addrspace.Locks.
func (m *Machine) Alloc(t *vmm.Task, owner *mm.MM) *mm.VMA {
	v, lock := m.vmas.Alloc(&t.Task), m.locks.Alloc(&t.Task)
	if atomic.Simulated {
		atomic.Name(v, addrspace.SlotName("vma", v))
		atomic.Name(lock, addrspace.SlotName("vm_lock", lock))
	}
	v.MM.Store(owner)
	v.lock.Set(lock) // as its last life left it: free
	v.detached.Set(true)
	v.rest.AnonVMA.Store(nil)
	atomic.StoreRelaxed32(&v.lockSeq, mm.SeqMask) // equal to no number outside a session
	return &v.VMA
}

// Free implements addrspace.Locks: a reader that found v may still try its
// lock, so both objects go after a grace period (call_rcu, O4).
func (m *Machine) Free(t *vmm.Task, v *mm.VMA) { m.RCU.Defer(&t.Task, m.free, of(v)) }

func (m *Machine) freeNow(t *atomic.Task, v any) {
	m.locks.Free(t, v.(*vma).lock.Get())
	m.vmas.Free(t, v.(*vma))
}

// BeginSession implements addrspace.Locks.
func (m *Machine) BeginSession(owner *mm.MM) {
	if m.rules.SeqAtLock {
		owner.BeginWrite()
	}
}

// EndSession implements addrspace.Locks.
func (m *Machine) EndSession(owner *mm.MM) { owner.EndWrite() }

// StartWrite implements addrspace.Locks.
func (m *Machine) StartWrite(t *vmm.Task, v *mm.VMA) { _ = of(v).startWrite(t, false) }

// StartWriteKillable implements addrspace.Locks.
func (m *Machine) StartWriteKillable(t *vmm.Task, v *mm.VMA) error { return of(v).startWrite(t, true) }

// Attach implements addrspace.Locks.
func (m *Machine) Attach(v *mm.VMA) { of(v).setDetached(false) }

// Detach implements addrspace.Locks.
func (m *Machine) Detach(_ *vmm.Task, v *mm.VMA) { of(v).setDetached(true) }

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

// StartReadLocked implements addrspace.Locks: a blocking read lock, which mmap
// read keeps from waiting for a writer.
func (m *Machine) StartReadLocked(t *vmm.Task, v *mm.VMA) bool {
	of(v).lock.Get().DownRead(&t.Task)
	return true
}

// EndRead implements addrspace.Locks.
func (m *Machine) EndRead(t *vmm.Task, v *mm.VMA) { of(v).endRead(t) }

// State implements addrspace.Locks.
func (m *Machine) State(h *mm.VMA) addrspace.LockState {
	v := of(h)
	lock := v.lock.Get()
	return addrspace.LockState{
		Attached:      !v.detached.Get(),
		WriteLocked:   v.writeLocked(),
		WriterWaiting: lock.IsWriteLocked() || lock.IsContended(),
		Readers:       lock.Readers(),
	}
}

// Footprint implements addrspace.Locks.
func (m *Machine) Footprint(f *vmm.Footprint) {
	f.VMABytes = f.VMAs * vmaSize
	f.VMASlab = m.vmas.SlabBytes(f.VMAs)
	f.Locks = f.VMAs
	f.LockBytes = f.Locks * lockSize
	f.LockSlab = m.locks.SlabBytes(f.Locks)
}
