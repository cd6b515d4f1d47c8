// Package refcount is the per-VMA lock of Linux 6.15 and later, by the rules of
// 7.0 (mm/mmap_lock.c, include/linux/mmap_lock.h): one 32-bit count in the VMA,
// in which a flag keeps readers out.
//
// # Protocol
//
// A reader finds a VMA in the index inside an RCU section and counts itself by
// one exchange, unless the count is 0 (detached), has the flag (a writer is
// there), or is at its limit. It then looks again: the same mm, not
// write-locked, and, in the caller, the address in range, for the object may
// have been freed and be another VMA by now. If anything fails it takes
// mmap_lock for read instead; it never waits for a VMA.
//
// A writer holds mmap_lock for write, so there is one. It adds the flag, sleeps
// until the readers have left, copies mm_lock_seq into vm_lock_seq, and takes
// the flag off again: from then on readers see equal numbers and turn back. One
// step of mm_lock_seq, before mmap_lock is released or downgraded, unlocks
// every VMA at once.
//
// A VMA that leaves the index is detached: its count falls to 0 once the
// readers who counted themselves before they looked have left. Then it is freed
// at once; the slab is type-stable, and Attach alone stores to the count, where
// it is 0, so that a late reader meets a count that is right whoever the object
// is.
//
// # State table
//
// vm_refcnt; F is excludeFlag, bit 30 (bit 3 in a vmatiny build):
//
//	value      meaning                                          a reader
//	0          detached, or never attached, or free             MISS, looks again
//	1          attached, nobody inside; write-locked if         counts itself
//	           vm_lock_seq equals mm_lock_seq
//	2 .. F-1   attached, value-1 readers inside, some of them   counts itself below F-1,
//	           about to leave a write-locked VMA                ABORT (limit) at it
//	F          detached; the remover is taking the flag off     ABORT (writer waiting)
//	F+1        the writer has it to itself; or the remover      ABORT
//	           waits for one last reader
//	above F+1  the writer or remover waits for readers          ABORT
//
// Transitions:
//
//	from       to         who                         how
//	0          1         Attach                      store, release
//	1 .. F-2   +1         reader enters               compare and swap, acquire
//	n          n-1        reader leaves               add, full barrier
//	1 .. F-1   +F         writer or remover comes     compare and swap, relaxed
//	F+1        1          writer leaves its mark      add, release
//	n+F        n          killed writer gives up      add, release
//	n          n-1        remover takes the index's   add, full barrier
//	F          0          remover is done             add, release
//
// # Fields
//
//	field        written under                           read reliably under        peeked
//	vm_refcnt    nothing (atomic)                        -                          by anybody who found the VMA
//	vm_lock_seq  mmap write, no reader inside or         mmap write, or the VMA     before the count is taken
//	             detached                                read lock
//	vm_mm        Alloc, the count being 0                the VMA read lock, mmap    after the count is taken
//	vm_start,    mmap write + VMA write                  mmap_lock or VMA lock      never
//	vm_end,
//	vm_flags,
//	vm_pgoff
//	anon_vma     nil to set: mmap read + AnonLock        mmap_lock or VMA lock      never
//	mm_lock_seq  mmap write                              mmap write                 by anybody
//	WriterWait   mmap write                              -                          by whoever leaves a flagged VMA
//
// # Lock order
//
// mmap_lock write, then VMA write. mmap_lock read, then VMA read
// (vma_start_read_locked). A VMA read lock alone; under it mmap_lock may only be
// tried. Page-table locks innermost. The RCU section ends before any wait.
//
// # Ordering
//
//	O1  Attach's release, and the release that takes the flag off -> the acquire
//	    of incNotZeroLimited: a reader that is counted sees vm_mm, the bounds and
//	    vm_lock_seq of this life of the object.
//	O2  EndWrite's release of mm_lock_seq -> the acquire of the second look in
//	    StartRead: a reader that finds the number of a session that has ended sees
//	    all that the session wrote.
//	O3  put's decrement (release) -> the test of the writer or remover (acquire):
//	    what a reader did inside comes before what the writer does.
//	O4  WriterWait's store, then the test of vm_refcnt, against the decrement, then
//	    the look at WriterWait: all four sequentially consistent, or both could
//	    miss each other and the writer sleep for ever.
//	O5  the index's publication of a VMA -> the walk that finds it.
//	O6  Grab of a foreign mm before the decrement that lets it go (putForeign):
//	    the wake-up after the decrement touches that mm.
//
// # Permitted errors
//
// StartRead: AbortWriteLocked, AbortWriterWaiting, AbortLimit, AbortForeignMM,
// Miss. Lookup adds AbortNoVMA and AbortRange. A false AbortWriteLocked is
// allowed (numbers of unrelated objects, a new VMA's first number, a wrap); a
// false success is not. StartReadLocked: false at the limit. StartWrite: EINTR
// if killable. Attach and Detach: none.
//
// One turn of mm_lock_seq (2^31 sessions) after a VMA was last write-locked,
// StartWrite takes the number for this session's and does not wait for a reader
// that is inside. The test of vmatiny builds shows it with 3-bit numbers.
//
// # Cost
//
//	operation                        read-modify-writes      lines written
//	fault, no writer                 2 (swap, add)           the VMA's third, twice
//	fault, VMA write-locked          0 before mmap_lock      none
//	fault, flag seen                 0 before mmap_lock      none
//	start_write, nobody inside       2 + 2 stores of         the VMA's first and third,
//	                                 WriterWait              the mm's
//	start_write again in a session   0                       none
//	detach                           1                       the VMA's third
//	a session begins, ends           1 + a store             the mm's, twice
//
// 192 bytes a VMA, 21 in a 4 KiB page, no lock object.
//
// # Differences from Linux
//
// No preemption control: a reader can lose its CPU inside. rcuwait is a Task
// that parks; both ends use sequentially consistent accesses where
// the kernel has barriers beside relaxed ones, so put is a full barrier on every
// machine, and the writer's test an acquire. mm_lock_seq and WriterWait are
// written by XCHG, where amd64 Linux has plain stores and one barrier.
// Saturation of refcount_t is not modelled. lockdep's map, and the fields of
// rmap, NUMA balancing and swap, are bytes only.
//
// protocol=era is 6.16: no VMA lock for madvise and for the /proc/PID/maps walk,
// and fork's write locks are not killable. The use after free of a foreign mm
// that 6.15 and 6.16 had (fixed by 9bbffee67ffd) is not reproduced.
package refcount
