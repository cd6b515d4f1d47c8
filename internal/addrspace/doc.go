// Package addrspace holds the operations of an address space, written once for
// every design: mmap, munmap, mprotect, mremap, madvise, brk, fork, exit, the
// /proc/PID/maps walk, userfaultfd's move, stack growth and the fault handler.
// They are shared because any drift between copies would be reported as an
// effect of the lock. What differs between designs is Locks; what differs
// between kernels around the lock is Rules.
//
// An edit goes in three steps, as in Linux (mm/vma.c):
//
//	gather   decide which VMAs take part, with nothing changed
//	lock     vma_start_write on each of them, which may wait for readers
//	commit   change bounds, store in the index, detach and free: cannot fail
//
// An unmapping splits at its ends and detaches while it gathers; what can fail
// is asked before.
//
// # Lock order
//
//	mmap_lock
//	  mmap_lock of a forked child
//	    VMA lock, write      under mmap write; ends with the write session
//	VMA lock, read           under nothing, or under mmap read
//	  mmap_lock              trylock only (anonPrepare)
//	  page-table locks
//	AnonLock                 under mmap_lock
//	RCU section              holds no lock, waits for none; does not nest
//
// To wait for mmap_lock while a VMA read lock is held is forbidden: its holder
// may be waiting for that very VMA. UffdMove shows the way out.
//
// # Differences from Linux 7.0
//
// What a lock does not meet is left out: swap, huge pages, mlock, mseal, rmap, cgroups.
// Beyond that:
//
//   - Mremap moves what lies in one VMA, as kernels before 6.17 did; since then a
//     move without a change of size may span several.
//   - WillNeed holds mmap_lock throughout; for a file Linux lets go of it while it
//     starts to read.
//   - Free drops pages at once.
//   - Every mapping is as without MAP_NORESERVE, with overcommit that refuses nothing:
//     VM_ACCOUNT is kept, and nothing is counted.
//   - A walk of /proc/PID/maps formats no text (MapsWalk).
//
// Of the rules of an era (Rules) these are not followed: the mremap of 6.1 to 6.16
// downgraded when it shrank; before 6.17 the walk began a page where the first line
// that did not fit had begun, here all go on from the end of the last that did; 6.1
// kept untouched memory accounted when it lost its write permission.
//
// # Driving the lock steps
//
// A test, or the checker under -tags vmasim, makes a machine by the design's
// vmm.Design.New and an address space by NewVMM. Of gives the Space, its Locks
// and its MM. Place, Remove and Resize make and change VMAs without the
// operations around them:
//
//	reader/writer exclusion   Lookup or StartRead + EndRead, beside WriteLock, StartWrite, WriteUnlock
//	two VMAs in one session   StartWrite on both
//	downgrade                 WriteLock, StartWrite, Downgrade, ReadUnlock
//	stale readers             find in MM.Index under MM.RCU, then StartRead beside Remove
//	recycle                   Remove, then Place of the same object, here or in
//	                          another space of the same machine
//	mm exit                   Exit beside StartRead of a VMA that moved there
//	killable                  StartWriteKillable and vmm.Task.Kill
//	limit, wrap               -tags vmatiny: 6 readers, 3-bit sequence numbers
//
// Find a stale VMA and start to read it inside one RCU section (MM.RCU.Lock):
// StartRead ends the section itself when it fails, and only then.
package addrspace
