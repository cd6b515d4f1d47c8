package harness

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

// seat is a CPU and where it is.
type seat struct{ cpu, socket, core, thread int }

// seats returns the CPUs in the order in which workers take them: a thread of
// every core first, socket by socket, then the cores' other threads.
func seats(cpus []int, topology func(cpu int, file string) string) []seat {
	number := func(cpu int, file string, other int) int {
		if n, err := strconv.Atoi(topology(cpu, file)); err == nil {
			return n
		}
		return other
	}
	threads := map[[2]int]int{}
	var out []seat
	for _, c := range cpus {
		s := seat{cpu: c, socket: number(c, "physical_package_id", 0), core: number(c, "core_id", c)}
		s.thread = threads[[2]int{s.socket, s.core}]
		threads[[2]int{s.socket, s.core}]++
		out = append(out, s)
	}
	slices.SortStableFunc(out, func(a, b seat) int {
		return cmp.Or(cmp.Compare(a.thread, b.thread), cmp.Compare(a.socket, b.socket), cmp.Compare(a.core, b.core))
	})
	return out
}

// among is how many of the seats, from the first on, n workers take turns on:
// the cores of the first socket, if these are enough, else all cores, else all.
// A repetition must not straddle a boundary that another one does not.
func among(seats []seat, n int) int {
	for i := 1; i < len(seats); i++ {
		a, b := seats[i-1], seats[i]
		if i >= n && (a.thread != b.thread || a.thread == 0 && a.socket != b.socket) {
			return i
		}
	}
	return len(seats)
}

func topologyOf(cpu int, file string) string {
	return read(fmt.Sprintf("/sys/devices/system/cpu/cpu%d/topology/%s", cpu, file))
}
