// Package template is a lock to start from: docs/byol.md says how. It is right
// and it is dull: a count of readers, a bit for the writer, who waits awake. The
// headings below are those of every design, in this order; say under each what
// is true of yours.
//
// # Protocol
//
// Who takes what, in which order, and what a failure leads to. Here: a reader
// adds 1 unless the bit is set, looks whether the VMA is write-locked or
// detached, and takes mmap_lock for read if anything fails. A writer, who holds
// mmap_lock for write, sets the bit, waits until nobody is counted, copies
// mm_lock_seq into vm_lock_seq and takes the bit off.
//
// # State table
//
// Every value of the lock word, what it means, what a reader does on it:
//
//	value       meaning                                     a reader
//	n < 2^31-1  n readers; write-locked if vm_lock_seq      adds 1
//	            equals mm_lock_seq
//	2^31-1      as many as fit                              ABORT (writer waiting)
//	2^31 + n    a writer waits for n readers, or is alone   ABORT (writer waiting)
//
// # Fields
//
// Each with the lock under which it is written, may be read, may be peeked at.
// word: atomic. vm_lock_seq: written under mmap write by who is alone in the
// VMA, peeked at by anybody. detached: written under mmap write + VMA write, read
// under the VMA read lock.
//
// # Lock order
//
// mmap_lock, then the VMA; never wait for mmap_lock with a VMA read-locked.
//
// # Ordering
//
// Each release with the acquire that it pairs with. Here: StartWrite's last step
// with enter; EndRead with the look that ends the wait; EndWrite's release of
// mm_lock_seq with MarkedAcquire.
//
// # Permitted errors
//
// AbortWriteLocked (falsely, too), AbortWriterWaiting, Miss, and EINTR of a
// killable write.
//
// # Cost
//
// Read-modify-writes and lines of each operation, and bytes a VMA. Here: a
// fault 2, on one line; start_write 2; 128 bytes.
//
// # Differences from Linux
//
// What Linux has and this has not.
package template
