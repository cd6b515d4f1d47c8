// Package addrspace holds the operations of an address space, written once for
// every design: mmap, munmap, mprotect, mremap, madvise, brk, fork, exit, the
// /proc/PID/maps walk, userfaultfd's move, stack growth and the fault handler.
// They are shared because any drift between copies would be reported as an
// effect of the lock.
package addrspace
