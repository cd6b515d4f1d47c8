package trace

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"vmabench/vmm"
)

// Log is a recording before the mappings are known: what one process did, as
// ops whose times are on the tracer's clock.
type Log struct {
	Ops []Op
	// Execs counts successful execve calls of the process: what it did before
	// the last is left out.
	Execs int
	// Skipped are calls that a trace cannot hold, by name.
	Skipped map[string]int

	threads map[int]int     // thread number by tid
	members map[int]bool    // threads that never left the address space
	keys    []time.Duration // of Ops: when each took effect
	began   time.Duration   // the end of the last execve

	// byMaps: what a descriptor shows is known from the last mappings alone,
	// and a fault in a file is at an offset in it.
	byMaps bool
	files  Files
	shm    map[string]uint64 // sizes of System V segments, by what shmget returned
}

// ParseStrace reads the output of strace with StraceFlags. pid is the process
// to keep, 0 the first of the log.
func ParseStrace(r io.Reader, name string, pid int, files Files) (*Log, error) {
	calls, err := parseStraceLog(r, name)
	if err != nil {
		return nil, err
	}
	return gather(calls, pid, files, name)
}

// gather keeps the calls of one address space.
func gather(calls []call, pid int, files Files, name string) (*Log, error) {
	if pid == 0 && len(calls) == 0 {
		return nil, fmt.Errorf("%s: no call in it", name)
	}
	if pid == 0 {
		pid = calls[0].tid
	} else if !slices.ContainsFunc(calls, func(c call) bool { return c.tid == pid }) {
		return nil, fmt.Errorf("%s: no call of process %d in it", name, pid)
	}
	l := &Log{Skipped: map[string]int{}, threads: map[int]int{}, members: map[int]bool{}, shm: map[string]uint64{}}
	sharers := sharersOf(calls, pid)
	for tid, left := range sharers {
		l.members[tid] = left == 0
	}
	for i := range calls {
		c := &calls[i]
		if left, ok := sharers[c.tid]; !ok || left > 0 && i >= left {
			continue
		}
		if c.name == "execve" && c.tid == pid && c.succeeded() {
			l.Execs++
			l.Ops, l.keys, l.began = nil, nil, c.end
			clear(l.threads)
			clear(l.Skipped)
			continue
		}
		if err := l.add(c, files); err != nil {
			return nil, fmt.Errorf("%s: %s by %d: %v", name, c.name, c.tid, err)
		}
	}
	l.order()
	return l, nil
}

// sharersOf returns the threads that share pid's address space, each with the
// index of the call from which on it has one of its own (0 is never).
func sharersOf(calls []call, pid int) map[int]int {
	left := map[int]int{}
	for i := range calls {
		c := &calls[i]
		if _, known := left[c.tid]; !known && c.name == "execve" && c.succeeded() && c.tid != pid {
			left[c.tid] = i
		}
	}
	in := map[int]int{pid: 0}
	for again := true; again; { // a child may act before its clone is printed
		again = false
		for i := range calls {
			c := &calls[i]
			if at, ok := in[c.tid]; !ok || at > 0 && i >= at || !c.shares() {
				continue
			}
			child, err := strconv.Atoi(firstWord(c.ret))
			if _, known := in[child]; err == nil && child > 0 && !known {
				in[child], again = left[child], true
			}
		}
	}
	return in
}

// succeeded reports whether a call returned 0. strace adds that it held it.
func (c *call) succeeded() bool { return firstWord(c.ret) == "0" }

// shares reports whether the call makes a thread, or a child that uses the
// address space until it has its own.
func (c *call) shares() bool {
	switch c.name {
	case "vfork":
		return true
	case "clone", "clone3":
		// perf trace does not show what clone3 is handed. glibc calls it for
		// threads and posix_spawn, which share.
		return c.has("CLONE_VM") || c.name == "clone3" && c.has("uargs")
	}
	return false
}

// has reports whether a flag stands in the arguments. perf trace leaves the
// prefix CLONE_ away.
func (c *call) has(flag string) bool {
	for _, w := range strings.FieldsFunc(strings.Join(c.args, " "), func(r rune) bool { return strings.ContainsRune(" |=,{}:", r) }) {
		if w == flag || w == strings.TrimPrefix(flag, "CLONE_") {
			return true
		}
	}
	return false
}

// creates reports whether a call takes effect at its end, as seen by others:
// they can know of what it made only then. What removes takes effect at once.
func (k Kind) creates() bool { return k == Mmap || k == Mremap || k == Brk }

// add appends the op of c.
func (l *Log) add(c *call, files Files) error {
	o, known, err := c.op(files)
	if err != nil {
		return err
	}
	if !known {
		switch c.name {
		case "exit", "exit_group", "execve", "clone", "clone3", "vfork":
		case "shmget":
			l.shm[firstWord(c.ret)] = (&words{c: c}).number(1)
		default:
			if !c.unfinished() {
				l.Skipped[c.name]++
			}
		}
		return nil
	}
	o.Thread = l.thread(c.tid)
	o.At = c.enter
	if c.name == "shmat" {
		o.Len = l.shm[firstWord((&words{c: c}).at(0))] // 0 for one that was made before
	}
	key := c.enter
	if o.Kind.creates() {
		key = c.end
	}
	l.Ops = append(l.Ops, o)
	l.keys = append(l.keys, key)
	return nil
}

func (l *Log) thread(tid int) int {
	n, ok := l.threads[tid]
	if !ok {
		n = len(l.threads)
		l.threads[tid] = n
	}
	return n
}

// order sorts the ops by when they took effect.
func (l *Log) order() {
	at := make([]int, len(l.Ops))
	for i := range at {
		at[i] = i
	}
	slices.SortStableFunc(at, func(a, b int) int { return int(l.keys[a] - l.keys[b]) })
	ops, keys := make([]Op, len(at)), make([]time.Duration, len(at))
	for i, j := range at {
		ops[i], keys[i] = l.Ops[j], l.keys[j]
	}
	l.Ops, l.keys = ops, keys
}

// AddFaults puts faults among the calls, those of the address space's own
// threads.
func (l *Log) AddFaults(faults []FaultAt) {
	for _, f := range faults {
		if !l.members[f.TID] || f.At < l.began {
			continue
		}
		k := Fault
		if f.Kernel {
			k = KernelFault
		}
		o := Op{At: f.At, Thread: l.thread(f.TID), Kind: k, Addr: f.Addr}
		if f.path != "" {
			o.File = vmm.File{ID: l.files.id(f.path), Off: uint64(f.Addr)}
		}
		l.Ops = append(l.Ops, o)
		l.keys = append(l.keys, f.At)
	}
	l.order()
}

// FaultAt is a page fault on the tracer's clock.
type FaultAt struct {
	At     time.Duration
	TID    int
	Addr   vmm.Addr
	Kernel bool // taken inside the kernel

	path string // Addr is an offset in that file; "" for an address
}

// Trace makes the trace of the process whose mappings were initial and became
// final. A fault writes if its mapping lets it. Where the stack has grown
// without a fault in the log, the first thread's fault is added at the end.
func (l *Log) Trace(initial, final []vmm.Mapping) *Trace {
	t := &Trace{Initial: initial, Final: final}
	s := newSpace(initial)
	var start time.Duration
	for _, o := range l.Ops {
		if start == 0 {
			start = o.At
		}
		o.At = max(0, o.At-start)
		if l.byMaps {
			s.resolve(&o, final)
		}
		for _, o := range s.settle(o, final) {
			s.apply(&o)
			if m, ok := s.lookup(o.Addr); o.Kind >= Fault && ok && m.Prot.Allows(vmm.AccessWrite) {
				o.Access = vmm.AccessWrite
			}
			t.Ops = append(t.Ops, o)
		}
	}
	t.stack(s)
	return t
}

func (t *Trace) stack(s *space) {
	for _, want := range t.Final {
		for _, m := range s.maps {
			if want.GrowsDown && m.GrowsDown && m.End == want.End && want.Start < m.Start {
				o := Op{Kind: Fault, Addr: want.Start, Access: vmm.AccessWrite}
				if n := len(t.Ops); n > 0 {
					o.At = t.Ops[n-1].At
				}
				t.Ops = append(t.Ops, o)
				return
			}
		}
	}
}
