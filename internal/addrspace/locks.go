package addrspace

import (
	"vmabench/internal/atomic"
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// Locks is what differs between designs: the life of a VMA object and the
// steps of its lock. A *mm.VMA given to it came from its own Alloc.
//
// Operations call it through this interface, the same for every design; the
// fault path does not. A checker drives it directly.
type Locks interface {
	// Alloc is vm_area_alloc: a VMA of m, detached, its fields zero, not
	// write-locked in any session.
	Alloc(t *vmm.Task, m *mm.MM) *mm.VMA
	// Free is vm_area_free of a VMA that is detached or was never attached. The
	// memory is reused when the design allows.
	Free(t *vmm.Task, v *mm.VMA)

	// BeginSession and EndSession are called right after mmap_lock was taken
	// for write and right before it is released or downgraded: mm_lock_seq.
	BeginSession(m *mm.MM)
	EndSession(m *mm.MM)

	// StartWrite is vma_start_write: it waits until no reader is inside v, and
	// none can enter before EndSession. A second call in a session does nothing.
	// The caller holds mmap write.
	StartWrite(t *vmm.Task, v *mm.VMA)
	// StartWriteKillable is StartWrite that a fatal signal ends: vmm.EINTR, and
	// v is as before.
	StartWriteKillable(t *vmm.Task, v *mm.VMA) error

	// Attach is vma_mark_attached: v is, or is about to be, in the index. The
	// caller has write-locked v.
	Attach(v *mm.VMA)
	// Detach is vma_mark_detached: afterwards no reader is inside v, and none
	// gets in any more. The caller has write-locked v.
	Detach(t *vmm.Task, v *mm.VMA)

	// Lookup is lock_vma_under_rcu: the VMA of addr with its read lock held, or
	// nil. It never waits for a lock. It counts ABORT and MISS in t.
	Lookup(t *vmm.Task, m *mm.MM, addr vmm.Addr) *mm.VMA
	// StartRead is vma_start_read of a v found in m's index inside the RCU
	// section that t is in. It returns vmm.Success with the read lock held, else
	// the cause, and then the RCU section has ended: vmm.Miss (detached) tells
	// the caller to look again.
	StartRead(t *vmm.Task, m *mm.MM, v *mm.VMA) vmm.Event
	// StartReadLocked is vma_start_read_locked: under mmap_lock read. It fails
	// only where the lock can count no more readers.
	StartReadLocked(t *vmm.Task, v *mm.VMA) bool
	// EndRead is vma_end_read.
	EndRead(t *vmm.Task, v *mm.VMA)

	// State describes v's lock: for assertions, Check and tests. Of a VMA that
	// others use it is a guess that was true once.
	State(v *mm.VMA) LockState
	// Footprint adds what f.VMAs VMAs cost: their objects and their locks.
	Footprint(f *vmm.Footprint)
}

// LockState is what can be seen of a VMA's lock.
type LockState struct {
	Attached      bool
	WriteLocked   bool // in the session that is open; says nothing while none is
	WriterWaiting bool // a writer waits for readers to leave, or holds the lock word
	Readers       int  // readers inside, transient ones too
}

// The vma_assert family. Each is evaluated where atomic.Checking is true. What
// AssertLocked can see has the kernel's caveat: somebody else's read lock
// satisfies it.

// AssertWriteLocked is vma_assert_write_locked: v is write-locked in the open
// session.
func (s *Space) AssertWriteLocked(v *mm.VMA) {
	if atomic.Checking && s.Rules.VMALocks {
		s.MM.Lock.AssertWriteHeld()
		atomic.Assert(s.Locks.State(v).WriteLocked, "vma_assert_write_locked")
	}
}

// AssertLocked is vma_assert_locked: v is read-locked or write-locked.
func (s *Space) AssertLocked(v *mm.VMA) {
	if atomic.Checking && s.Rules.VMALocks {
		st := s.Locks.State(v)
		atomic.Assert(st.Readers > 0 || st.WriteLocked, "vma_assert_locked")
	}
}

// AssertStabilised is vma_assert_stabilised: mmap_lock is held in some mode, or
// v's lock is.
func (s *Space) AssertStabilised(v *mm.VMA) {
	if atomic.Checking && !s.MM.Lock.IsLocked() {
		s.AssertLocked(v)
	}
}

// AssertAttached is vma_assert_attached.
func (s *Space) AssertAttached(v *mm.VMA) {
	if atomic.Checking {
		atomic.Assert(s.Locks.State(v).Attached, "vma_assert_attached")
	}
}

// AssertDetached is vma_assert_detached.
func (s *Space) AssertDetached(v *mm.VMA) {
	if atomic.Checking {
		atomic.Assert(!s.Locks.State(v).Attached, "vma_assert_detached")
	}
}
