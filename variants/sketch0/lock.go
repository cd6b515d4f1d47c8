// Code generated from variants/sketch by make designs. DO NOT EDIT.

package sketch0

import (
	"unsafe"

	"vmabench/internal/addrspace"
	"vmabench/internal/atomic"
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// writer is the bit of a writer, who also counts as one: see the state table
// in doc.go.
const (
	writer   = 1 << 31
	minusOne = 1<<32 - one
)

// vma is that of variants/sketch, and knows what is wrong with it.
type vma struct {
	mm.VMA // line 0

	// lockSeq is vm_lock_seq: written under mmap write with no reader inside;
	// stable for whoever holds the read lock; peeked without any.
	lockSeq atomic.Uint32
	flaws   flaws // immutable since the slab page was made
	_       [3]byte

	rest mm.Rest
	_    [3]uintptr

	// refcnt survives the object's recycling: never stored to, only added to.
	refcnt atomic.Uint32 // line 2
	_      uint32
	_      [7]uintptr
}

const (
	vmaSize    = 192
	restOffset = unsafe.Offsetof(vma{}.rest)
)

// A wrong offset does not compile.
var (
	_ [0]struct{} = [unsafe.Sizeof(vma{}) - vmaSize]struct{}{}
	_ [0]struct{} = [unsafe.Offsetof(vma{}.lockSeq) - 40]struct{}{}
	_ [0]struct{} = [unsafe.Offsetof(vma{}.refcnt) - 128]struct{}{}
)

// Renew implements addrspace.VMALock. It leaves refcnt alone: a stale reader
// may be looking at it.
func (v *vma) Renew() { atomic.StoreRelaxed32(&v.lockSeq, mm.SeqMask) }

// StartRead is vma_start_read. v may be anybody's by now, or nobody's.
func (v *vma) StartRead(t *vmm.Task, m *mm.MM) vmm.Event {
	if addrspace.Marked(&v.lockSeq, m) {
		m.RCU.Unlock(&t.Task)
		return vmm.AbortWriteLocked
	}
	old := v.enter()
	if old == 0 && v.flaws&fetchInc == 0 {
		m.RCU.Unlock(&t.Task)
		return vmm.Miss
	}
	// From here v stays attached, if it was. O1 made its fields those of this life.
	ev := vmm.Success
	switch {
	case v.MM.Load() != m:
		return v.putForeign(t, m)
	case old&writer != 0:
		ev = vmm.AbortWriterWaiting
	case addrspace.MarkedAcquire(&v.lockSeq, m): // O2
		ev = vmm.AbortWriteLocked
	default:
		return ev
	}
	v.EndRead(t)
	m.RCU.Unlock(&t.Task)
	return ev
}

// enter adds a reader, as the mail has it to a detached v too, and returns the
// count before.
// It looks at nothing else, so a reader whom a writer keeps out writes the word
// twice.
func (v *vma) enter() uint32 {
	if v.flaws&fetchInc != 0 {
		return atomic.AddAcquire32(&v.refcnt, one) - one
	}
	for {
		c := atomic.LoadRelaxed32(&v.refcnt)
		// Acquire, O1: pairs with the release in Attach, and in StartWrite.
		if c == 0 || atomic.CompareAndSwapAcquire32(&v.refcnt, c, c+one) {
			return c
		}
	}
}

// putForeign undoes the count of a v that was recycled into another mm, which
// may go away as soon as v is not counted: so hold on to it first.
func (v *vma) putForeign(t *vmm.Task, m *mm.MM) vmm.Event {
	other := v.MM.Load()
	m.RCU.Unlock(&t.Task)
	other.Grab()
	v.EndRead(t)
	other.Drop()
	return vmm.AbortForeignMM
}

// StartReadLocked is a plain increment: under mmap read no writer can be.
func (v *vma) StartReadLocked(*vmm.Task) bool {
	atomic.AddAcquire32(&v.refcnt, one) // O1
	return true
}

// EndRead is put.
func (v *vma) EndRead(t *vmm.Task) {
	m := v.MM.Load() // first: afterwards v may be gone
	// Release, O3, and a full barrier, O4, before WriterWait is read.
	if n := atomic.AddRelease32(&v.refcnt, minusOne); n&writer != 0 && n <= writer+2*one {
		addrspace.WakeWriter(t, m)
	}
}

// StartWrite is vma_start_write: it adds the writer, waits for the readers,
// leaves its mark and takes the writer off again; the mark keeps readers out
// until the session ends.
func (v *vma) StartWrite(t *vmm.Task, killable bool) error {
	m := v.MM.Load()
	if addrspace.Marked(&v.lockSeq, m) {
		return nil // write-locked in this session already
	}
	const me = writer + one
	// Acquire, O3: it may find the readers gone.
	n := atomic.AddAcquire32(&v.refcnt, me)
	alone := uint32(me) // of a v that is not in the tree
	if n != me || v.flaws&oneTarget != 0 {
		alone += one
	}
	if n != alone && !addrspace.AwaitReaders(t, m, killable, func() bool {
		return v.refcnt.Load() == alone // O3: pairs with the release in EndRead
	}) {
		atomic.AddRelease32(&v.refcnt, 1<<32-me) // as it was, readers aside
		return vmm.EINTR
	}
	atomic.StoreRelaxed32(&v.lockSeq, atomic.LoadRelaxed32(&m.LockSeq))
	// Release, O1: readers that come now see the number.
	off := uint32(me)
	if v.flaws&keepCount != 0 {
		off = writer
	}
	atomic.AddRelease32(&v.refcnt, -off)
	return nil
}

// Attach is vma_mark_attached. It adds: a reader that met the writer of a
// detached v may not have taken itself off yet.
func (v *vma) Attach() {
	if atomic.Checking {
		atomic.Assert(v.writeLocked(), "attach of a VMA that is not write-locked")
	}
	atomic.AddRelease32(&v.refcnt, one) // O1
}

// Detach is vma_mark_detached. Readers that counted themselves before they
// looked at the number are on their way out: wait for them, and leave the word
// in the same step that finds them gone. A reader that came between the two
// would be counted in a detached VMA, and the next one would take it for the
// tree.
func (v *vma) Detach(t *vmm.Task) {
	if atomic.Checking {
		atomic.Assert(v.writeLocked(), "detach of a VMA that is not write-locked")
	}
	if v.refcnt.Add(minusOne) == 0 || v.flaws&finalPut != 0 { // full barrier; pairs with EndRead, O3
		return
	}
	atomic.AddRelaxed32(&v.refcnt, writer)
	addrspace.AwaitReaders(t, v.MM.Load(), false, v.leave)
}

// leave turns the writer's bit alone into 0, detached.
func (v *vma) leave() bool { return v.refcnt.CompareAndSwap(writer, 0) } // O3

func (v *vma) writeLocked() bool { return addrspace.Marked(&v.lockSeq, v.MM.Load()) }

// State implements addrspace.VMALock.
func (v *vma) State() addrspace.LockState {
	c := v.refcnt.Load()
	readers := int(c&^writer) / one
	if readers > 0 {
		readers-- // the tree's
	}
	return addrspace.LockState{
		Attached:      c != 0,
		WriteLocked:   v.writeLocked(),
		WriterWaiting: c&writer != 0,
		Readers:       readers,
	}
}
