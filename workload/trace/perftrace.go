package trace

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"vmabench/vmm"
)

// PerfFlags are what perf trace must be told, beside what to trace and -o:
// calls and faults, with times that can be compared.
var PerfFlags = []string{"-T", "-F", "all", "-e",
	"mmap,munmap,mprotect,mremap,madvise,brk,shmget,shmat,shmdt,clone,clone3,fork,vfork,execve,exit_group"}

// perfArgs are the names of the arguments of a call, in the kernel's order.
var perfArgs = map[string][]string{
	"mmap":     {"addr", "len", "prot", "flags", "fd", "off"},
	"munmap":   {"addr", "len"},
	"mprotect": {"start", "len", "prot"},
	"mremap":   {"addr", "old_len", "new_len", "flags", "new_addr"},
	"madvise":  {"start", "len_in", "behavior"},
	"brk":      {"brk"},
	"shmget":   {"key", "size", "shmflg"},
	"shmat":    {"shmid", "shmaddr", "shmflg"},
	"shmdt":    {"shmaddr"},
}

// ParsePerf reads the output of perf trace with PerfFlags, or with
// --no-syscalls. pid is the process to keep, 0 the first of the log. What a
// descriptor shows is not in it: Trace takes that from the last mappings.
func ParsePerf(r io.Reader, name string, pid int, files Files) (*Log, error) {
	var calls []call
	var faults []FaultAt
	open := map[int]int{}
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 1<<20)
	first, n := 0, 0
	var last time.Duration
	for sc.Scan() {
		n++
		line := strings.TrimSpace(sc.Text())
		if line == "" || strings.HasPrefix(line, "LOST ") {
			continue
		}
		tid, at, took, rest, err := perfHead(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %v", name, n, err)
		}
		if tid == 0 {
			tid = pid
		}
		if first == 0 {
			first = tid
		}
		if at == 0 {
			at = last
		}
		last = at
		if where, ok := strings.CutPrefix(rest, "minfault "); ok {
			faults, err = appendFault(faults, tid, at, where)
		} else if where, ok := strings.CutPrefix(rest, "majfault "); ok {
			faults, err = appendFault(faults, tid, at, where)
		} else {
			calls = perfCall(calls, open, tid, at, took, rest)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %v", name, n, err)
		}
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("%s:%d: %v", name, n+1, err)
	}
	if pid == 0 {
		pid = first
	}
	if len(calls)+len(faults) == 0 {
		return nil, fmt.Errorf("%s: no call and no fault in it", name)
	}
	l, err := gather(calls, pid, files, name)
	if err == nil {
		l.byMaps, l.files = true, files
		l.AddFaults(faults)
	}
	return l, err
}

// perfHead splits "6204834.227 ( 0.037 ms): sh/27955 rest". at is 0 where perf
// does not know the time.
func perfHead(line string) (tid int, at, took time.Duration, rest string, err error) {
	stamp, tail, ok := strings.Cut(line, "(")
	cost, tail, ok2 := strings.Cut(tail, "): ")
	if !ok || !ok2 {
		return 0, 0, 0, "", fmt.Errorf("%.60q is no line of perf trace", line)
	}
	if s := strings.TrimSpace(stamp); s != "?" {
		ms, err := strconv.ParseFloat(s, 64)
		if err != nil || !(ms >= 0 && ms < 1e14) {
			return 0, 0, 0, "", fmt.Errorf("bad time %q", s)
		}
		if ms < 1e13 { // -1 is printed as the largest number
			at = time.Duration(ms*1e3) * time.Microsecond
		}
	}
	if ms, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(cost), "ms")), 64); err == nil && ms >= 0 && ms < 1e9 {
		took = time.Duration(ms * float64(time.Millisecond))
	}
	// A process of one thread has no "name/thread" in its lines.
	who := tail
	if i := strings.IndexAny(tail, "(["); i >= 0 {
		who = tail[:i]
	}
	slash := strings.LastIndexByte(who, '/')
	if slash < 0 {
		return 0, at, took, tail, nil
	}
	word, _, _ := strings.Cut(who[slash+1:], " ")
	if tid, err = strconv.Atoi(word); err != nil {
		return 0, 0, 0, "", fmt.Errorf("%q: want name/thread", line)
	}
	return tid, at, took, strings.TrimSpace(tail[slash+1+len(word):]), nil
}

// perfCall appends a call, or ends the one that it continues.
func perfCall(calls []call, open map[int]int, tid int, at, took time.Duration, rest string) []call {
	if strings.HasPrefix(rest, "... [continued]") {
		if i, ok := open[tid]; ok {
			delete(open, tid)
			_, ret, _ := strings.Cut(rest, " = ")
			calls[i].end, calls[i].ret = at+took, strings.TrimSpace(ret)
		}
		return calls
	}
	fn, tail, ok := strings.Cut(rest, "(")
	if !ok {
		return calls
	}
	c := call{tid: tid, enter: at, end: at + took, name: fn}
	args, ret, done := strings.Cut(tail, " = ")
	args = strings.TrimSpace(args)
	if done {
		c.ret = strings.TrimSpace(ret)
	} else {
		open[tid] = len(calls)
	}
	if i := strings.LastIndexByte(args, ')'); i >= 0 {
		args = args[:i]
	}
	c.args = perfNamed(fn, splitArgs(args))
	return append(calls, c)
}

// perfNamed puts "name: value" arguments, of which those that are 0 are not
// printed, in the kernel's order.
func perfNamed(fn string, args []string) []string {
	names, ok := perfArgs[fn]
	if !ok {
		return args
	}
	out := make([]string, len(names))
	for _, a := range args {
		key, value, _ := strings.Cut(a, ": ")
		if i := slices.Index(names, key); i >= 0 {
			out[i] = value
		}
	}
	return out
}

// appendFault reads "[where] => what@0xoffset (d.)".
func appendFault(faults []FaultAt, tid int, at time.Duration, s string) ([]FaultAt, error) {
	_, what, ok := strings.Cut(s, "] => ")
	if i := strings.LastIndex(what, " ("); i >= 0 {
		what = what[:i]
	}
	path, off := "", what
	if i := strings.LastIndexByte(what, '@'); i >= 0 {
		path, off = what[:i], what[i+1:]
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(off, "0x"), 16, 64)
	if !ok || err != nil {
		return faults, fmt.Errorf("%q is no fault as perf trace prints it", s)
	}
	f := FaultAt{At: at, TID: tid, Addr: vmm.Addr(n)}
	if strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") {
		f.path = path
	}
	if n >= uint64(vmm.TaskSize) {
		return faults, nil
	}
	return append(faults, f), nil
}
