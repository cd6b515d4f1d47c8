// Package vmm is the contract between the designs under test and everything
// that drives, checks or draws them: one simulated process address space
// (VMM), the machine whose objects several of them share (Machine), and the
// thread that performs an operation (Task).
//
// # Dictionary
//
// Kernel words are kept. What they are here:
//
//	mm_struct             a VMM
//	vm_area_struct        a VMA: one mapping [vm_start, vm_end) with one protection
//	mmap_lock             the rw_semaphore of the address space (internal/rwsem)
//	mm_lock_seq           counts mmap write sessions; odd while write-locked (protocol of 6.14 and later)
//	vm_lock_seq           a VMA's copy of it: equal means write-locked
//	vm_lock               the 40-byte rw_semaphore object of a VMA (6.4 to 6.14)
//	vm_refcnt             the 32-bit count that replaced it (6.15)
//	vma_start_read        take the VMA read lock, or fail; it never waits
//	vma_end_read          put it
//	vma_start_write       write-lock a VMA until the end of the mmap write session
//	vma_end_write_all     end that: one bump of mm_lock_seq unlocks every VMA
//	vma_mark_attached     the VMA is in the tree
//	vma_mark_detached     the VMA is leaving the tree
//	lock_vma_under_rcu    find and read-lock the VMA of an address without mmap_lock
//	rcuwait               one sleeping writer, woken by the last reader
//	current               the *Task that every operation takes
//
// # Events
//
// A fault under the VMA lock counts one of four events, as /proc/vmstat does
// with CONFIG_PER_VMA_LOCK_STATS: SUCCESS (done under the VMA lock), ABORT (no
// VMA lock was had; split by cause here, which the kernel does not), RETRY
// (the handler dropped the lock and starts again under mmap_lock), MISS (a
// detached VMA was found and looked up again). ABORT and MISS also count
// lookups that are not faults (madvise, userfaultfd), as in Linux.
//
// # Lock order
//
//	mmap_lock
//	  VMA lock (write)           under mmap_lock write only
//	    page-table lock
//	VMA lock (read)              under nothing, or under mmap_lock read
//	  mmap_lock                  trylock only
//	  page-table lock
//
// Waiting for mmap_lock while a VMA read lock is held is forbidden: the writer
// that holds mmap_lock may be waiting for that very VMA (Linux
// Documentation/mm/process_addrs.rst).
package vmm
