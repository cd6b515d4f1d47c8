package offset

import (
	"unsafe"

	"vmabench/internal/addrspace"
	"vmabench/internal/atomic"
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// free is the word with nobody there: one reader is unit below it, the writer
// free itself, see the state table in doc.go. To subtract free and to add it
// is the same step of a 32-bit word.
const (
	free      = 1 << 31
	minusUnit = 1<<32 - unit
)

// vma is vm_area_struct with the lock word where the merged design has its
// count: three lines, the word in the third.
type vma struct {
	mm.VMA

	// detached: written under mmap write and the VMA write lock; read under the
	// VMA read lock.
	detached atomic.Cell[bool]
	_        [3]byte
	// lockSeq is vm_lock_seq: written under mmap write with word at 0;
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

// Renew implements addrspace.VMALock. To store into word is right only because
// no stale reader is left that owes it a step: the grace period has passed.
func (v *vma) Renew() {
	v.detached.Set(true)
	atomic.StoreRelaxed32(&v.lockSeq, mm.SeqMask)
	atomic.StoreRelease32(&v.word, free)
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
	if !v.readTrylock(t, m) {
		return vmm.AbortWriterWaiting
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

// readTrylock takes one off. What is left is positive if neither a writer was
// there nor one reader too many; else the step is undone, which may be what the
// writer waits for.
func (v *vma) readTrylock(t *vmm.Task, m *mm.MM) bool {
	// Acquire, O1: pairs with the release that ends StartWrite.
	if int32(atomic.AddAcquire32(&v.word, minusUnit)) > 0 {
		return true
	}
	v.readUnlock(t, m)
	return false
}

// StartReadLocked is the same under mmap read: only the limit can fail it.
func (v *vma) StartReadLocked(*vmm.Task) bool {
	if int32(atomic.AddAcquire32(&v.word, minusUnit)) > 0 { // O1
		return true
	}
	atomic.AddRelaxed32(&v.word, unit) // no writer can be waiting
	return false
}

// EndRead implements addrspace.VMALock.
func (v *vma) EndRead(t *vmm.Task) { v.readUnlock(t, v.MM.Load()) }

// readUnlock takes m, v's, from its caller: v may be gone once it is unlocked.
func (v *vma) readUnlock(t *vmm.Task, m *mm.MM) {
	// Release, O3, and a full barrier, O4, before WriterWait is read.
	if atomic.AddRelease32(&v.word, unit) == 0 {
		addrspace.WakeWriter(t, m)
	}
}

// StartWrite is vma_start_write: it takes the word, leaves its mark and lets
// the word go at once; the mark keeps readers out until the session ends.
func (v *vma) StartWrite(t *vmm.Task, killable bool) error {
	m := v.MM.Load()
	if addrspace.Marked(&v.lockSeq, m) {
		return nil // write-locked in this session already
	}
	// Acquire, O3: pairs with the release in readUnlock.
	if atomic.AddAcquire32(&v.word, free) != 0 && !addrspace.AwaitReaders(t, m, killable, v.alone) {
		atomic.AddRelease32(&v.word, free) // as it was, readers aside
		return vmm.EINTR
	}
	atomic.StoreRelaxed32(&v.lockSeq, atomic.LoadRelaxed32(&m.LockSeq))
	// Release, O1. Never a store: a reader that failed may owe the word its step.
	atomic.AddRelease32(&v.word, free)
	return nil
}

// alone reports whether word is 0 just now. A reader that fails at this moment
// hides it, and wakes the writer again when it undoes its step.
func (v *vma) alone() bool { return v.word.Load() == 0 } // O3

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

// State implements addrspace.VMALock. How many readers there are follows from
// the word only where no step is half undone.
func (v *vma) State() addrspace.LockState {
	c := v.word.Load()
	readers := free - c // of a word that no writer is at
	if c == 0 || c > free {
		readers = -c
	}
	return addrspace.LockState{
		Attached:      !v.detached.Get(),
		WriteLocked:   addrspace.Marked(&v.lockSeq, v.MM.Load()),
		WriterWaiting: c == 0 || c > free,
		Readers:       int(readers / unit),
	}
}
