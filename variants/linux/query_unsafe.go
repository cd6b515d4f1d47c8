//go:build linux

package linux

import (
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

	"vmabench/vmm"
)

// procmapQuery is struct procmap_query of include/uapi/linux/fs.h (6.11).
type procmapQuery struct {
	size, flags, addr              uint64
	start, end                     uint64
	vmaFlags, pageSize, off, inode uint64
	devMajor, devMinor             uint32
	nameSize, buildIDSize          uint32
	nameAddr, buildIDAddr          uint64
}

// procmapQueryCall is PROCMAP_QUERY: _IOWR('f', 17, struct procmap_query).
const procmapQueryCall = 3<<30 | unsafe.Sizeof(procmapQuery{})<<16 | 'f'<<8 | 17

// vmaShared is PROCMAP_QUERY_VMA_SHARED; the flags below it are vmm.Prot's.
const vmaShared = 8

// query is the maps file of the process, open for questions.
type query struct {
	once sync.Once
	fd   int
	err  error
}

func (q *query) open() (int, error) {
	q.once.Do(func() { q.fd, q.err = unix.Open("/proc/self/maps", unix.O_RDONLY|unix.O_CLOEXEC, 0) })
	return q.fd, q.err
}

func (q *query) close() {
	q.once.Do(func() { q.err = vmm.EINVAL })
	if q.err == nil {
		unix.Close(q.fd)
	}
}

// Peek asks /proc/self/maps. Which file is mapped is not told.
func (s *space) Peek(_ *vmm.Task, addr vmm.Addr) (m vmm.Mapping, err error) {
	at, ok := host(addr, 1)
	if !ok {
		return m, vmm.EFAULT
	}
	fd, err := s.query.open()
	if err != nil {
		return m, err
	}
	q := procmapQuery{addr: uint64(at)}
	q.size = uint64(unsafe.Sizeof(q))
	_, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), procmapQueryCall, uintptr(unsafe.Pointer(&q)))
	switch e {
	case 0:
	case unix.ENOENT:
		return m, vmm.EFAULT
	case unix.ENOTTY:
		return m, vmm.EINVAL // an older kernel
	default:
		return m, errno(e)
	}
	m.Start = addr.Down() - vmm.Addr(uint64(at)&^(vmm.PageSize-1)-q.start)
	m.End = m.Start + vmm.Addr(q.end-q.start)
	m.Prot, m.Shared = vmm.Prot(q.vmaFlags&(vmaShared-1)), q.vmaFlags&vmaShared != 0
	return m, nil
}
