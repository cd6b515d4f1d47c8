//go:build linux

package linux

import (
	"runtime/debug"
	"unsafe"

	"golang.org/x/sys/unix"

	"vmabench/vmm"
)

// Fault makes a page present by using it. A page that the task has touched
// since it last dropped it is dropped first, with its neighbours, because a
// touch of a present page is no fault.
func (s *space) Fault(t *vmm.Task, addr vmm.Addr, access vmm.Access) error {
	if !inWindow(addr.Down(), vmm.PageSize) {
		return vmm.SEGV_MAPERR
	}
	if drop := s.state(t).seen.touch(addr.Down()); drop.End != 0 {
		unix.Syscall(unix.SYS_MADVISE, uintptr(drop.Start), uintptr(drop.Len()), unix.MADV_DONTNEED)
	}
	return s.touch(addr, access)
}

// FaultKernel is a fault inside access(2), whatever the subject.
func (s *space) FaultKernel(t *vmm.Task, addr vmm.Addr, access vmm.Access) error {
	if !inWindow(addr.Down(), vmm.PageSize) {
		return vmm.SEGV_MAPERR
	}
	if drop := s.state(t).seen.touch(addr.Down()); drop.End != 0 {
		unix.Syscall(unix.SYS_MADVISE, uintptr(drop.Start), uintptr(drop.Len()), unix.MADV_DONTNEED)
	}
	return touchByAccess(addr, access)
}

// touchPage reads or writes one byte. A signal that says the page may not be
// used so becomes an error.
func touchPage(addr vmm.Addr, access vmm.Access) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = vmm.EFAULT // the signal does not tell MAPERR from ACCERR here
		}
	}()
	p := *(**byte)(unsafe.Pointer(&addr)) // memory that the Go runtime knows nothing of
	if access == vmm.AccessWrite {
		*p = 1
	} else {
		sink = *p
	}
	return nil
}

var sink byte

// touchByAccess hands the page to access(2) as a path name: the kernel reads
// it, and takes the fault under mmap_lock. An empty page is an empty path.
func touchByAccess(addr vmm.Addr, _ vmm.Access) error {
	_, _, e := unix.Syscall6(unix.SYS_FACCESSAT, ^uintptr(99), uintptr(addr), 0, 0, 0, 0) // AT_FDCWD
	if e == unix.EFAULT {
		return vmm.SEGV_MAPERR
	}
	return nil // ENOENT, ENAMETOOLONG, EACCES: the page was read
}
