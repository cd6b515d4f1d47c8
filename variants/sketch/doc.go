// Package sketch is the proposal from which the merged design grew (P.
// Zijlstra, linux-mm, 10 December 2024), with the corrections of S.
// Baghdasaryan's answer of the same day and two more without which it cannot
// run: one count for readers, tree and writer, and "detached" is 0.
// variants/sketch0 has it as it was written.
//
// # Protocol
//
// A reader finds a VMA in the index inside an RCU section and increments its
// count unless it is 0. Only then does it look: the same mm, no writer, not
// write-locked, and, in the caller, the address in range, for the object may
// have been freed and be another VMA by now. If anything fails it puts its
// count and takes mmap_lock for read; it never waits for a VMA.
//
// A writer holds mmap_lock for write, so there is one. It adds itself and the
// sign bit, sleeps until only it and the tree are counted, copies mm_lock_seq
// into vm_lock_seq and takes itself off again: from then on readers see equal
// numbers and turn back, until one step of mm_lock_seq unlocks every VMA.
//
// A VMA that leaves the index loses the tree's count. Readers that had counted
// themselves before they looked are waited for; then it is freed at once, the
// slab being type-stable.
//
// # State table
//
// vm_refcnt; W is the sign bit (units of 2^28 in a vmatiny build):
//
//	value         meaning                                         a reader
//	0             detached, or never attached, or free            MISS, looks again
//	1             attached, nobody inside; write-locked if        counts itself
//	              vm_lock_seq equals mm_lock_seq
//	1 + n         attached, n readers, some about to leave        counts itself
//	W + 1 + n     a writer of a detached VMA and n readers that   counts itself, puts, ABORT
//	              are being turned away
//	W + 2         the writer has it to itself                     counts itself, puts, ABORT
//	W + 2 + n     the writer waits for n readers                  counts itself, puts, ABORT
//	W + n         the remover waits for n readers                 counts itself, puts, ABORT
//
// Transitions:
//
//	from      to     who                         how
//	n > 0     n+1    reader enters               compare and swap, acquire
//	n         n-1    reader leaves               add, release
//	n         W+n+1  writer comes                add
//	W+n       n-1    writer leaves, or was       add, release
//	                 killed
//	n         n+1    attach                      add, release
//	n         n-1    remover takes the tree's    add, full barrier
//	n > 0     W+n    remover waits               add
//	W         0      remover is done             compare and swap
//
// # Fields
//
//	field        written under                        read reliably under       peeked
//	vm_refcnt    nothing (atomic)                     -                         by anybody who found the VMA
//	vm_lock_seq  mmap write, no reader inside or      mmap write, or the VMA    before the count is taken
//	             detached                             read lock
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
//	O1  Attach's release, and the release that ends StartWrite -> the acquire of
//	    incNotZero: a reader that is counted sees vm_mm, the bounds and
//	    vm_lock_seq of this life of the object.
//	O2  EndWrite's release of mm_lock_seq -> the acquire of the second look in
//	    StartRead.
//	O3  EndRead's release -> the look with which the writer or remover finds the
//	    readers gone.
//	O4  WriterWait's store, then that look, against EndRead's addition, then the
//	    look at WriterWait: sequentially consistent.
//
// # Permitted errors
//
// StartRead: AbortWriteLocked, AbortWriterWaiting, AbortForeignMM, Miss. A
// false AbortWriteLocked is allowed, a false success is not. There is no limit:
// 2^31-1 readers reach the writer's bit, which only turns others away, and 2^32-1
// make the count 0, as if the VMA were in no tree (tiny build, scenarios
// count-full and count-wraps). Like variants/offset it counts readers that it
// turns away, and a writer sleeps for them (scenario hidden-writer).
//
// # Cost
//
//	operation                    read-modify-writes       lines written
//	fault, no writer             2 (swap, add)            the VMA's third, twice
//	fault, VMA write-locked      0 before mmap_lock       none
//	fault, a writer waits        2 before mmap_lock       the VMA's third, twice
//	start_write, nobody inside   2                        the VMA's first and third
//	detach                       1                        the VMA's third
//
// 192 bytes a VMA here, 21 in a 4 KiB page, no lock object.
//
// # Differences from Linux
//
// It was never merged as it stood. Corrected as the answer has it: there is no
// vma_end_write, so StartWrite takes the writer's count off, too; and a detached
// VMA is write-locked at W+1. Corrected beyond it: readers increment only what is
// not 0 (the mail has that for the lookup, and a plain increment in
// vma_start_read); and Detach waits. The wait ends by an exchange of W for 0: a
// plain test and subtraction would leave room for a reader between them, whose
// count the next reader would take for the tree's. The merged design closes that
// gap by keeping readers off the count while its flag is set, and needs no
// exchange. The increment was fetch_inc in the mail; here it is an exchange,
// because of the 0. With protocol=era the rules are those of 6.12.
package sketch
