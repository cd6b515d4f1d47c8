package harness

import (
	"runtime"
	"time"
)

// Seats returns the usable CPUs in the order in which workers take them, and
// how many of the first have a core to themselves as far as the system knows.
// What a hypervisor does with them it does not say: see Burst.
func Seats() (cpus []int, cores int) {
	for _, s := range seats(AllowedCPUs(), topologyOf) {
		cpus = append(cpus, s.cpu)
		if s.thread == 0 {
			cores++
		}
	}
	return cpus, cores
}

// Burst runs a burst of arithmetic that keeps every unit of a core busy and
// returns how long it took. It takes half as long again, or more, while another
// thread works on the same core: the sibling of a hyper-threaded core, be it of
// this system or of another guest of the same host.
func Burst() time.Duration {
	from := time.Now()
	a, b, c, d, e, f := uint64(1), uint64(2), uint64(3), uint64(4), uint64(5), uint64(6)
	for range burstTurns {
		a, b, c, d, e, f = a+7, b^9, c+11, d^13, e+5, f^3
		a, b, c, d, e, f = a^2, b+9, c^1, d+3, e^5, f+3
	}
	took := time.Since(from)
	runtime.KeepAlive(a + b + c + d + e + f)
	return took
}

// burstTurns makes a burst about 10 µs long.
const burstTurns = 10_000
