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
	at, err := s.absent(t, addr)
	if err != nil {
		return err
	}
	return s.touch(at, access)
}

// FaultKernel is a fault inside access(2), whatever the subject.
func (s *space) FaultKernel(t *vmm.Task, addr vmm.Addr, access vmm.Access) error {
	at, err := s.absent(t, addr)
	if err != nil {
		return err
	}
	return touchByAccess(at, access)
}

// absent returns where addr lies in the process, with its page dropped if this
// task has touched it.
func (s *space) absent(t *vmm.Task, addr vmm.Addr) (uintptr, error) {
	at, ok := host(addr, 1)
	if !ok {
		return 0, vmm.SEGV_MAPERR
	}
	if drop := s.state(t).seen.touch(addr.Down()); drop.End != 0 {
		if from, ok := host(drop.Start, drop.Len()); ok {
			unix.Syscall(unix.SYS_MADVISE, from, uintptr(drop.Len()), unix.MADV_DONTNEED)
		}
	}
	return at, nil
}

// touchPage reads or writes one byte. A signal that says the page may not be
// used so becomes an error. The race detector would touch a page of its own beside
// each, which is another fault.
//
//go:norace
func touchPage(at uintptr, access vmm.Access) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = vmm.EFAULT // the signal does not tell MAPERR from ACCERR here
		}
	}()
	p := *(**byte)(unsafe.Pointer(&at)) // memory that the Go runtime knows nothing of
	if access == vmm.AccessWrite {
		*p = 1
	} else {
		sink = *p
	}
	return nil
}

// sink keeps the compiler from dropping the read.
//
//lint:ignore U1000 written, so that a byte is read
var sink byte

// touchByAccess hands the page to access(2) as a path name: the kernel reads
// it, and takes the fault under mmap_lock. An empty page is an empty path.
func touchByAccess(at uintptr, _ vmm.Access) error {
	_, _, e := unix.Syscall6(unix.SYS_FACCESSAT, ^uintptr(99), at, 0, 0, 0, 0) // AT_FDCWD
	if e == unix.EFAULT {
		return vmm.SEGV_MAPERR
	}
	return nil // ENOENT, ENAMETOOLONG, EACCES: the page was read
}
