package twobit

import (
	"unsafe"

	"vmabench/internal/addrspace"
	"vmabench/internal/atomic"
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// The writer's bits of the lock word, see the state table in doc.go.
const (
	wrLocked = 1 << 31
	wrWait   = 1 << 30
)

// vma is vm_area_struct with the lock word where the merged design has its
// count: three lines, the word in the third.
type vma struct {
	mm.VMA

	// detached: written under mmap write and the VMA write lock; read under the
	// VMA read lock.
	detached atomic.Cell[bool]
	_        [3]byte
	// lockSeq is vm_lock_seq: written under mmap write with word at wrLocked;
	// stable for whoever holds the read lock; peeked without any.
	lockSeq atomic.Uint32

	rest mm.Rest
	_    [3]uintptr

	word atomic.Uint32 // line 2
	_    uint32
	_    [7]uintptr
}

const (
	vmaSize    = 192
	restOffset = unsafe.Offsetof(vma{}.rest)
)

// A wrong offset does not compile.
var (
	_ [0]struct{} = [unsafe.Sizeof(vma{}) - vmaSize]struct{}{}
	_ [0]struct{} = [unsafe.Offsetof(vma{}.lockSeq) - 44]struct{}{}
	_ [0]struct{} = [unsafe.Offsetof(vma{}.word) - 128]struct{}{}
)

// Renew implements addrspace.VMALock. word is 0 since the last life: nobody
// looks at a VMA from before its grace period.
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
	if ev := v.readTrylock(); ev != vmm.Success {
		return ev
	}
	if addrspace.MarkedAcquire(&v.lockSeq, m) { // O2
		v.readUnlock(t, m)
		return vmm.AbortWriteLocked
	}
	if v.detached.Get() { // replaced since it was found
		v.readUnlock(t, m)
		return vmm.Miss
	}
	return vmm.Success
}

func (v *vma) readTrylock() vmm.Event {
	for {
		c := atomic.LoadRelaxed32(&v.word)
		switch {
		case c&(wrLocked|wrWait) != 0:
			return vmm.AbortWriterWaiting
		case c&readers == readers:
			return vmm.AbortLimit
		}
		// Acquire, O1: pairs with the release that ends StartWrite.
		if atomic.CompareAndSwapAcquire32(&v.word, c, c+1) {
			return vmm.Success
		}
	}
}

// StartReadLocked is read_locked, under mmap read. It has no limit: one reader
// too many and the field reads 0, as if nobody were inside.
func (v *vma) StartReadLocked(*vmm.Task) bool {
	for {
		c := atomic.LoadRelaxed32(&v.word)
		// Acquire, O1.
		if atomic.CompareAndSwapAcquire32(&v.word, c, c&^readers|(c+1)&readers) {
			return true
		}
	}
}

// EndRead implements addrspace.VMALock.
func (v *vma) EndRead(t *vmm.Task) { v.readUnlock(t, v.MM.Load()) }

// readUnlock takes m, v's, from its caller: v may be gone once it is unlocked.
func (v *vma) readUnlock(t *vmm.Task, m *mm.MM) {
	for {
		c := atomic.LoadRelaxed32(&v.word)
		// A field of 0 had wrapped: the one below it is all bits.
		n := c&^readers | (c-1)&readers
		// Release, O3, and a full barrier, O4, before WriterWait is read.
		if atomic.CompareAndSwapRelease32(&v.word, c, n) {
			if n&readers == 0 && n&wrWait != 0 {
				addrspace.WakeWriter(t, m)
			}
			return
		}
	}
}

// StartWrite is vma_start_write: it takes the word, leaves its mark and lets
// the word go at once; the mark keeps readers out until the session ends.
func (v *vma) StartWrite(t *vmm.Task, killable bool) error {
	m := v.MM.Load()
	if addrspace.Marked(&v.lockSeq, m) {
		return nil // write-locked in this session already
	}
	if !v.writeLock() && !addrspace.AwaitReaders(t, m, killable, v.claim) {
		// The bit alone: readers may still come off the field.
		atomic.AddRelease32(&v.word, ^uint32(wrWait)+1)
		return vmm.EINTR
	}
	atomic.StoreRelaxed32(&v.lockSeq, atomic.LoadRelaxed32(&m.LockSeq))
	atomic.StoreRelease32(&v.word, 0) // O1; a plain store: nobody else writes
	return nil
}

// writeLock takes the word if no reader has it, else it announces a writer.
func (v *vma) writeLock() bool {
	for {
		c := atomic.LoadRelaxed32(&v.word)
		n := c | wrWait
		if c&readers == 0 {
			n = c | wrLocked
		}
		// Acquire, O3: pairs with the release in readUnlock.
		if atomic.CompareAndSwapAcquire32(&v.word, c, n) {
			return n&wrLocked != 0
		}
	}
}

// claim turns the wait into the lock once the readers have left.
func (v *vma) claim() bool {
	return atomic.CompareAndSwapAcquire32(&v.word, wrWait, wrLocked) // O3
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
	c := v.word.Load()
	return addrspace.LockState{
		Attached:      !v.detached.Get(),
		WriteLocked:   addrspace.Marked(&v.lockSeq, v.MM.Load()),
		WriterWaiting: c&(wrLocked|wrWait) != 0,
		Readers:       int(c & readers),
	}
}
