package addrspace

import (
	"unsafe"

	"vmabench/internal/atomic"
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// VMALock is what a design's vm_area_struct V can do. V has mm.VMA at offset 0.
// The steps are those of Locks, where their contracts stand.
type VMALock[V any] interface {
	*V
	// Renew makes the lock fields those of a new, detached VMA whose MM is set.
	Renew()
	StartRead(*vmm.Task, *mm.MM) vmm.Event
	StartReadLocked(*vmm.Task) bool
	EndRead(*vmm.Task)
	StartWrite(t *vmm.Task, killable bool) error
	Attach()
	Detach(*vmm.Task)
	State() LockState
}

// Parts are what a design brings to a Kit.
type Parts[V any] struct {
	// Objects is the slab of the VMAs, made with Flags(c, TypeSafe).
	Objects *mm.Slab[V]
	// TypeSafe frees a VMA at once; else it goes after an RCU grace period.
	TypeSafe bool
	// Rest is the offset of mm.Rest in V.
	Rest uintptr
	// Lookup is the design's lock_vma_under_rcu.
	Lookup func(*vmm.Task, *mm.MM, vmm.Addr) *V
	// New returns a zero address space of the design, which embeds Space.
	New func() (vmm.VMM, *Space)
	// Era are the rules under vmm.ProtocolEra; the zero Rules are those of the
	// kernels before 6.14.
	Era Rules

	// What a design with a lock object of its own needs besides; each may be nil.
	Allocated func(*atomic.Task, *V) // a VMA was taken from Objects
	Freed     func(*atomic.Task, *V) // it is about to go back there
	Count     func(*vmm.Footprint)   // adds the lock objects of f.VMAs VMAs
}

// Flags are the slab flags of a Kit.
func Flags(c vmm.Config, typeSafe bool) (f mm.SlabFlags) {
	if typeSafe {
		f = mm.SlabTypeSafe
	}
	if c.NoRecycle {
		f |= mm.SlabNoRecycle
	}
	return f
}

// Kit is the machine of a design with VMA locks: everything but the lock steps
// and the fault's hot path. The calls of P's methods below are indirect; a
// fault makes none of them.
type Kit[V any, P VMALock[V]] struct {
	Machine
	Parts[V]
	rules Rules
	free  func(*atomic.Task, any) // what RCU calls with a dead VMA
}

// NewKit returns a machine whose address spaces use the design.
func NewKit[V any, P VMALock[V]](c vmm.Config, p Parts[V]) *Kit[V, P] {
	k := &Kit[V, P]{Parts: p, rules: Linux70}
	k.Config = c
	k.free = k.freeNow
	if c.Protocol == vmm.ProtocolEra {
		k.rules = p.Era
		k.rules.VMALocks = true
	}
	return k
}

// NewVMM implements vmm.Machine.
func (k *Kit[V, P]) NewVMM(t *vmm.Task) vmm.VMM {
	v, _ := k.newSpace(t)
	return v
}

func (k *Kit[V, P]) newSpace(*vmm.Task) (vmm.VMM, *Space) {
	v, s := k.New()
	s.Init(Setup{Machine: &k.Machine, Locks: k, Rules: k.rules, Rest: k.Rest, Sibling: k.newSpace})
	return v, s
}

func of[V any](v *mm.VMA) *V { return mm.ContainerOf[V](v) }

// Alloc implements Locks.
func (k *Kit[V, P]) Alloc(t *vmm.Task, owner *mm.MM) *mm.VMA {
	v := k.Objects.Alloc(&t.Task)
	if atomic.Simulated {
		atomic.Name(v, SlotName("vma", v))
	}
	if k.Allocated != nil {
		k.Allocated(&t.Task, v)
	}
	h := mm.HeadOf(v)
	h.MM.Store(owner)
	P(v).Renew()
	mm.RestOf(h, k.Rest).AnonVMA.Store(nil)
	return h
}

// Free implements Locks.
func (k *Kit[V, P]) Free(t *vmm.Task, v *mm.VMA) {
	if k.TypeSafe {
		k.freeNow(&t.Task, of[V](v))
	} else {
		k.RCU.Defer(&t.Task, k.free, of[V](v))
	}
}

func (k *Kit[V, P]) freeNow(t *atomic.Task, v any) {
	if k.Freed != nil {
		k.Freed(t, v.(*V))
	}
	k.Objects.Free(t, v.(*V))
}

// BeginSession implements Locks.
func (k *Kit[V, P]) BeginSession(owner *mm.MM) {
	if k.rules.SeqAtLock {
		owner.BeginWrite()
	}
}

// EndSession implements Locks.
func (k *Kit[V, P]) EndSession(owner *mm.MM) { owner.EndWrite() }

// StartWrite implements Locks.
func (k *Kit[V, P]) StartWrite(t *vmm.Task, v *mm.VMA) { _ = P(of[V](v)).StartWrite(t, false) }

// StartWriteKillable implements Locks.
func (k *Kit[V, P]) StartWriteKillable(t *vmm.Task, v *mm.VMA) error {
	return P(of[V](v)).StartWrite(t, true)
}

// Attach implements Locks.
func (k *Kit[V, P]) Attach(v *mm.VMA) { P(of[V](v)).Attach() }

// Detach implements Locks.
func (k *Kit[V, P]) Detach(t *vmm.Task, v *mm.VMA) { P(of[V](v)).Detach(t) }

// Lookup implements Locks.
func (k *Kit[V, P]) Lookup(t *vmm.Task, owner *mm.MM, addr vmm.Addr) *mm.VMA {
	if v := k.Parts.Lookup(t, owner, addr); v != nil {
		return mm.HeadOf(v)
	}
	return nil
}

// StartRead implements Locks.
func (k *Kit[V, P]) StartRead(t *vmm.Task, owner *mm.MM, v *mm.VMA) vmm.Event {
	return P(of[V](v)).StartRead(t, owner)
}

// StartReadLocked implements Locks.
func (k *Kit[V, P]) StartReadLocked(t *vmm.Task, v *mm.VMA) bool {
	return P(of[V](v)).StartReadLocked(t)
}

// EndRead implements Locks.
func (k *Kit[V, P]) EndRead(t *vmm.Task, v *mm.VMA) { P(of[V](v)).EndRead(t) }

// State implements Locks.
func (k *Kit[V, P]) State(v *mm.VMA) LockState { return P(of[V](v)).State() }

// Queued reports whether t queues for v's lock, for a V that has a queue.
func (k *Kit[V, P]) Queued(t *vmm.Task, v *mm.VMA) bool {
	q, ok := any(P(of[V](v))).(interface{ Queued(*vmm.Task) bool })
	return ok && q.Queued(t)
}

// Footprint implements Locks.
func (k *Kit[V, P]) Footprint(f *vmm.Footprint) {
	f.VMABytes = f.VMAs * int(unsafe.Sizeof(*new(V)))
	f.VMASlab = k.Objects.SlabBytes(f.VMAs)
	if k.Count != nil {
		k.Count(f)
	}
}

// The steps that look the same in designs with mm_lock_seq.

// Marked reports whether seq, a VMA's vm_lock_seq, is that of the session that
// is open in m: without order, for an early way out that may err.
func Marked(seq *atomic.Uint32, m *mm.MM) bool {
	return atomic.LoadRelaxed32(seq) == atomic.LoadRelaxed32(&m.LockSeq)
}

// MarkedAcquire is Marked as the check that counts, with the lock held. If it
// is false, what the session that ended with m's number wrote is visible:
// acquire, pairs with the release in mm.MM.EndWrite.
func MarkedAcquire(seq *atomic.Uint32, m *mm.MM) bool {
	return atomic.LoadRelaxed32(seq) == atomic.LoadAcquire32(&m.LockSeq)
}

// WakeWriter is rcuwait_wake_up. The caller has made a step on the lock word
// before, in a full barrier: pairs with the store of WriterWait in AwaitReaders.
//
//go:noinline
func WakeWriter(t *vmm.Task, m *mm.MM) {
	if w := m.WriterWait.Load(); w != nil && w.Unpark() {
		t.Waits.Wakes++
	}
}

// AwaitReaders is rcuwait_wait_event: t, the holder of mmap write, sleeps until
// alone holds; alone is called again after each wake-up. False means that a
// fatal signal ended a killable wait.
func AwaitReaders(t *vmm.Task, m *mm.MM, killable bool, alone func() bool) bool {
	// Announce, then test, then sleep: whoever makes alone true looks for
	// WriterWait after it.
	m.WriterWait.Store(&t.Task)
	ok := true
	for !alone() {
		if killable && t.FatalSignal() {
			ok = false
			break
		}
		t.Park()
	}
	m.WriterWait.Store(nil)
	return ok
}
