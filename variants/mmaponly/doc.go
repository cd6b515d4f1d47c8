// Package mmaponly is the address space of Linux up to 6.3 (6.1 is the model):
// mmap_lock is the only lock of a VMA.
//
// # Protocol
//
// A fault takes mmap_lock for read, looks its VMA up, handles the fault and
// releases. Every change of the mappings takes mmap_lock for write. A VMA that
// leaves the index is freed at once: nobody can be looking at it.
//
// # State table
//
// There is no lock word here; mmap_lock's are in package internal/rwsem:
//
//	mmap_lock    a fault             a change of the mappings
//	free         enters              enters
//	read         enters, unless      waits
//	             a task is queued
//	write        waits               waits
//
// # Fields
//
//	field        written under            read reliably under   peeked
//	vm_mm        Alloc                    mmap_lock             never
//	vm_start,    mmap write               mmap_lock             never
//	vm_end,
//	vm_flags,
//	vm_pgoff
//	anon_vma     nil to set: mmap read    mmap_lock             never
//	             + AnonLock
//
// mm_lock_seq and WriterWait are not used.
//
// # Lock order
//
// mmap_lock, then page-table locks.
//
// # Ordering
//
//	O1  mmap_lock's release -> its acquire. There is nothing else.
//
// # Permitted errors
//
// A fault counts MmapRead and none of SUCCESS, ABORT, RETRY, MISS: those are
// events of a VMA lock. EINTR where mmap_lock is waited for killably.
//
// # Cost
//
//	operation                        read-modify-writes      lines written
//	fault, no writer                 2 (swap, add)           mmap_lock's two: count twice, owner once
//	fault, writer inside or queued   as many as the wait     the same, and the waiter's
//	start_write, detach              0                       none
//	a session begins, ends           0                       none
//
// Every fault of every thread writes the same two lines. 152 bytes a VMA, 26 in
// a 4 KiB page, no lock object.
//
// # Differences from Linux
//
// Those of internal/rwsem. The index and its readers are those of the other
// designs (6.1 has the maple tree too). 6.1's page-table and rmap work under
// mmap_lock is what the other designs here do. protocol=same and protocol=era do
// not differ, but for what the workload asks: without VMA locks Linux 7.0 has
// no other way either.
package mmaponly
