package vmm

// VMM is one simulated process address space (an mm_struct). Operations may be
// called at once by many Tasks, except where they say otherwise. Lock facts
// are those of Linux 7.0; the file named is where that kernel takes the lock.
//
// Addresses are page-aligned where an operation changes mappings, ranges are
// half-open, lengths are bytes and are rounded up to pages. Errors are Errno
// values for errors.Is. A killed Task (Task.Kill) gets EINTR from any
// operation that waits killably.
type VMM interface {
	// Mmap makes a mapping of length bytes and returns its address: addr with
	// MapFixed or MapFixedNoReplace, else a free range of the kernel's choice,
	// topmost first, for which addr is a hint (0 is none). An adjacent VMA of
	// the same kind is extended instead of a new one made.
	//
	// The choice: the hint, rounded down to a page, if that range is free, else
	// the highest free range below MmapBase. Free means unmapped, at or above
	// MmapMinAddr, and, if the next VMA above is MapGrowsDown, not in the
	// StackGuardGap below it; a search that meets such a gap goes on below it, as
	// in Linux even if it ends inside another mapping. The fixed flags look at
	// mappings only. MapGrowsDown is for private anonymous memory. MapPopulate
	// leaves out what it cannot have, which is no error. Bits of prot and flags
	// that mean nothing are not looked at.
	//
	// Errors: EINVAL (length 0, a fixed addr or a file offset not aligned,
	// MapGrowsDown of shared or file memory), ENOMEM (no room, outside the
	// address space, or a VMA beyond MaxMapCount), EEXIST, EINTR.
	// Locks: mmap_lock write killable (mm/util.c); vma_start_write on each VMA
	// that is replaced or extended and on the new one (mm/vma.c). MapPopulate
	// then takes mmap_lock read, once for all pages (mm/gup.c).
	Mmap(t *Task, addr Addr, length uint64, prot Prot, flags MapFlags, file File) (Addr, error)

	// Munmap removes every mapping in [addr, addr+length), splitting VMAs at
	// its ends. A hole is no error.
	//
	// Errors: EINVAL (addr not aligned, length 0, or a range that leaves the
	// address space), ENOMEM (a split beyond MaxMapCount), EINTR.
	// Locks: mmap_lock write killable; vma_start_write on each VMA, also on the
	// halves of a split; downgraded to read before the page tables are torn
	// down (mm/vma.c).
	Munmap(t *Task, addr Addr, length uint64) error

	// Mprotect sets the protection of [addr, addr+length), splitting and
	// merging VMAs. Length 0 changes nothing.
	//
	// Errors: EINVAL (addr not aligned; a bit of prot that Linux does not know: its
	// PROT_SEM, 8, changes nothing), ENOMEM (a hole, a range that leaves the address
	// space, or a split beyond MaxMapCount; what lies before is changed), EINTR.
	// Locks: mmap_lock write killable; vma_start_write (mm/mprotect.c).
	Mprotect(t *Task, addr Addr, length uint64, prot Prot) error

	// Mremap resizes the mapping at old, moving it with its pages if
	// RemapMayMove allows and there is no room, or always with RemapFixed.
	// The range must lie in one VMA. It returns the new address.
	//
	// Without RemapFixed: a shorter range is cut; a longer one grows where it is
	// if it ends its VMA and what follows is unmapped, else it moves to the
	// range that Mmap would choose without a hint. With RemapFixed what is
	// mapped at newAddr goes first. An error changes nothing.
	//
	// Errors, in this order: EINVAL (an address not aligned; a length 0 in pages;
	// newLen larger than the address space; an unknown flag; RemapFixed without
	// RemapMayMove, overlapping its source or outside the address space), EFAULT
	// (nothing, or more than one VMA, at old), ENOMEM (cannot grow and may not move, no room,
	// or within 3 VMAs of MaxMapCount and moving), EINTR.
	// Locks: mmap_lock write killable, never downgraded; vma_start_write on the
	// source and the copy (mm/mremap.c).
	Mremap(t *Task, old Addr, oldLen, newLen uint64, flags RemapFlags, newAddr Addr) (Addr, error)

	// Madvise applies advice to [addr, addr+length).
	//
	// DontNeed drops the pages; after Free a page may be present or not until it
	// is touched; WillNeed changes nothing that can be seen; DontFork sets the
	// flag, splitting and merging VMAs. Length 0 is no error.
	//
	// Errors: EINVAL (addr not aligned; unknown advice; Free of shared or file
	// memory, where it stops), ENOMEM (a hole; the mapped parts, also those behind
	// it, were advised), EAGAIN (a split beyond MaxMapCount, where it stops), EINTR.
	// Locks (mm/madvise.c): DontNeed and Free take the VMA read lock if the
	// range lies in one VMA, else, or if that fails, mmap_lock read; WillNeed
	// mmap_lock read; DontFork mmap_lock write killable and vma_start_write.
	Madvise(t *Task, addr Addr, length uint64, advice Advice) error

	// Brk moves the end of the heap and returns the new end; an impossible addr
	// (0 included) changes nothing and returns the present end.
	//
	// The heap is private anonymous memory, readable and writable, from BrkBase
	// to the end rounded up to a page; addr may be any byte. Impossible are an
	// addr below BrkBase or outside the address space, growth that would not
	// leave a free page below the next mapping or its StackGuardGap, and
	// shrinking where nothing is mapped in what would go.
	//
	// Errors: EINTR.
	// Locks: mmap_lock write killable; shrinking is Munmap with its downgrade,
	// growing merges or takes vma_start_write on a new VMA (mm/mmap.c).
	Brk(t *Task, addr Addr) (Addr, error)

	// Fault resolves an access to addr (any byte) from user mode: it finds the
	// VMA, checks the protection and makes the page present. A fault below a
	// MapGrowsDown VMA, with no other mapping between, extends it down to the
	// page of addr, before the protection is looked at. It cannot grow below
	// MmapMinAddr, beyond StackLimit, or nearer than StackGuardGap to the end of
	// the mapping below, unless that one is inaccessible or MapGrowsDown too.
	//
	// Errors: SEGV_MAPERR, SEGV_ACCERR, ENOMEM (a stack that cannot grow: the kernel's
	// own reason, of which the process sees SEGV_MAPERR), EINTR (also of a fault that
	// would have to start again).
	// Locks (arch/x86/mm/fault.c): the VMA read lock, or mmap_lock read when
	// that cannot be had; stack growth takes mmap_lock write killable and
	// vma_start_write, then downgrades.
	Fault(t *Task, addr Addr, access Access) error

	// FaultKernel is Fault for an access by the kernel on the process's behalf
	// (copy_to_user): on x86 it always takes mmap_lock read.
	FaultKernel(t *Task, addr Addr, access Access) error

	// UffdMove moves one present page of a private anonymous mapping from src
	// to dst, which must be absent (UFFDIO_MOVE, mm/userfaultfd.c).
	//
	// Errors, in this order: EINVAL (an address not aligned, dst equal to src),
	// EFAULT (an address not mapped), EINVAL (a mapping that is shared or of a
	// file, protections that differ, src not writable), EEXIST (dst present),
	// EAGAIN (src absent or still shared by fork, or the lock's reader limit).
	// Locks: VMA read on both, dst first and src only tried; else dst is put
	// and mmap_lock read taken, not killably, under which
	// vma_start_read_locked is used.
	UffdMove(t *Task, dst, src Addr) error

	// Fork returns a copy of the address space without what was marked DontFork;
	// private pages are shared copy-on-write. Page tables are copied only of VMAs in
	// which something was written privately; the child faults in the rest (mm/memory.c,
	// vma_needs_copy). The child lives on the same Machine.
	//
	// Errors: ENOMEM, EINTR; the parent is unchanged then.
	// Locks: the parent's mmap_lock write killable, the child's nested;
	// vma_start_write (killable) on every VMA of the parent (mm/mmap.c).
	Fork(t *Task) (VMM, error)

	// Maps appends the mappings in address order to buf and returns it: the
	// /proc/PID/maps walk. Each mapping was true at one moment; together they
	// need not be: a mapping that was extended downwards behind the walk repeats
	// what was reported before it, so only the ends are sure to rise. A mapping
	// that existed throughout is in the list, and one that Mmap mapped over at
	// once, as it was or as it is.
	//
	// Errors: EINTR; buf holds what was found.
	// Locks: none but RCU and the VMA read lock, one VMA at a time, falling
	// back to mmap_lock read killable to get it, and at the lock's reader limit
	// to mmap_lock read for the rest of a page of text (fs/proc/task_mmu.c, 6.17
	// and later); mmap_lock read killable, a page of text at a time
	// (Config.MapsBuffer), before that and where there is no VMA lock.
	Maps(t *Task, buf []Mapping) ([]Mapping, error)

	// Peek returns the mapping that holds addr (any byte), as it was at one
	// moment: what a uprobe asks at every hit.
	//
	// Errors: EFAULT (nothing is mapped there).
	// Locks: none but RCU where mm_lock_seq shows that no write session ran
	// meanwhile (kernel/events/uprobes.c, 6.14 and later); else, and where the
	// number does not step at the lock too, mmap_lock read, not killably.
	Peek(t *Task, addr Addr) (Mapping, error)

	// Exit tears the address space down. No operation may run on it then or
	// later, except lookups by stale readers inside other address spaces.
	// Locks: mmap_lock read for the unmapping, write for page tables and
	// detaching (mm/mmap.c).
	Exit(t *Task)

	// Check verifies every invariant that can be seen while no other Task is
	// inside an operation, and describes the first that does not hold.
	Check(t *Task) error

	// Footprint counts what the address space costs now. Quiescent callers.
	Footprint() Footprint
}

// Machine is what several address spaces share: the slabs that their objects
// come from, so that an object can turn up in another mm, and the RCU domain.
type Machine interface {
	// NewVMM returns an empty address space.
	NewVMM(t *Task) VMM
	// Quiesce waits for grace periods, so that what was freed is reusable.
	Quiesce(t *Task)
}

// Footprint is the memory of one address space, in bytes by part and in
// objects. Bytes of an object are its exact size; *Slab fields are its share
// of 4 KiB slab pages.
type Footprint struct {
	VMAs       int
	VMABytes   int // sizeof(vm_area_struct) x VMAs
	VMASlab    int // slab-page share of the same
	Locks      int // separate lock objects
	LockBytes  int
	LockSlab   int
	IndexNodes int
	IndexBytes int
	Tables     int // page-table pages
	TableBytes int
	SpaceBytes int // the mm_struct itself
}

// LockReporter is a VMM that can say who holds and who waits for its locks, a
// line each, while its threads are stuck: for a report of what hangs.
type LockReporter interface {
	Held() []string
	// Waits says what t, which sleeps, waits for, as in "waits to write
	// mmap_lock"; "" if that is not known.
	Waits(t *Task) string
}
