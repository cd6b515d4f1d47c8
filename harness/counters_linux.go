package harness

import (
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"
)

// perfEvents are what is counted per worker, in the order of counterNames.
// Software events are the kernel's own and there on every machine; hardware
// events need a PMU and are counted in user mode.
var perfEvents = [len(counterNames)]struct {
	typ    uint32
	config uint64
}{
	{unix.PERF_TYPE_SOFTWARE, unix.PERF_COUNT_SW_CPU_MIGRATIONS},
	{unix.PERF_TYPE_SOFTWARE, unix.PERF_COUNT_SW_PAGE_FAULTS},
	{unix.PERF_TYPE_HARDWARE, unix.PERF_COUNT_HW_CPU_CYCLES},
	{unix.PERF_TYPE_HARDWARE, unix.PERF_COUNT_HW_INSTRUCTIONS},
	{unix.PERF_TYPE_HARDWARE, unix.PERF_COUNT_HW_CACHE_MISSES},
}

// perf are the calling thread's counters. The zero value counts nothing.
type perf struct{ fds [len(counterNames)]int }

// openPerf opens what can be had. Hardware events are one group, so that they
// count over the same time or, where the machine has too few, not at all.
func openPerf() (p perf) {
	leader := -1
	for i, e := range perfEvents {
		group := -1
		if e.typ == unix.PERF_TYPE_HARDWARE {
			group = leader
		}
		fd, err := openEvent(e.typ, e.config, group)
		if err != nil {
			continue
		}
		if e.typ == unix.PERF_TYPE_HARDWARE && leader < 0 {
			leader = fd
		}
		p.fds[i] = fd
	}
	return p
}

func openEvent(typ uint32, config uint64, group int) (int, error) {
	attr := unix.PerfEventAttr{Type: typ, Config: config, Size: uint32(unsafe.Sizeof(unix.PerfEventAttr{}))}
	if typ == unix.PERF_TYPE_HARDWARE {
		attr.Bits = unix.PerfBitExcludeKernel | unix.PerfBitExcludeHv
	}
	return unix.PerfEventOpen(&attr, 0, -1, group, unix.PERF_FLAG_FD_CLOEXEC)
}

// read returns the counts since openPerf.
func (p *perf) read() (n [len(counterNames)]uint64) {
	var b [8]byte
	for i, fd := range p.fds {
		if fd == 0 {
			continue
		}
		if got, err := unix.Read(fd, b[:]); err == nil && got == len(b) {
			n[i] = binary.NativeEndian.Uint64(b[:])
		}
	}
	return n
}

// has reports whether counter i counts.
func (p *perf) has(i int) bool { return p.fds[i] != 0 }

func (p *perf) close() {
	for _, fd := range p.fds {
		if fd != 0 {
			unix.Close(fd)
		}
	}
}

// counters asks the kernel for a hardware counter.
func (b *book) counters() {
	fd, err := openEvent(unix.PERF_TYPE_HARDWARE, unix.PERF_COUNT_HW_CPU_CYCLES, -1)
	if err == nil {
		unix.Close(fd)
		b.add("hardware counters", "cycles, instructions and cache misses are counted", vOK, "")
		return
	}
	switch err {
	case unix.ENOENT, unix.EOPNOTSUPP, unix.ENODEV:
		b.add("hardware counters", "none on this machine", vAbsent, "a guest has them if its host gives it a virtual PMU")
	case unix.EACCES, unix.EPERM:
		b.add("hardware counters", "not permitted", vAbsent, "sysctl kernel.perf_event_paranoid=1")
	default:
		b.add("hardware counters", "not available: "+err.Error(), vAbsent, "nothing: counters are optional")
	}
}

// scheduling tells whether threads may be pinned.
func (b *book) scheduling() {
	var set unix.CPUSet
	err := unix.SchedGetaffinity(0, &set)
	if err == nil {
		err = unix.SchedSetaffinity(0, &set)
	}
	if err != nil {
		b.add("pinning", "not permitted: "+err.Error(), vBad, "workers will be moved between CPUs")
		return
	}
	b.add("pinning", "permitted", vOK, "")
}
