package mm

import (
	"unsafe"

	"vmabench/internal/atomic"
	"vmabench/internal/pgtable"
	"vmabench/internal/rwsem"
	"vmabench/vmm"
)

// MM is what locking needs of the kernel's mm_struct, with the neighbours that
// matter: the structural count alone on a line, mmap_lock across two lines
// (count ends one, owner starts the next: both are hot when it is contended),
// and behind it the wait pointer and the counter that every fault reads, so
// that a mapper's stores cost the faulters what they cost in Linux. The offsets
// are those of Debian's 6.16; see New for others.
type MM struct {
	// Count is mm_count: 1 for the address space itself and 1 for each stale
	// reader that holds on to a foreign mm. See Grab and Drop.
	Count atomic.Uint32
	_     [60]byte

	// Index is mm_mt: read by anybody inside an RCU section or under
	// mmap_lock, written under mmap write.
	Index Index
	// Table is the page table: its entries have locks of their own.
	Table pgtable.Table
	// RCU is the domain of the machine; immutable.
	RCU *atomic.RCU
	// StartBrk and Brk are the heap's bounds, MapCount the number of VMAs in
	// Index: written under mmap write, read under mmap_lock.
	StartBrk, Brk atomic.Cell[vmm.Addr]
	MapCount      atomic.Cell[int]
	// AnonLock is page_table_lock in its role of guarding AnonVMA's nil to set.
	AnonLock atomic.SpinLock
	_        [headPad]byte

	// Lock is mmap_lock, 56 bytes into a line, or 40 (New).
	Lock rwsem.RWSem
	_    [2]uintptr // mmlist
	// WriterWait is vma_writer_wait, an rcuwait: the task that waits for a
	// VMA's readers to leave. Written by the holder of mmap write, read by
	// readers that put a VMA.
	WriterWait atomic.Pointer[atomic.Task]
	// LockSeq is mm_lock_seq: written by the holder of mmap write alone, read
	// by anybody. See BeginWrite and EndWrite.
	LockSeq atomic.Uint32
	_       [tailPad]byte
}

const (
	line = 64
	// headSize is the size of all between Count's line and the padding.
	headSize = unsafe.Sizeof(Index{}) + unsafe.Sizeof(pgtable.Table{}) + 8 + 3*8 + 4
	headPad  = (56 + line - headSize%line) % line
	tailUsed = (56 + 40 + 16 + 8 + 4) % line
	tailPad  = (line - tailUsed) % line
)

// The offsets that the comments above promise; a wrong one does not compile.
var (
	_ [0]struct{} = [unsafe.Offsetof(MM{}.Lock)%line - 56]struct{}{}
	_ [0]struct{} = [unsafe.Offsetof(MM{}.WriterWait) - unsafe.Offsetof(MM{}.Lock) - 56]struct{}{}
	_ [0]struct{} = [unsafe.Offsetof(MM{}.LockSeq) - unsafe.Offsetof(MM{}.WriterWait) - 8]struct{}{}
	_ [0]struct{} = [unsafe.Sizeof(MM{}) % line]struct{}{}
)

// lower is an MM of which each field lies 48 bytes further into its line.
type lower struct {
	_ [48]byte
	MM
	_ [line - 48]byte
}

// New returns a zero MM. Where a kernel's mmap_lock falls is an accident of its
// configuration: with oneLine its count and its owner share a line, 40 bytes
// into it, as in Debian's 6.12 (6.1: 48, 7.3: 24).
func New(oneLine bool) *MM {
	if oneLine {
		return &new(lower).MM
	}
	return new(MM)
}

// Init makes a zero m an empty address space with one structural reference.
func (m *MM) Init(rcu *atomic.RCU) {
	m.RCU = rcu
	m.Count.Store(1)
	m.StartBrk.Set(vmm.BrkBase)
	m.Brk.Set(vmm.BrkBase)
}

// Grab is mmgrab: it keeps the struct alive, not the address space. The caller
// knows that Count is not 0.
func (m *MM) Grab() { atomic.AddRelaxed32(&m.Count, 1) }

// Drop is mmdrop. What was done to m before is ordered before its end.
func (m *MM) Drop() {
	// Release: pairs with the acquire below of whoever drops the last reference.
	if atomic.AddRelease32(&m.Count, ^uint32(0)) == 0 {
		atomic.LoadAcquire32(&m.Count)
		atomic.Free(m)
	}
}

// BeginWrite opens a write session: LockSeq becomes odd (6.14 and later). The
// caller has just taken mmap write.
func (m *MM) BeginWrite() {
	// A swap, so that the session's stores stay behind it (the kernel has a
	// write barrier there; on arm64, where a store may pass the swap's own, the
	// exchange in StartWrite or in the slab's lock comes before the first of
	// them). Pairs with the load in SpeculateRetry.
	m.LockSeq.Swap((atomic.LoadRelaxed32(&m.LockSeq) + 1) & SeqMask)
}

// EndWrite is vma_end_write_all: it unlocks every VMA of m by one step of
// LockSeq. The caller still holds mmap write.
func (m *MM) EndWrite() {
	// Release: what the session wrote is seen by a reader whose second look at
	// LockSeq (acquire, in each design's StartRead) finds the new number.
	atomic.StoreRelease32(&m.LockSeq, (atomic.LoadRelaxed32(&m.LockSeq)+1)&SeqMask)
}

// SpeculateBegin is mmap_lock_speculate_try_begin: it reports whether no write
// session is open, and the number to hand to SpeculateRetry.
func (m *MM) SpeculateBegin() (seq uint32, ok bool) {
	// Acquire: pairs with the release in EndWrite.
	seq = atomic.LoadAcquire32(&m.LockSeq)
	return seq, seq&1 == 0
}

// SpeculateRetry reports whether a write session began since seq was read.
func (m *MM) SpeculateRetry(seq uint32) bool {
	// It is not moved before the speculation's own loads: Cell.Peek sees to that
	// (the kernel has a read barrier here). Pairs with the swap in BeginWrite.
	return m.LockSeq.Load() != seq
}
