// Package rwseminline is variants/rwsem with the lock inside the VMA, on a
// cache line of its own: what was tried when the lock was first split off (2023,
// c7f8f31c00d1 tells of it) and what the series that led to 6.15 did in between
// (7b6218ae1253).
//
// # Protocol
//
// A reader finds a VMA in the index inside an RCU section and tries its
// rw_semaphore for read. It then looks again whether the VMA is write-locked or
// detached. If anything fails it takes mmap_lock for read; it never waits for a
// VMA.
//
// A writer holds mmap_lock for write, so there is one. It takes the
// rw_semaphore for write, spinning on its owner and then queueing, copies
// mm_lock_seq into vm_lock_seq and releases it at once: from then on readers see
// equal numbers and turn back, until one step of mm_lock_seq unlocks every VMA.
//
// A VMA that leaves the index is marked detached, and freed with its lock after
// an RCU grace period.
//
// # State table
//
// The words are those of internal/rwsem. What a reader meets:
//
//	count, vm_lock_seq                             a reader
//	no writer, no waiter; numbers differ           is in
//	no writer, no waiter; numbers equal            ABORT (write-locked), mostly before it tries
//	writer or waiter                               ABORT (writer waiting)
//	any; detached                                  MISS, looks again
//
// # Fields
//
//	field        written under                        read reliably under       peeked
//	lock         nothing (atomic; its own spin lock)  -                         by anybody who found the VMA
//	vm_lock_seq  mmap write + lock write              mmap write, or lock read  before lock is tried
//	detached     mmap write + VMA write               the VMA read lock         never
//	others       as in variants/rwsem
//
// # Lock order
//
// mmap_lock write, then VMA write. mmap_lock read, then VMA read. A VMA read
// lock alone; under it mmap_lock may only be tried. Page-table locks innermost.
// The RCU section ends before any wait.
//
// # Ordering
//
//	O1  the rw_semaphore's own edges: UpWrite -> DownReadTrylock, UpRead -> DownWrite.
//	O2  EndWrite's release of mm_lock_seq -> the acquire of the second look in
//	    tryRead: a reader that finds the number of a session that has ended sees
//	    all that the session wrote, detached included.
//
// # Permitted errors
//
// StartRead: AbortWriteLocked, AbortWriterWaiting (also where the lock's reader
// count is full), Miss. A false AbortWriteLocked is allowed, a false success is
// not. StartReadLocked never fails.
//
// # Cost
//
//	operation                    read-modify-writes       lines written
//	fault, no writer             2 + a store of owner     the VMA's fourth, three times
//	fault, VMA write-locked      0 before mmap_lock       none
//	fault, a waiter seen         0 before mmap_lock       none
//	start_write, nobody inside   2 + 2 stores of owner    the VMA's first and fourth
//	detach                       0                        the VMA's first
//
// 256 bytes a VMA, 16 in a 4 KiB page, no lock object. The pointer and the hop
// of variants/rwsem are gone, and so is the line that its 40-byte objects share
// with their neighbours.
//
// # Differences from Linux
//
// Those of variants/rwsem and internal/rwsem. With 128-byte line pairs that a
// prefetcher fetches together, the fourth line still comes with the third: the
// trials of 2023 lost by that. With protocol=era the rules are those of 6.12.
package rwseminline
