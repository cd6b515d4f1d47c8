package trace

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"vmabench/vmm"
)

// ParseFaults reads the output of perf script -F tid,time,ip,addr on a
// recording of page-faults: "123 4567.890123: 7f0000001000 55550000". offset
// is added to the times. A fault of an instruction in the kernel's half is the
// kernel's.
func ParseFaults(r io.Reader, name string, offset time.Duration) ([]FaultAt, error) {
	var out []FaultAt
	sc := bufio.NewScanner(r)
	for n := 1; sc.Scan(); n++ {
		f := strings.Fields(sc.Text())
		if len(f) == 0 {
			continue
		}
		if len(f) < 4 {
			return nil, fmt.Errorf("%s:%d: want thread, time, address and instruction, got %q", name, n, sc.Text())
		}
		tid, err := strconv.Atoi(f[0])
		at, err1 := time.ParseDuration(strings.TrimSuffix(f[1], ":") + "s")
		addr, err2 := strconv.ParseUint(f[2], 16, 64)
		ip, err3 := strconv.ParseUint(f[3], 16, 64)
		if err != nil || err1 != nil || err2 != nil || err3 != nil {
			return nil, fmt.Errorf("%s:%d: %q is no fault as perf script prints it", name, n, sc.Text())
		}
		if addr < uint64(vmm.TaskSize) {
			out = append(out, FaultAt{At: at + offset, TID: tid, Addr: vmm.Addr(addr), Kernel: ip>>47 != 0})
		}
	}
	return out, sc.Err()
}
