// Package offset is M. Wilcox's answer to the two bits (linux-mm, November
// 2024): one 32-bit word whose sign says whether a reader may come in, and no
// operation but an unconditional addition.
//
// # Protocol
//
// A reader finds a VMA in the index inside an RCU section and subtracts 1. If
// the result is positive it is inside; else it adds the 1 again, and if that
// makes 0 it wakes the writer. It then looks whether the VMA is write-locked or
// detached. If anything fails it takes mmap_lock for read; it never waits for a
// VMA.
//
// A writer holds mmap_lock for write, so there is one. It subtracts 0x80000000;
// if that makes 0 nobody is inside, else it sleeps until the word is 0. It
// copies mm_lock_seq into vm_lock_seq and adds 0x80000000 again: from then on
// readers see equal numbers and turn back, until one step of mm_lock_seq
// unlocks every VMA at once.
//
// A VMA that leaves the index is marked detached, and freed after an RCU grace
// period.
//
// # State table
//
// The lock word, with n readers inside or on their way out (of 2^31-1 at most;
// 7 in a vmatiny build, whose word has 4 bits):
//
//	value           meaning                                      a reader
//	0x80000000      nobody inside; write-locked if vm_lock_seq   subtracts, is in
//	                equals mm_lock_seq
//	0x80000000 - n  n readers                                    subtracts, is in while the
//	                                                             result is above 0
//	0               the writer has it to itself; or 2^31-1       subtracts, adds: ABORT
//	                readers and one that is being turned away    (writer waiting)
//	-n              a writer waits for n readers; or has it,     subtracts, adds: ABORT
//	                and n are being turned away                  (writer waiting)
//
// Transitions, each by one addition: reader enters -1 (acquire), leaves or
// turns back +1 (release); writer comes and goes by 0x80000000 (acquire,
// release). The word is stored to in Renew alone.
//
// # Fields
//
//	field        written under                        read reliably under       peeked
//	word         nothing (atomic)                     -                         by anybody who found the VMA
//	vm_lock_seq  mmap write, the word taken           mmap write, or the VMA    before the word is taken
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
//	O1  the release that ends StartWrite -> the acquire of the reader's
//	    subtraction: it sees the writer's number.
//	O2  EndWrite's release of mm_lock_seq -> the acquire of the second look in
//	    tryRead: a reader that finds the number of a session that has ended sees
//	    all that the session wrote, detached included.
//	O3  readUnlock's release -> the writer's subtraction, or its look that finds 0.
//	O4  WriterWait's store, then the look at the word, against readUnlock's
//	    addition, then the look at WriterWait: sequentially consistent.
//
// # Permitted errors
//
// StartRead: AbortWriteLocked, AbortWriterWaiting, Miss. A false
// AbortWriteLocked is allowed, a false success is not. The limit is not told
// apart from a writer.
//
// Two things follow from turning readers away by a step that is undone. A
// writer must find the word at 0 in the very instant of its look: each reader
// that is being turned away hides the 0, wakes the writer when it undoes its
// step, and the next may hide it again, so the writer is delayed for as long as
// readers keep failing (scenario hidden-writer). And beside a
// waiting writer and a full count, two readers that fail at once carry the word
// past its negative half: the second is let in (tiny build, scenario
// failing-readers-overflow).
//
// # Cost
//
//	operation                    read-modify-writes       lines written
//	fault, no writer             2 (add, add)             the VMA's third, twice
//	fault, VMA write-locked      0 before mmap_lock       none
//	fault, a writer waits        2 before mmap_lock       the VMA's third, twice
//	start_write, nobody inside   2                        the VMA's first and third
//	detach                       0                        the VMA's first
//
// 192 bytes a VMA here, 21 in a 4 KiB page, no lock object.
//
// # Differences from Linux
//
// It was never coded in public: the mail has the values and the four steps.
// What it leaves open is filled in as the merged design has it: the pointer to
// the one sleeping writer, the place of the word, the test of vm_lock_seq. It
// cannot say "detached", so a flag does, and objects must wait for a grace
// period: a store into the word of a new life would lose the step that a stale
// reader still owes it. With protocol=era the rules are those of 6.12.
package offset
