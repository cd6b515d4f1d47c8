package harness

import (
	"bytes"
	"strconv"

	"golang.org/x/sys/unix"
)

// RunQueue tells how long its thread could have run and had no CPU. The zero
// value knows nothing.
type RunQueue struct{ fd int }

// OpenRunQueue opens that of the calling thread, to which its goroutine must be
// locked. Close it.
func OpenRunQueue() RunQueue {
	fd, err := unix.Open("/proc/thread-self/schedstat", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return RunQueue{}
	}
	return RunQueue{fd}
}

// Waited returns that time in nanoseconds since the thread began; false where the
// kernel does not count it.
func (q RunQueue) Waited() (ns int64, ok bool) {
	var b [64]byte
	if q.fd == 0 {
		return 0, false
	}
	n, err := unix.Pread(q.fd, b[:], 0)
	if err != nil {
		return 0, false
	}
	return parseSchedstat(b[:n])
}

// parseSchedstat reads "time on CPU, time in the run queue, turns on a CPU"
// (Documentation/scheduler/sched-stats.rst). A kernel without the counts has
// zeros.
func parseSchedstat(b []byte) (waited int64, ok bool) {
	f := bytes.Fields(b)
	if len(f) != 3 || string(f[2]) == "0" {
		return 0, false
	}
	waited, err := strconv.ParseInt(string(f[1]), 10, 64)
	return waited, err == nil
}

func (q RunQueue) Close() {
	if q.fd != 0 {
		unix.Close(q.fd)
	}
}
