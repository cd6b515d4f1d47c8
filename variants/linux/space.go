//go:build linux

package linux

import (
	"sync"

	"golang.org/x/sys/unix"

	"vmabench/vmm"
)

// window is a part of the subject's address space and where it lies in the
// process.
type window struct {
	vmm.Range
	host uintptr
}

// windows are all that the subject may use. Where they lie is found once, when
// the first VMM is made: far above anything that grows (the Go heap does, and
// begins at a random place).
var windows = [...]window{
	{Range: vmm.Range{Start: 1 << 32, End: 1 << 39}},             // layouts
	{Range: vmm.Range{Start: 0x30 << 40, End: 0x30<<40 + 1<<38}}, // shared VMAs
	{Range: vmm.Range{Start: 0x40 << 40, End: 0x40<<40 + 8<<40}}, // arenas
	{Range: vmm.Range{Start: mapsBase, End: mapsBase + mapsLen}}, // what Mmap chooses
}

const (
	mapsBase vmm.Addr = 0x60 << 40
	mapsLen           = 4 << 40
	tasks             = 256
)

var placed struct {
	sync.Once
	err error
}

// host returns where [addr, addr+length) lies in the process; ok is false when
// it is not all in one window.
func host(addr vmm.Addr, length uint64) (at uintptr, ok bool) {
	for i := range windows {
		if w := &windows[i]; addr >= w.Start && addr < w.End && length <= uint64(w.End-addr) {
			return w.host + uintptr(addr-w.Start), true
		}
	}
	return 0, false
}

// guest is the inverse of host for one address.
func guest(at uintptr) (vmm.Addr, bool) {
	for i := range windows {
		if w := &windows[i]; at >= w.host && at-w.host < uintptr(w.Len()) {
			return w.Start + vmm.Addr(at-w.host), true
		}
	}
	return 0, false
}

type machine struct {
	touch func(uintptr, vmm.Access) error
}

// NewVMM returns the process itself. It panics when there is no room for the
// windows: the figures would be of somebody else's mappings.
func (m *machine) NewVMM(t *vmm.Task) vmm.VMM {
	placed.Do(func() { placed.err = placeWindows() })
	if placed.err != nil {
		panic(placed.err)
	}
	return &space{touch: m.touch, nodes: slabOf("maple_node").active}
}

// Quiesce has nothing to wait for: grace periods are the kernel's.
func (m *machine) Quiesce(*vmm.Task) {}

// space is the process as a VMM.
type space struct {
	touch func(uintptr, vmm.Access) error
	nodes int // of maple trees, in use when it was made
	brk   struct {
		sync.Mutex
		base uintptr // where the process's heap began; 0 before it was asked
	}
	files files
	query query
	own   [tasks]taskState
}

// taskState is used by one task alone.
type taskState struct {
	_     [128]byte
	rooms rooms
	seen  touched
	_     [128]byte
}

func (s *space) state(t *vmm.Task) *taskState { return &s.own[t.ID()%tasks] }

// span checks a range and returns where it lies in the process, and its length
// in whole pages.
func span(addr vmm.Addr, length uint64) (at, size uintptr, err error) {
	pages := vmm.PageAlign(length)
	if !addr.Aligned() || pages < length {
		return 0, 0, vmm.EINVAL
	}
	at, ok := host(addr, pages)
	if !ok {
		return 0, 0, vmm.ENOMEM
	}
	return at, uintptr(pages), nil
}

// Mmap maps where it is told, or at the task's next place.
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
		addr = s.state(t).rooms.place(t, length)
	}
	at, size, err := span(addr, length)
	if err != nil {
		return 0, err
	}
	share := unix.MAP_PRIVATE
	if flags&vmm.MapShared != 0 {
		share = unix.MAP_SHARED
	}
	if flags&vmm.MapGrowsDown != 0 {
		share |= unix.MAP_GROWSDOWN
	}
	share |= fixed // accounted, as the models are: MAP_NORESERVE would let other VMAs merge
	fd := -1
	if file.ID == 0 {
		share |= unix.MAP_ANONYMOUS
	} else if fd, err = s.files.open(file.ID); err != nil {
		return 0, err
	}
	_, _, e := unix.Syscall6(unix.SYS_MMAP, at, size, protBits(prot), uintptr(share), uintptr(fd), uintptr(file.Off))
	if e != 0 {
		return 0, errno(e)
	}
	if flags&vmm.MapPopulate != 0 {
		unix.Syscall(unix.SYS_MADVISE, at, size, unix.MADV_POPULATE_WRITE)
	}
	return addr, nil
}

// Munmap gives the place back if it is the last that the task was given.
func (s *space) Munmap(t *vmm.Task, addr vmm.Addr, length uint64) error {
	at, size, err := span(addr, length)
	if err != nil {
		return err
	}
	st := s.state(t)
	st.rooms.giveBack(t, addr, uint64(size))
	st.seen.forget(vmm.Range{Start: addr, End: addr + vmm.Addr(size)})
	return call(unix.SYS_MUNMAP, at, size, 0)
}

// Mprotect is mprotect(2).
func (s *space) Mprotect(t *vmm.Task, addr vmm.Addr, length uint64, prot vmm.Prot) error {
	at, size, err := span(addr, length)
	if err != nil {
		return err
	}
	return call(unix.SYS_MPROTECT, at, size, protBits(prot))
}

// Mremap is mremap(2); where it may move, to the task's next place.
func (s *space) Mremap(t *vmm.Task, old vmm.Addr, oldLen, newLen uint64, flags vmm.RemapFlags, newAddr vmm.Addr) (vmm.Addr, error) {
	at, size, err := span(old, oldLen)
	if err != nil {
		return 0, err
	}
	newSize := uintptr(vmm.PageAlign(newLen))
	if size == 0 || newSize == 0 || flags&^(vmm.RemapMayMove|vmm.RemapFixed) != 0 {
		return 0, vmm.EINVAL
	}
	if flags&vmm.RemapFixed == 0 {
		err := remap(at, size, newSize, 0, 0) // in place, if the kernel can
		if err == nil {
			return old, nil
		}
		if flags&vmm.RemapMayMove == 0 {
			return 0, err
		}
		newAddr = s.state(t).rooms.place(t, uint64(newSize))
	}
	to, _, err := span(newAddr, uint64(newSize))
	if err != nil {
		return 0, err
	}
	s.state(t).seen.forget(vmm.Range{Start: old, End: old + vmm.Addr(size)})
	return newAddr, remap(at, size, newSize, unix.MREMAP_MAYMOVE|unix.MREMAP_FIXED, to)
}

func remap(at, size, newSize, flags, to uintptr) error {
	if _, _, e := unix.Syscall6(unix.SYS_MREMAP, at, size, newSize, flags, to, 0); e != 0 {
		return errno(e)
	}
	return nil
}

// Madvise is madvise(2).
func (s *space) Madvise(t *vmm.Task, addr vmm.Addr, length uint64, advice vmm.Advice) error {
	at, size, err := span(addr, length)
	if err != nil {
		return err
	}
	if advice == vmm.DontNeed || advice == vmm.Free {
		s.state(t).seen.forget(vmm.Range{Start: addr, End: addr + vmm.Addr(length)})
	}
	return call(unix.SYS_MADVISE, at, size, adviceBits(advice))
}

func adviceBits(a vmm.Advice) uintptr {
	how := [...]uintptr{vmm.DontNeed: unix.MADV_DONTNEED, vmm.Free: unix.MADV_FREE, vmm.WillNeed: unix.MADV_WILLNEED, vmm.DontFork: unix.MADV_DONTFORK}
	if int(a) >= len(how) {
		return ^uintptr(0) // which the kernel knows no more than a
	}
	return how[a]
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
		unix.Syscall(unix.SYS_MUNMAP, w.host, uintptr(w.Len()), 0)
	}
	s.files.close()
	s.query.close()
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
