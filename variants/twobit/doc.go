// Package twobit is the per-VMA lock of the series' first version (S.
// Baghdasaryan, linux-mm, 11 November 2024): the rw_semaphore becomes one
// 32-bit word, a reader count with two bits for the writer. Version 2, a day
// later, dropped it.
//
// # Protocol
//
// A reader finds a VMA in the index inside an RCU section and counts itself by
// one exchange, unless either of the writer's bits is set or the count is at
// its limit. It then looks again whether the VMA is write-locked or detached.
// If anything fails it takes mmap_lock for read; it never waits for a VMA.
//
// A writer holds mmap_lock for write, so there is one. If nobody is inside it
// sets wrLocked; else it sets wrWait and sleeps until it can exchange wrWait
// alone for wrLocked. It copies mm_lock_seq into vm_lock_seq and stores 0:
// from then on readers see equal numbers and turn back, until one step of
// mm_lock_seq unlocks every VMA at once.
//
// A VMA that leaves the index is marked detached, and freed after an RCU grace
// period.
//
// # State table
//
// The lock word; L is wrLocked (bit 31), W is wrWait (bit 30), n the reader
// field below (3 bits in a vmatiny build):
//
//	value  meaning                                       a reader
//	0      nobody inside; write-locked if vm_lock_seq    counts itself
//	       equals mm_lock_seq
//	n      n readers inside, some of them about to       counts itself; ABORT (limit)
//	       leave a write-locked VMA                      where n is all bits
//	W + n  a writer waits for n readers                  ABORT (writer waiting)
//	W      the last has left, the writer is on its way   ABORT (writer waiting)
//	L      the writer has it to itself                   ABORT (writer waiting)
//
// L stands with no reader, W only under mmap write. Transitions:
//
//	from    to     who                       how
//	n       n+1    reader enters             compare and swap, acquire
//	n       n-1    reader leaves             compare and swap, release
//	0       L      writer comes              compare and swap, acquire
//	n > 0   W+n    writer comes              compare and swap, acquire
//	W       L      writer was woken          compare and swap, acquire
//	W+n     n      killed writer gives up    add, release
//	L       0      writer leaves its mark    store, release
//
// # Fields
//
//	field        written under                        read reliably under       peeked
//	word         nothing (atomic)                     -                         by anybody who found the VMA
//	vm_lock_seq  mmap write, word at L                mmap write, or the VMA    before the word is taken
//	             (Renew: before anybody looks)        read lock
//	detached     mmap write + VMA write               the VMA read lock         never
//	others       as in variants/refcount
//
// # Lock order
//
// mmap_lock write, then VMA write. mmap_lock read, then VMA read. A VMA read
// lock alone; under it mmap_lock may only be tried. Page-table locks innermost.
// The RCU section ends before any wait.
//
// # Ordering
//
//	O1  the release that ends StartWrite -> the acquire of readTrylock: a reader
//	    that is counted after a writer sees the writer's number.
//	O2  EndWrite's release of mm_lock_seq -> the acquire of the second look in
//	    tryRead: a reader that finds the number of a session that has ended sees
//	    all that the session wrote, detached included.
//	O3  readUnlock's release -> the acquire with which the writer takes L: what
//	    a reader did inside comes before what the writer does.
//	O4  WriterWait's store, then claim, against readUnlock's exchange, then the
//	    look at WriterWait: sequentially consistent, or both could miss.
//
// # Permitted errors
//
// StartRead: AbortWriteLocked, AbortWriterWaiting, AbortLimit, Miss. A false
// AbortWriteLocked is allowed, a false success is not. StartReadLocked never
// fails, and there lies a flaw: it counts past the limit, so that 2^30 readers
// make the field 0 and a writer goes in beside them all (tiny build: scenario
// reader-field-wraps). EndRead takes an odd one out of a wrapped field as if
// nothing had happened.
//
// # Cost
//
//	operation                    read-modify-writes       lines written
//	fault, no writer             2 (swap, swap)           the VMA's third, twice
//	fault, VMA write-locked      0 before mmap_lock       none
//	fault, a bit seen            0 before mmap_lock       none
//	start_write, nobody inside   1 + a store              the VMA's first and third
//	detach                       0                        the VMA's first
//
// 192 bytes a VMA here, 21 in a 4 KiB page, no lock object.
//
// # Differences from Linux
//
// It was never merged. Version 1 had a wait queue in the mm, of which only ever
// one writer made use; here the one pointer that the merged design has stands in
// its place. The word lies where that design has its count, so that a
// comparison shows the machine and not the layout. StartWrite can be killed,
// which version 1's could not. With protocol=era the rules are those of 6.12.
package twobit
