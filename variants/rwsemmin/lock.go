// Code generated from variants/rwsem by make designs. DO NOT EDIT.

package rwsemmin

import (
	"unsafe"

	"vmabench/internal/addrspace"
	"vmabench/internal/atomic"
	"vmabench/internal/mm"
	"vmabench/internal/rwsem"
	"vmabench/vmm"
)

// vma is that of variants/rwsem, laid out as doc.go says.
type vma struct {
	mm.VMA

	detached atomic.Cell[bool]
	_        [3]byte
	lockSeq  atomic.Uint32
	lock     atomic.Cell[*rwsem.RWSem]

	_    [4]uintptr
	rest mm.Rest
	_    [2]uintptr
}

const (
	vmaSize    = 160
	lockSize   = 40
	restOffset = unsafe.Offsetof(vma{}.rest)
)

// A wrong size does not compile.
var _ [0]struct{} = [unsafe.Sizeof(vma{}) - vmaSize]struct{}{}

// Renew implements addrspace.VMALock.
func (v *vma) Renew() {
	v.detached.Set(true)
	// Odd: equal to no number outside a session.
	atomic.StoreRelaxed32(&v.lockSeq, mm.SeqMask)
}

// StartRead is vma_start_read and the check of detached that followed it. t is
// in an RCU section of m's domain and v was found in it: v's memory, and its
// lock's, stay v's until the section ends. On any failure it has ended.
func (v *vma) StartRead(t *vmm.Task, m *mm.MM) vmm.Event {
	// A cheap early out; the check that counts comes below.
	if atomic.LoadRelaxed32(&v.lockSeq) == atomic.LoadRelaxed32(&m.LockSeq) {
		m.RCU.Unlock(&t.Task)
		return vmm.AbortWriteLocked
	}
	lock := v.lock.Get()
	if !lock.DownReadTrylock(&t.Task) { // O1
		m.RCU.Unlock(&t.Task)
		return vmm.AbortWriterWaiting
	}
	ev := vmm.Success
	// Acquire, O2: what the session that ended with this number wrote is visible.
	if atomic.LoadRelaxed32(&v.lockSeq) == atomic.LoadAcquire32(&m.LockSeq) {
		ev = vmm.AbortWriteLocked
	} else if v.detached.Get() { // replaced since it was found
		ev = vmm.Miss
	}
	if ev != vmm.Success {
		lock.UpRead(&t.Task)
		m.RCU.Unlock(&t.Task)
	}
	return ev
}

// StartReadLocked is vma_start_read_locked: a blocking read lock, which mmap
// read keeps from waiting for a writer.
func (v *vma) StartReadLocked(t *vmm.Task) bool {
	v.lock.Get().DownRead(&t.Task)
	return true
}

// EndRead is vma_end_read. The RCU section keeps the lock's memory alive while
// UpRead wakes a writer, who may go on to free v.
func (v *vma) EndRead(t *vmm.Task) {
	rcu := v.MM.Load().RCU
	rcu.Lock(&t.Task)
	v.lock.Get().UpRead(&t.Task) // O1
	rcu.Unlock(&t.Task)
}

// StartWrite is vma_start_write: it waits for the readers, leaves its mark and
// lets the lock go at once; the mark keeps readers out until the session ends.
// It ends with vmm.EINTR if killable and t was killed.
func (v *vma) StartWrite(t *vmm.Task, killable bool) error {
	seq := atomic.LoadRelaxed32(&v.MM.Load().LockSeq)
	if atomic.LoadRelaxed32(&v.lockSeq) == seq {
		return nil // write-locked in this session already
	}
	lock := v.lock.Get()
	if !killable {
		lock.DownWrite(&t.Task) // O1
	} else if lock.DownWriteKillable(&t.Task) != nil {
		return vmm.EINTR
	}
	// Relaxed: UpWrite publishes it to the readers that get in from now on.
	atomic.StoreRelaxed32(&v.lockSeq, seq)
	lock.UpWrite(&t.Task) // O1
	return nil
}

// Attach is vma_mark_attached.
func (v *vma) Attach() { v.setDetached(false) }

// Detach is vma_mark_detached: StartWrite has waited for the readers already.
func (v *vma) Detach(*vmm.Task) { v.setDetached(true) }

func (v *vma) setDetached(d bool) {
	if atomic.Checking {
		atomic.Assert(v.writeLocked(), "attach or detach of a VMA that is not write-locked")
		atomic.Assert(v.detached.Get() != d, "second attach or detach of a VMA")
	}
	v.detached.Set(d)
}

// writeLocked reports whether v is write-locked in the open session.
func (v *vma) writeLocked() bool {
	return v.lockSeq.Load() == v.MM.Load().LockSeq.Load()
}

// State implements addrspace.VMALock.
func (v *vma) State() addrspace.LockState {
	lock := v.lock.Get()
	return addrspace.LockState{
		Attached:      !v.detached.Get(),
		WriteLocked:   v.writeLocked(),
		WriterWaiting: lock.IsWriteLocked() || lock.IsContended(),
		Readers:       lock.Readers(),
	}
}

// Queued reports whether t queues for the lock, for reports of what hangs.
func (v *vma) Queued(t *vmm.Task) bool {
	queued, _ := v.lock.Get().Queued(&t.Task)
	return queued
}
