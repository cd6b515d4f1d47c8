// Package control holds subjects that are no proposal for the kernel: what a Go
// programmer would reach for in place of mmap_lock or of the VMA lock, measured
// beside the designs so that a reader sees what these buy. Each is named after
// the lock in it:
//
//	name         in the place of         lock
//	rwmutex      mmap_lock, everything   sync.RWMutex
//	mutex        mmap_lock, everything   sync.Mutex
//	rbmutex      mmap_lock, everything   xsync.RBMutex: BRAVO (Dice, Kogan, USENIX ATC 2019), readers biased to slots
//	percpu       mmap_lock, everything   one reader count a slot, the writer looks at all (the kernel's old brlock)
//	seqlock      mmap_lock for lookups   mmap_lock_speculate: read, validate, retry under rwmutex
//	rwmutexvma   the VMA lock            sync.RWMutex in the VMA, tried by readers
//
// They use sync and sync/atomic, so neither the checker nor the simulator can
// see into them.
//
// # Protocol
//
// The first four hold one lock around each operation: shared for faults,
// madvise, userfaultfd's move and the /proc/PID/maps walk, exclusive for what
// changes mappings, and for a fault that finds no VMA, since it may grow a stack.
// The steps of the VMA lock are empty; the rw_semaphore below is taken by
// writers still, alone, at about 20 ns a session. seqlock is rwmutex with a
// look ahead of a fault: no lock, the VMA and the page-table entry read between
// two looks at mm_lock_seq; if the page is present with the rights asked for,
// the fault was spurious and is over. rwmutexvma follows variants/rwsem.
//
// # State table
//
// Those of the locks.
//
// # Fields
//
// All of a VMA is written under the exclusive lock and read under the shared
// one; by seqlock without, and validated. rwmutexvma: as in variants/rwseminline.
//
// # Lock order
//
// The global lock, then the rw_semaphore, then page-table locks.
//
// # Ordering
//
// Unlock before Lock and before RLock, RUnlock before Lock, as in package sync.
//
// # Permitted errors
//
// Those of vmm.VMM but EINTR, see below.
//
// # Cost
//
// The shared lock of rwmutex is two read-modify-writes on one line that all
// threads share, of rbmutex and percpu two on a line of the reader's own and a
// look at a line that only writers write; percpu has 8 KiB an address space.
// The lock is called through a type parameter: an indirect call, which is lost
// beside the read-modify-write.
//
// # Differences from Linux, and what each cannot do
//
//   - None can be killed while it waits, nor downgraded: munmap tears its page
//     tables down under the exclusive lock. A killed task still gets EINTR from
//     the rw_semaphore below.
//   - sync.RWMutex and sync.Mutex do not spin on a running owner as mmap_lock
//     does; a blocked goroutine parks, and a wake across CPUs costs 20 us on some
//     machines. That, not the algorithm, decides their blocking figures.
//   - mutex does not let two faults run at once.
//   - rbmutex makes a writer wait for every reader slot, and turns the bias off
//     for a time that it measures: its figures depend on how often writers come.
//   - percpu shares a slot between tasks whose IDs are 64 apart, makes a writer
//     look at 64 lines, and its readers' memory grows with the slots, not the VMAs.
//   - seqlock serves only lookups: a fault that must change a page table needs
//     the VMA to stay, and takes the lock. Every write session fails it, whatever
//     VMA that was about. Its reads are data races by Go's memory model, which
//     is why a build with the race detector leaves them out.
//   - rwmutexvma has 24 bytes a VMA in which a writer, once it waits, is
//     uninterruptible.
package control
