package harness

import (
	"os"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// AllowedCPUs returns the CPUs that this process may run on.
func AllowedCPUs() []int {
	var set unix.CPUSet
	if unix.SchedGetaffinity(0, &set) != nil {
		return allCPUs()
	}
	var cpus []int
	for i := range len(set) * 64 {
		if set.IsSet(i) {
			cpus = append(cpus, i)
		}
	}
	return cpus
}

// pin binds the calling thread, which its goroutine must be locked to.
func pin(cpu int) error {
	var set unix.CPUSet
	set.Set(cpu)
	return unix.SchedSetaffinity(0, &set)
}

// confine binds the threads of the process to the CPUs, and with them those that
// they will start, which inherit it.
func confine(cpus []int) error {
	var set unix.CPUSet
	for _, c := range cpus {
		set.Set(c)
	}
	bound := map[string]bool{}
	for fresh := true; fresh; { // a thread may start another before its own turn
		fresh = false
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return err
		}
		for _, d := range threads {
			tid, err := strconv.Atoi(d.Name())
			if err != nil || bound[d.Name()] {
				continue
			}
			bound[d.Name()], fresh = true, true
			if err := unix.SchedSetaffinity(tid, &set); err != nil && err != unix.ESRCH { // it has ended
				return err
			}
		}
	}
	return nil
}

// realtime gives the calling thread a real-time priority, so that only the
// kernel's own threads of higher priority can take its CPU.
func realtime() error {
	return unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 10}, 0)
}

// usage is what a thread or process has used.
type usage struct {
	cpu         int64 // nanoseconds
	voluntary   int64 // context switches: it slept
	involuntary int64 // context switches: it was preempted
	faults      int64 // page faults of the real kernel
}

func threadUsage() usage  { return usageOf(unix.RUSAGE_THREAD, unix.CLOCK_THREAD_CPUTIME_ID) }
func processUsage() usage { return usageOf(unix.RUSAGE_SELF, unix.CLOCK_PROCESS_CPUTIME_ID) }

// usageOf takes the CPU time from the clock: getrusage knows that of a running
// thread only as of the last timer tick, which may be half a slice ago.
func usageOf(who int, clock int32) usage {
	var r unix.Rusage
	var ts unix.Timespec
	if unix.Getrusage(who, &r) != nil || unix.ClockGettime(clock, &ts) != nil {
		return usage{}
	}
	return usage{
		cpu:         ts.Nano(),
		voluntary:   r.Nvcsw,
		involuntary: r.Nivcsw,
		faults:      r.Minflt + r.Majflt,
	}
}

// osYield lets another thread of this CPU run and keeps the goroutine's P.
func osYield() { unix.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0) }

func allCPUs() []int {
	cpus := make([]int, runtime.NumCPU())
	for i := range cpus {
		cpus[i] = i
	}
	return cpus
}
