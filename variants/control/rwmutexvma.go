package control

import (
	"sync"
	"unsafe"

	"vmabench/internal/addrspace"
	"vmabench/internal/atomic"
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// lockedVMA is variants/rwseminline's with a sync.RWMutex.
type lockedVMA struct {
	mm.VMA
	detached atomic.Cell[bool] // under lock
	_        [3]byte
	lockSeq  atomic.Uint32
	rest     mm.Rest
	_        [3]uintptr
	lock     sync.RWMutex // line 2
	_        [5]uintptr
}

type lockedPage struct {
	objs [vmm.PageSize / unsafe.Sizeof(lockedVMA{})]lockedVMA
	_    [vmm.PageSize % unsafe.Sizeof(lockedVMA{})]byte
}

type lockedSpace struct{ addrspace.Space }

func newRWMutexVMA(c vmm.Config) vmm.Machine {
	return addrspace.NewKit(c, addrspace.Parts[lockedVMA]{
		Objects: mm.NewSlab(func(p *lockedPage) []lockedVMA { return p.objs[:] }, addrspace.Flags(c, false)),
		Rest:    unsafe.Offsetof(lockedVMA{}.rest),
		Lookup:  lockVMAUnderRCU,
		New:     func() (vmm.VMM, *addrspace.Space) { s := new(lockedSpace); return s, &s.Space },
	})
}

// Fault implements vmm.VMM as the designs do.
func (s *lockedSpace) Fault(t *vmm.Task, addr vmm.Addr, access vmm.Access) error {
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

func lockVMAUnderRCU(t *vmm.Task, m *mm.MM, addr vmm.Addr) *lockedVMA {
	for {
		m.RCU.Lock(&t.Task)
		v := mm.ContainerOf[lockedVMA](m.Index.Find(addr))
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
			v.EndRead(t)
			ev = vmm.AbortRange
		}
		t.Stats[ev]++
		if ev != vmm.Miss {
			return nil
		}
	}
}

func (v *lockedVMA) Renew() {
	v.detached.Set(true)
	atomic.StoreRelaxed32(&v.lockSeq, mm.SeqMask)
}

func (v *lockedVMA) StartRead(t *vmm.Task, m *mm.MM) vmm.Event {
	ev := vmm.AbortWriteLocked
	if !addrspace.Marked(&v.lockSeq, m) {
		ev = vmm.AbortWriterWaiting
		if v.lock.TryRLock() {
			switch {
			case addrspace.MarkedAcquire(&v.lockSeq, m):
				ev = vmm.AbortWriteLocked
			case v.detached.Get():
				ev = vmm.Miss
			default:
				return vmm.Success
			}
			v.lock.RUnlock()
		}
	}
	m.RCU.Unlock(&t.Task)
	return ev
}

func (v *lockedVMA) StartReadLocked(*vmm.Task) bool { v.lock.RLock(); return true }

// EndRead keeps v's memory alive while RUnlock wakes a writer.
func (v *lockedVMA) EndRead(t *vmm.Task) {
	rcu := v.MM.Load().RCU
	rcu.Lock(&t.Task)
	v.lock.RUnlock()
	rcu.Unlock(&t.Task)
}

// StartWrite cannot be killed while it waits.
func (v *lockedVMA) StartWrite(*vmm.Task, bool) error {
	m := v.MM.Load()
	if addrspace.Marked(&v.lockSeq, m) {
		return nil
	}
	v.lock.Lock()
	atomic.StoreRelaxed32(&v.lockSeq, atomic.LoadRelaxed32(&m.LockSeq))
	v.lock.Unlock()
	return nil
}

func (v *lockedVMA) Attach()          { v.detached.Set(false) }
func (v *lockedVMA) Detach(*vmm.Task) { v.detached.Set(true) }

// State guesses: an RWMutex does not say who holds it.
func (v *lockedVMA) State() addrspace.LockState {
	st := addrspace.LockState{Attached: !v.detached.Get(), WriteLocked: addrspace.Marked(&v.lockSeq, v.MM.Load())}
	if v.lock.TryLock() {
		v.lock.Unlock()
	} else {
		st.Readers = 1
	}
	return st
}
