// Package rwsem is the per-VMA lock of Linux 6.4 to 6.14 (include/linux/mm.h,
// mm/memory.c of those kernels): an rw_semaphore in an object of its own.
//
// # Protocol
//
// A reader finds a VMA in the index inside an RCU section, compares
// vm_lock_seq with mm_lock_seq, tries the rw_semaphore for read, compares again
// (only this look counts), and asks whether the VMA was detached. If anything
// fails it takes mmap_lock for read instead, but for a detached VMA, which is
// looked up again; it never waits for a VMA.
//
// A writer holds mmap_lock for write, so there is one. It takes the
// rw_semaphore for write, which waits for the readers inside (spinning, then
// queueing), copies mm_lock_seq into vm_lock_seq, and releases it at once: the
// equal numbers keep readers out from then on. One step of mm_lock_seq, before
// mmap_lock is released or downgraded, unlocks every VMA at once.
//
// A VMA that leaves the index is marked detached under its write lock, and is
// freed with its lock after an RCU grace period, so that what a reader found
// stays that VMA until its RCU section ends.
//
// # State table
//
// The pair (vm_lock, vm_lock_seq); the rw_semaphore's own words are in package
// internal/rwsem:
//
//	vm_lock          numbers    meaning                               a reader
//	free             differ     unlocked                              enters
//	read, n inside   differ     n readers                             enters
//	read, n inside   equal      the n compare again and leave         ABORT (write-locked)
//	writer queued    differ     the writer waits for readers          ABORT (writer waiting)
//	write            differ     the writer is about to leave its mark ABORT (writer waiting)
//	free             equal      write-locked until the session ends   ABORT (write-locked)
//
//	detached         meaning                                          a reader inside
//	true             not in the index (any more)                      leaves, MISS, looks again
//	false            in the index
//
// # Fields
//
//	field        written under                           read reliably under        peeked
//	vm_lock      itself                                  -                          by anybody who found the VMA
//	vm_lock_seq  mmap write + vm_lock held for write     mmap write, or the VMA     before vm_lock is tried
//	                                                     read lock
//	detached     mmap write + VMA write                  the VMA read lock          never
//	vm_mm        Alloc                                   RCU, once found            -
//	vm_start,    mmap write + VMA write                  mmap_lock or VMA lock      never
//	vm_end,
//	vm_flags,
//	vm_pgoff
//	anon_vma     nil to set: mmap read + AnonLock        mmap_lock or VMA lock      never
//	mm_lock_seq  mmap write                              mmap write                 by anybody
//
// # Lock order
//
// mmap_lock write, then vm_lock write, released before anything else is taken.
// mmap_lock read, then vm_lock read (vma_start_read_locked). vm_lock read alone;
// under it mmap_lock may only be tried. Page-table locks innermost. vm_lock read
// is released inside an RCU section.
//
// # Ordering
//
//	O1  vm_lock's release (UpRead, UpWrite) -> its acquire (DownWrite,
//	    DownReadTrylock): the writer sees what readers did, a reader sees
//	    vm_lock_seq and all that the writer wrote before it let go.
//	O2  EndWrite's release of mm_lock_seq -> the acquire of the second look in
//	    StartRead: a reader that finds the number of a session that has ended sees
//	    all that the session wrote, detached included (b1f02b95758d).
//	O3  the index's publication of a VMA -> the walk that finds it.
//	O4  the end of the RCU sections that could have found a VMA -> the reuse of its
//	    memory and its lock's.
//
// # Permitted errors
//
// StartRead: AbortWriteLocked, AbortWriterWaiting, Miss. Lookup adds AbortNoVMA
// and AbortRange. A false AbortWriteLocked is allowed (a new VMA's first number,
// a wrap), and a false AbortWriterWaiting (a queue that is just emptying); a
// false success is not. AbortForeignMM cannot happen, AbortLimit not before 2^55
// readers. StartReadLocked: none. StartWrite: EINTR if killable.
//
// One turn of mm_lock_seq after a VMA was last write-locked (2^31 sessions, 2^32
// by the rules of protocol=era), StartWrite takes the number for this session's
// and does not wait for a reader that is inside. The test of vmatiny builds shows
// it with 3-bit numbers.
//
// # Cost
//
//	operation                        read-modify-writes      lines written
//	fault, no writer                 2 (swap, add)           the lock's, three times (count, owner, count)
//	fault, VMA write-locked          0 before mmap_lock      none
//	fault, writer queued             0 before mmap_lock      none
//	start_write, nobody inside       2 + 2 stores of owner   the lock's, the VMA's
//	start_write again in a session   0                       none
//	detach                           0                       the VMA's
//	a session begins, ends           1 + a store             the mm's, twice
//
// 176 bytes a VMA, 23 in a 4 KiB page, and 40 bytes a lock, 102 in a page: more
// than one lock to a line, and VMAs across lines, as in the kernel's slabs
// without alignment. Both objects wait for a grace period before reuse.
//
// # Differences from Linux
//
// Those of internal/rwsem: whether an owner is on its CPU is known only as far
// as it sleeps, and nothing disables preemption. StartRead has the shape of 7.0
// (it ends the RCU section when it fails) and counts the mm it was given rather
// than vm_mm. With protocol=same the rules around the lock are those of 7.0: the
// seqcount of 6.14 as mm_lock_seq, madvise and the /proc/PID/maps walk under VMA
// locks, and killable write locks in fork, which this lock never had.
//
// protocol=era is 6.12: mm_lock_seq steps at the end of a session only, madvise
// and the walk take mmap_lock, fork's write locks are not killable.
package rwsem
