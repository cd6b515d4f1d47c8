package rwseminline

import (
	"unsafe"

	"vmabench/internal/addrspace"
	"vmabench/internal/atomic"
	"vmabench/internal/mm"
	"vmabench/internal/rwsem"
	"vmabench/vmm"
)

// vma is vm_area_struct with the lock in it: aligned to a line, so that what
// readers of the lock write is on the fourth, and no fault that only reads the
// VMA misses for it.
type vma struct {
	mm.VMA // line 0

	// detached: written under mmap write and the VMA write lock; read under the
	// VMA read lock.
	detached atomic.Cell[bool]
	_        [3]byte
	// lockSeq is vm_lock_seq: written under mmap write with lock held for
	// write; stable for whoever holds lock for read; peeked without any.
	lockSeq atomic.Uint32

	_    [4]uintptr // shared
	rest mm.Rest
	_    [7]uintptr // what other configurations have, and the rest of line 2

	lock rwsem.RWSem // line 3: vm_lock
	_    [3]uintptr
}

const (
	vmaSize    = 256
	restOffset = unsafe.Offsetof(vma{}.rest)
)

// A wrong offset does not compile.
var (
	_ [0]struct{} = [unsafe.Sizeof(vma{}) - vmaSize]struct{}{}
	_ [0]struct{} = [unsafe.Offsetof(vma{}.lockSeq) - 44]struct{}{}
	_ [0]struct{} = [unsafe.Offsetof(vma{}.lock) - 192]struct{}{}
)

// Renew implements addrspace.VMALock. lock is as the last life left it: free,
// and untouched since its grace period.
func (v *vma) Renew() {
	v.detached.Set(true)
	atomic.StoreRelaxed32(&v.lockSeq, mm.SeqMask)
}

// StartRead is vma_start_read and the check of detached behind it.
func (v *vma) StartRead(t *vmm.Task, m *mm.MM) vmm.Event {
	ev := v.tryRead(t, m)
	if ev != vmm.Success {
		m.RCU.Unlock(&t.Task)
	}
	return ev
}

func (v *vma) tryRead(t *vmm.Task, m *mm.MM) vmm.Event {
	if addrspace.Marked(&v.lockSeq, m) {
		return vmm.AbortWriteLocked
	}
	if !v.lock.DownReadTrylock(&t.Task) { // O1
		return vmm.AbortWriterWaiting
	}
	if addrspace.MarkedAcquire(&v.lockSeq, m) { // O2
		v.lock.UpRead(&t.Task)
		return vmm.AbortWriteLocked
	}
	if v.detached.Get() { // replaced since it was found
		v.lock.UpRead(&t.Task)
		return vmm.Miss
	}
	return vmm.Success
}

// StartReadLocked is a blocking read lock, which mmap read keeps from waiting
// for a writer.
func (v *vma) StartReadLocked(t *vmm.Task) bool {
	v.lock.DownRead(&t.Task)
	return true
}

// EndRead is vma_end_read. The RCU section keeps v's memory alive while UpRead
// wakes a writer, who may go on to free v.
func (v *vma) EndRead(t *vmm.Task) {
	rcu := v.MM.Load().RCU
	rcu.Lock(&t.Task)
	v.lock.UpRead(&t.Task) // O1
	rcu.Unlock(&t.Task)
}

// StartWrite is vma_start_write: it waits for the readers, leaves its mark and
// lets the lock go at once; the mark keeps readers out until the session ends.
func (v *vma) StartWrite(t *vmm.Task, killable bool) error {
	m := v.MM.Load()
	if addrspace.Marked(&v.lockSeq, m) {
		return nil // write-locked in this session already
	}
	if !killable {
		v.lock.DownWrite(&t.Task) // O1
	} else if v.lock.DownWriteKillable(&t.Task) != nil {
		return vmm.EINTR
	}
	// Relaxed: UpWrite publishes it to the readers that get in from now on.
	atomic.StoreRelaxed32(&v.lockSeq, atomic.LoadRelaxed32(&m.LockSeq))
	v.lock.UpWrite(&t.Task) // O1
	return nil
}

// Attach is vma_mark_attached.
func (v *vma) Attach() { v.setDetached(false) }

// Detach is vma_mark_detached: StartWrite has waited for the readers already.
func (v *vma) Detach(*vmm.Task) { v.setDetached(true) }

func (v *vma) setDetached(d bool) {
	if atomic.Checking {
		atomic.Assert(addrspace.Marked(&v.lockSeq, v.MM.Load()), "attach or detach of a VMA that is not write-locked")
		atomic.Assert(v.detached.Get() != d, "second attach or detach of a VMA")
	}
	v.detached.Set(d)
}

// State implements addrspace.VMALock.
func (v *vma) State() addrspace.LockState {
	return addrspace.LockState{
		Attached:      !v.detached.Get(),
		WriteLocked:   addrspace.Marked(&v.lockSeq, v.MM.Load()),
		WriterWaiting: v.lock.IsWriteLocked() || v.lock.IsContended(),
		Readers:       v.lock.Readers(),
	}
}

// Queued reports whether t queues for the lock, for reports of what hangs.
func (v *vma) Queued(t *vmm.Task) bool {
	queued, _ := v.lock.Queued(&t.Task)
	return queued
}
