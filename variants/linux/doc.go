// Package linux is no model: it is the Linux that runs the suite, behind the
// same interface. Two subjects share it. One kernel of 6.4 or later holds two
// designs at once: a fault from user mode takes the per-VMA lock, a fault that
// the kernel takes on the process's behalf takes mmap_lock in every version
// (arch/x86/mm/fault.c). So
//
//   - linux touches a page: the per-VMA lock, from 6.4;
//   - linux-mmaplock passes the page to access(2) as a path: mmap_lock always;
//
// and their difference is the lock's, in one kernel, without privilege.
//
// # Protocol
//
// mmap, munmap, mprotect, mremap, madvise, brk are the system calls; Maps reads
// /proc/self/maps; Fork is clone(2) of this process with a child that waits to
// be ended. The subject's addresses lie in a few windows that are placed far
// from all that the process has mapped; nothing outside them is ever touched.
//
// # State table
//
// The kernel's own: variants/mmaponly before 6.4, variants/rwsem from 6.4 to
// 6.14, variants/refcount from 6.15. Design names the one that runs.
//
// # Fields
//
// A task's state (where it maps next, which pages it has touched) lies on lines
// of its own and is used by that task alone.
//
// # Lock order
//
// The kernel's.
//
// # Ordering
//
// The kernel's.
//
// # Permitted errors
//
// Those of vmm.VMM. UffdMove is not offered (it needs a userfaultfd) and
// returns EINVAL, as Peek does before 6.11. A failing call is an outcome like
// any other.
//
// # Cost
//
// A touch of a page that is present is no fault, so a task remembers what it has
// touched and drops it with one MADV_DONTNEED for up to 512 pages before it
// touches a page again: that call is part of the figure. A page that another
// task keeps present is a touch without a fault.
//
// # Differences from Linux
//
// None in the lock, but for Peek: the kernel speculates for its own uprobes
// alone, and what a process may ask, PROCMAP_QUERY of /proc/self/maps, takes
// mmap_lock for read, since 7.0 the VMA lock. A file is a memfd, with nothing in
// it. An Mmap that chooses its address takes a place beside those of the same
// size of the tasks with neighbouring numbers: mappings of two tasks merge where
// the kernel's would, two that one task has at a time do not. What differs from
// the models: a real fault does some 100 times their work, so the lock's share is
// small; write faults of linux-mmaplock are read faults; all VMMs of a process are
// one address space, that of the process itself, so a fork copies the Go runtime
// too.
package linux
