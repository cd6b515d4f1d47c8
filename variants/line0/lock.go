// Code generated from variants/refcount by make designs. DO NOT EDIT.

package line0

import (
	"unsafe"

	"vmabench/internal/addrspace"
	"vmabench/internal/atomic"
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// limit is VM_REFCNT_LIMIT: the largest value a reader may make, so that
// excludeFlag-2 readers fit above the 1 of an attached VMA.
const limit = excludeFlag - 1

const minusFlag = 1<<32 - excludeFlag // what takes the flag off by addition

// vma is that of variants/refcount, laid out as doc.go says.
type vma struct {
	mm.VMA // line 0

	lockSeq atomic.Uint32
	refcnt  atomic.Uint32

	rest mm.Rest // ends in line 1
	_    [11]uintptr
}

const (
	vmaSize    = 192
	restOffset = unsafe.Offsetof(vma{}.rest)
)

// A wrong size does not compile.
var _ [0]struct{} = [unsafe.Sizeof(vma{}) - vmaSize]struct{}{}

// Renew implements addrspace.VMALock. It leaves refcnt alone: a stale reader may
// be looking at it, and it is 0.
func (v *vma) Renew() {
	if atomic.Checking {
		atomic.Assert(v.refcnt.Load() == 0, "a new VMA is attached")
	}
	// Odd: equal to no number outside a session.
	atomic.StoreRelaxed32(&v.lockSeq, mm.SeqMask)
}

// StartRead is vma_start_read. t is in an RCU section of m's domain and v was
// found in it; v may be anybody's by now, or nobody's. On any failure the
// section has ended.
func (v *vma) StartRead(t *vmm.Task, m *mm.MM) vmm.Event {
	// A cheap early out; the check that counts comes below.
	if atomic.LoadRelaxed32(&v.lockSeq) == atomic.LoadRelaxed32(&m.LockSeq) {
		m.RCU.Unlock(&t.Task)
		return vmm.AbortWriteLocked
	}
	if ev := v.incNotZeroLimited(); ev != vmm.Success {
		m.RCU.Unlock(&t.Task)
		return ev
	}
	// From here v stays attached. O1 made its fields those of this life.
	if v.MM.Load() != m {
		return v.putForeign(t, m)
	}
	// Acquire, O2: what the session that ended with this number wrote is visible.
	if atomic.LoadRelaxed32(&v.lockSeq) == atomic.LoadAcquire32(&m.LockSeq) {
		v.put(t)
		m.RCU.Unlock(&t.Task)
		return vmm.AbortWriteLocked
	}
	return vmm.Success
}

// incNotZeroLimited adds a reader unless v is detached, a writer excludes
// readers, or the count is at its limit: one exchange tests all three.
func (v *vma) incNotZeroLimited() vmm.Event {
	for {
		c := atomic.LoadRelaxed32(&v.refcnt)
		switch {
		case c == 0:
			return vmm.Miss
		case c >= limit:
			if c&excludeFlag != 0 {
				return vmm.AbortWriterWaiting
			}
			return vmm.AbortLimit
		}
		// Acquire, O1: pairs with the release in Attach, and in StartWrite.
		if atomic.CompareAndSwapAcquire32(&v.refcnt, c, c+1) {
			return vmm.Success
		}
	}
}

// putForeign undoes the increment of a v that was recycled into another mm.
// That mm cannot go away while v is counted, but may as soon as it is not, and
// put still wakes its writer: so hold on to it first (O6).
func (v *vma) putForeign(t *vmm.Task, m *mm.MM) vmm.Event {
	other := v.MM.Load()
	m.RCU.Unlock(&t.Task)
	other.Grab()
	v.put(t)
	other.Drop()
	return vmm.AbortForeignMM
}

// StartReadLocked is vma_start_read_locked: under mmap read there is no writer
// and no remover, so only the limit fails it.
func (v *vma) StartReadLocked(*vmm.Task) bool { return v.incNotZeroLimited() == vmm.Success }

// EndRead is vma_end_read.
func (v *vma) EndRead(t *vmm.Task) { v.put(t) }

// put is vma_refcount_put.
func (v *vma) put(t *vmm.Task) {
	m := v.MM.Load() // first: afterwards v may be gone
	// Release, O3: the reader's accesses come before the writer's. And a full
	// barrier, O4, before WriterWait is read, as rcuwait_wake_up has.
	if n := v.refcnt.Add(^uint32(0)); n&excludeFlag != 0 && n <= excludeFlag+1 {
		addrspace.WakeWriter(t, m)
	}
}

// StartWrite is __vma_start_write behind its early return. It ends with
// vmm.EINTR if killable and t was killed.
func (v *vma) StartWrite(t *vmm.Task, killable bool) error {
	m := v.MM.Load()
	seq := atomic.LoadRelaxed32(&m.LockSeq)
	if atomic.LoadRelaxed32(&v.lockSeq) == seq {
		return nil // write-locked in this session already
	}
	attached, err := v.excludeReaders(t, excludeFlag+1, killable)
	if err != nil {
		return err
	}
	// Relaxed: published by the release below to readers that get in, and by
	// Attach for a v that is detached.
	atomic.StoreRelaxed32(&v.lockSeq, seq)
	if attached {
		// Release, O1: readers may count themselves again, and see the number.
		atomic.AddRelease32(&v.refcnt, minusFlag)
	}
	return nil
}

// excludeReaders keeps new readers out of v and waits until refcnt is target.
// It reports whether v was attached; a detached v is the writer's anyway.
func (v *vma) excludeReaders(t *vmm.Task, target uint32, killable bool) (attached bool, err error) {
	if !v.addNotZero(excludeFlag) {
		return false, nil
	}
	// O4: the announcement comes before the test, as the decrement before the
	// wake-up's look. The test pairs with the release in put, O3.
	if !addrspace.AwaitReaders(t, v.MM.Load(), killable, func() bool { return v.refcnt.Load() == target }) {
		atomic.AddRelease32(&v.refcnt, minusFlag) // as it was, readers aside
		return true, vmm.EINTR
	}
	return true, nil
}

// addNotZero is refcount_add_not_zero.
func (v *vma) addNotZero(n uint32) bool {
	for {
		c := atomic.LoadRelaxed32(&v.refcnt)
		if c == 0 {
			return false
		}
		if atomic.CompareAndSwapRelaxed32(&v.refcnt, c, c+n) {
			return true
		}
	}
}

// Attach is vma_mark_attached.
func (v *vma) Attach() {
	if atomic.Checking {
		atomic.Assert(v.writeLocked(), "attach of a VMA that is not write-locked")
		atomic.Assert(v.refcnt.Load() == 0, "attach of an attached VMA")
	}
	// Release, O1: a reader that counts itself sees the fields of this life.
	atomic.StoreRelease32(&v.refcnt, 1)
}

// Detach is vma_mark_detached. Readers that had counted themselves before they
// looked at the number are on their way out: wait for them, or they would
// decrement the count of the object's next life.
func (v *vma) Detach(t *vmm.Task) {
	if atomic.Checking {
		atomic.Assert(v.writeLocked(), "detach of a VMA that is not write-locked")
		atomic.Assert(v.refcnt.Load() != 0, "detach of a detached VMA")
	}
	if v.refcnt.Add(^uint32(0)) == 0 { // full barrier; pairs with put, O3
		return
	}
	if attached, _ := v.excludeReaders(t, excludeFlag, false); attached {
		atomic.AddRelease32(&v.refcnt, minusFlag)
	}
	if atomic.Checking {
		atomic.Assert(v.refcnt.Load() == 0, "detached VMA with a count")
	}
}

// writeLocked reports whether v is write-locked in the open session.
func (v *vma) writeLocked() bool {
	return v.lockSeq.Load() == v.MM.Load().LockSeq.Load()
}

// State implements addrspace.VMALock.
func (v *vma) State() addrspace.LockState {
	c := v.refcnt.Load()
	readers := int(c &^ excludeFlag)
	if readers > 0 {
		readers-- // the 1 of an attached VMA
	}
	return addrspace.LockState{
		Attached:      c != 0,
		WriteLocked:   v.writeLocked(),
		WriterWaiting: c&excludeFlag != 0,
		Readers:       readers,
	}
}
