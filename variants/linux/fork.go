//go:build linux

package linux

import (
	"golang.org/x/sys/unix"

	"vmabench/vmm"
)

// Fork copies the process by clone(2). The child runs no Go code but the loop
// below: it waits to be ended, so that it holds its copy until Exit.
func (s *space) Fork(t *vmm.Task) (vmm.VMM, error) {
	pid, e := clone()
	if e != 0 {
		return nil, errno(e)
	}
	return &child{pid: pid}, nil
}

// clone forks. In the child, of which only this thread exists, nothing of the
// runtime may be used: no allocation, no growth of the stack, no scheduling.
//
//go:norace
//go:nosplit
func clone() (pid int, e unix.Errno) {
	r, _, e := unix.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if e != 0 || r != 0 {
		return int(r), e
	}
	for {
		unix.RawSyscall6(unix.SYS_PPOLL, 0, 0, 0, 0, 0, 0)
	}
}

// child is a forked process that only exists. It is no address space to work
// on: every operation but Exit fails.
type child struct{ pid int }

// Exit ends the process and waits for it.
func (c *child) Exit(*vmm.Task) {
	unix.Kill(c.pid, unix.SIGKILL)
	for {
		if _, err := unix.Wait4(c.pid, nil, 0, nil); err != unix.EINTR {
			return
		}
	}
}

func (c *child) Mmap(*vmm.Task, vmm.Addr, uint64, vmm.Prot, vmm.MapFlags, vmm.File) (vmm.Addr, error) {
	return 0, vmm.EINVAL
}
func (c *child) Munmap(*vmm.Task, vmm.Addr, uint64) error              { return vmm.EINVAL }
func (c *child) Mprotect(*vmm.Task, vmm.Addr, uint64, vmm.Prot) error  { return vmm.EINVAL }
func (c *child) Madvise(*vmm.Task, vmm.Addr, uint64, vmm.Advice) error { return vmm.EINVAL }
func (c *child) Brk(*vmm.Task, vmm.Addr) (vmm.Addr, error)             { return 0, vmm.EINVAL }
func (c *child) Fault(*vmm.Task, vmm.Addr, vmm.Access) error           { return vmm.EINVAL }
func (c *child) FaultKernel(*vmm.Task, vmm.Addr, vmm.Access) error     { return vmm.EINVAL }
func (c *child) UffdMove(*vmm.Task, vmm.Addr, vmm.Addr) error          { return vmm.EINVAL }
func (c *child) Peek(*vmm.Task, vmm.Addr) (vmm.Mapping, error)         { return vmm.Mapping{}, vmm.EINVAL }
func (c *child) Fork(*vmm.Task) (vmm.VMM, error)                       { return nil, vmm.EINVAL }
func (c *child) Check(*vmm.Task) error                                 { return nil }
func (c *child) Footprint() vmm.Footprint                              { return vmm.Footprint{} }
func (c *child) Maps(_ *vmm.Task, buf []vmm.Mapping) ([]vmm.Mapping, error) {
	return buf, vmm.EINVAL
}
func (c *child) Mremap(*vmm.Task, vmm.Addr, uint64, uint64, vmm.RemapFlags, vmm.Addr) (vmm.Addr, error) {
	return 0, vmm.EINVAL
}
