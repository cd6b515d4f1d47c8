//go:build linux

package linux

import (
	"errors"
	"sync"

	"golang.org/x/sys/unix"

	"vmabench/vmm"
)

// window is a part of the address space that belongs to the subject.
type window = vmm.Range

// The windows: a Go process has nothing in them, and the kernel places nothing
// there by itself while there is room above.
var windows = [...]window{
	{Start: 1 << 32, End: 1 << 39},             // layouts
	{Start: 0x20 << 40, End: 0x60 << 40},       // shared VMAs and arenas
	{Start: mapsBase, End: mapsBase + mapsLen}, // what Mmap chooses
}

const (
	mapsBase vmm.Addr = 0x60 << 40
	mapsLen           = 8 << 40
	// perTask is the room in which one task's Mmap chooses.
	perTask = mapsLen / tasks
	tasks   = 256
)

type machine struct {
	touch func(vmm.Addr, vmm.Access) error
	once  sync.Once
	err   error
}

// NewVMM returns the process itself. It panics when something lies in a window:
// the figures would be of somebody else's mappings.
func (m *machine) NewVMM(t *vmm.Task) vmm.VMM {
	m.once.Do(func() { m.err = verifyEmpty() })
	if m.err != nil {
		panic(m.err)
	}
	return &space{touch: m.touch}
}

// Quiesce has nothing to wait for: grace periods are the kernel's.
func (m *machine) Quiesce(*vmm.Task) {}

// space is the process as a VMM.
type space struct {
	touch func(vmm.Addr, vmm.Access) error
	brk   struct {
		sync.Mutex
		base uintptr // where the process's heap began; 0 before it was asked
	}
	own [tasks]taskState
}

// taskState is used by one task alone.
type taskState struct {
	_      [128]byte
	cursor uint64 // bytes of the task's room that are in use, from its top
	lows   uint64 // times the room was used up
	seen   touched
	_      [128]byte
}

func (s *space) state(t *vmm.Task) *taskState { return &s.own[t.ID()%tasks] }

// inWindow reports whether the whole range belongs to the subject.
func inWindow(addr vmm.Addr, length uint64) bool {
	for _, w := range windows {
		if addr >= w.Start && addr < w.End && length <= uint64(w.End-addr) {
			return true
		}
	}
	return false
}

func bad(addr vmm.Addr, length uint64) error {
	if !addr.Aligned() || length == 0 {
		return vmm.EINVAL
	}
	if !inWindow(addr, vmm.PageAlign(length)) {
		return vmm.ENOMEM
	}
	return nil
}

// Mmap maps where it is told, or at the next lower place of the task's room.
func (s *space) Mmap(t *vmm.Task, addr vmm.Addr, length uint64, prot vmm.Prot, flags vmm.MapFlags, file vmm.File) (vmm.Addr, error) {
	length = vmm.PageAlign(length)
	if length == 0 {
		return 0, vmm.EINVAL
	}
	fixed := unix.MAP_FIXED_NOREPLACE
	switch {
	case flags&vmm.MapFixed != 0:
		fixed = unix.MAP_FIXED
	case flags&vmm.MapFixedNoReplace == 0:
		addr = s.state(t).place(t, length)
	}
	if err := bad(addr, length); err != nil {
		return 0, err
	}
	share := unix.MAP_PRIVATE
	if flags&vmm.MapShared != 0 {
		share = unix.MAP_SHARED
	}
	if flags&vmm.MapGrowsDown != 0 {
		share |= unix.MAP_GROWSDOWN
	}
	_, _, e := unix.Syscall6(unix.SYS_MMAP, uintptr(addr), uintptr(length), protBits(prot),
		uintptr(share|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE|fixed), ^uintptr(0), 0)
	if e != 0 {
		return 0, errno(e)
	}
	if flags&vmm.MapPopulate != 0 {
		unix.Syscall(unix.SYS_MADVISE, uintptr(addr), uintptr(length), unix.MADV_POPULATE_WRITE)
	}
	return addr, nil
}

// place returns the next lower free place of the task's room, which is used
// over again from its top when it is used up.
func (st *taskState) place(t *vmm.Task, length uint64) vmm.Addr {
	top := mapsBase + vmm.Addr(t.ID()%tasks+1)*perTask
	if st.cursor+length > perTask {
		st.cursor = 0
		st.lows++
	}
	st.cursor += length
	return top - vmm.Addr(st.cursor)
}

// Munmap gives the place back if it is the last that the task was given.
func (s *space) Munmap(t *vmm.Task, addr vmm.Addr, length uint64) error {
	length = vmm.PageAlign(length)
	if err := bad(addr, length); err != nil {
		return err
	}
	st := s.state(t)
	if top := mapsBase + vmm.Addr(t.ID()%tasks+1)*perTask; addr == top-vmm.Addr(st.cursor) {
		st.cursor -= min(st.cursor, length)
	}
	st.seen.forget(vmm.Range{Start: addr, End: addr + vmm.Addr(length)})
	return call(unix.SYS_MUNMAP, uintptr(addr), uintptr(length), 0)
}

// Mprotect is mprotect(2).
func (s *space) Mprotect(t *vmm.Task, addr vmm.Addr, length uint64, prot vmm.Prot) error {
	if err := bad(addr, length); err != nil {
		return err
	}
	return call(unix.SYS_MPROTECT, uintptr(addr), uintptr(vmm.PageAlign(length)), protBits(prot))
}

// Mremap is mremap(2); where it may move, the place is of the task's room.
func (s *space) Mremap(t *vmm.Task, old vmm.Addr, oldLen, newLen uint64, flags vmm.RemapFlags, newAddr vmm.Addr) (vmm.Addr, error) {
	if err := bad(old, oldLen); err != nil {
		return 0, err
	}
	newLen = vmm.PageAlign(newLen)
	if newLen == 0 {
		return 0, vmm.EINVAL
	}
	bits := 0
	switch {
	case flags&vmm.RemapFixed != 0:
		bits = unix.MREMAP_MAYMOVE | unix.MREMAP_FIXED
	case flags&vmm.RemapMayMove != 0 && newLen > vmm.PageAlign(oldLen):
		// In place if the kernel can, else into the room: never elsewhere.
		a, _, e := unix.Syscall6(unix.SYS_MREMAP, uintptr(old), uintptr(vmm.PageAlign(oldLen)), uintptr(newLen), 0, 0, 0)
		if e == 0 {
			return vmm.Addr(a), nil
		}
		bits = unix.MREMAP_MAYMOVE | unix.MREMAP_FIXED
		newAddr = s.state(t).place(t, newLen)
	}
	if bits != 0 {
		if err := bad(newAddr, newLen); err != nil {
			return 0, err
		}
	}
	a, _, e := unix.Syscall6(unix.SYS_MREMAP, uintptr(old), uintptr(vmm.PageAlign(oldLen)), uintptr(newLen), uintptr(bits), uintptr(newAddr), 0)
	if e != 0 {
		return 0, errno(e)
	}
	return vmm.Addr(a), nil
}

// Madvise is madvise(2).
func (s *space) Madvise(t *vmm.Task, addr vmm.Addr, length uint64, advice vmm.Advice) error {
	if err := bad(addr, length); err != nil {
		return err
	}
	if advice == vmm.DontNeed || advice == vmm.Free {
		s.state(t).seen.forget(vmm.Range{Start: addr, End: addr + vmm.Addr(length)})
	}
	how := [...]uintptr{vmm.DontNeed: unix.MADV_DONTNEED, vmm.Free: unix.MADV_FREE, vmm.WillNeed: unix.MADV_WILLNEED, vmm.DontFork: unix.MADV_DONTFORK}
	return call(unix.SYS_MADVISE, uintptr(addr), uintptr(vmm.PageAlign(length)), how[advice])
}

// Brk is brk(2): the process's heap, which a Go program does not use, seen as
// if it began at vmm.BrkBase.
func (s *space) Brk(t *vmm.Task, addr vmm.Addr) (vmm.Addr, error) {
	s.brk.Lock()
	if s.brk.base == 0 {
		s.brk.base, _, _ = unix.RawSyscall(unix.SYS_BRK, 0, 0, 0)
	}
	base := s.brk.base
	s.brk.Unlock()
	want := uintptr(0)
	if addr >= vmm.BrkBase {
		want = base + uintptr(addr-vmm.BrkBase)
	}
	now, _, _ := unix.Syscall(unix.SYS_BRK, want, 0, 0)
	return vmm.BrkBase + vmm.Addr(now-base), nil
}

// UffdMove is not offered.
func (s *space) UffdMove(*vmm.Task, vmm.Addr, vmm.Addr) error { return vmm.EINVAL }

// Exit unmaps the windows. The process lives on.
func (s *space) Exit(t *vmm.Task) {
	for _, w := range windows {
		unix.Syscall(unix.SYS_MUNMAP, uintptr(w.Start), uintptr(w.Len()), 0)
	}
}

// Check finds nothing: the kernel checks itself.
func (s *space) Check(*vmm.Task) error { return nil }

func protBits(p vmm.Prot) uintptr { return uintptr(p) } // the bits are the kernel's

func call(nr, a, b, c uintptr) error {
	if _, _, e := unix.Syscall(nr, a, b, c); e != 0 {
		return errno(e)
	}
	return nil
}

// errno translates the kernel's error.
func errno(e unix.Errno) error {
	for _, m := range []struct {
		from unix.Errno
		to   vmm.Errno
	}{{unix.ENOMEM, vmm.ENOMEM}, {unix.EINVAL, vmm.EINVAL}, {unix.EACCES, vmm.EACCES}, {unix.EFAULT, vmm.EFAULT},
		{unix.EEXIST, vmm.EEXIST}, {unix.EINTR, vmm.EINTR}, {unix.EAGAIN, vmm.EAGAIN}} {
		if e == m.from {
			return m.to
		}
	}
	return e
}

var errBusyWindow = errors.New("linux: something is mapped where the subject's windows are")
