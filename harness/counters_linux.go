package harness

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// counters asks the kernel for a hardware counter.
func (b *book) counters() {
	attr := unix.PerfEventAttr{
		Type: unix.PERF_TYPE_HARDWARE, Config: unix.PERF_COUNT_HW_CPU_CYCLES,
		Size: uint32(unsafe.Sizeof(unix.PerfEventAttr{})),
		Bits: unix.PerfBitExcludeKernel | unix.PerfBitExcludeHv,
	}
	fd, err := unix.PerfEventOpen(&attr, 0, -1, -1, unix.PERF_FLAG_FD_CLOEXEC)
	if err == nil {
		unix.Close(fd)
		b.add("hardware counters", "cycles can be counted", vOK, "")
		return
	}
	switch err {
	case unix.ENOENT, unix.EOPNOTSUPP, unix.ENODEV:
		b.add("hardware counters", "none on this machine", vAbsent, "")
	case unix.EACCES, unix.EPERM:
		b.add("hardware counters", "not permitted", vAbsent, "sysctl kernel.perf_event_paranoid=1")
	default:
		b.add("hardware counters", "not available: "+err.Error(), vAbsent, "")
	}
}

// scheduling tells whether threads may be pinned.
func (b *book) scheduling() {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		b.add("pinning", "not permitted: "+err.Error(), vBad, "workers will be moved between CPUs")
		return
	}
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		b.add("pinning", "not permitted: "+err.Error(), vBad, "workers will be moved between CPUs")
		return
	}
	b.add("pinning", "permitted", vOK, "")
}
