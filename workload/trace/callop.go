package trace

import (
	"fmt"
	"strconv"
	"strings"

	"vmabench/vmm"
)

// unfinished reports whether the process ended inside the call.
func (c *call) unfinished() bool { return c.ret == "" || strings.HasPrefix(c.ret, "?") }

// dontUnmap marks a mremap that leaves its source mapped, in place of advice,
// until it is known what lies there.
const dontUnmap = "MREMAP_DONTUNMAP"

// op translates a call. known is false for one that a trace does not hold.
func (c *call) op(files Files) (o Op, known bool, err error) {
	if c.unfinished() {
		return o, false, nil
	}
	if rest, failed := strings.CutPrefix(c.ret, "-1 "); failed {
		o.Err = firstWord(rest)
	}
	a := words{c: c}
	switch c.name {
	case "mmap", "mmap2":
		o.Kind = Mmap
		a.mmap(&o, files)
	case "munmap":
		o.Kind, o.Addr, o.Len = Munmap, a.addr(0), a.number(1)
	case "mprotect", "pkey_mprotect":
		o.Kind, o.Addr, o.Len, o.Prot = Mprotect, a.addr(0), a.number(1), a.prot(2)
	case "mremap":
		o.Kind, o.Old, o.OldLen, o.Len = Mremap, a.addr(0), a.number(1), a.number(2)
		if strings.Contains(a.at(3), "DONTUNMAP") {
			o.Advice = dontUnmap
		}
		if o.Addr = a.result(); o.Err != "" {
			o.Addr = o.Old
		}
	case "madvise":
		o.Kind, o.Addr, o.Len, o.Advice = Madvise, a.addr(0), a.number(1), firstWord(a.at(2))
		if !strings.HasPrefix(o.Advice, "MADV_") {
			o.Advice = "MADV_" + o.Advice
		}
	case "brk":
		o.Kind, o.Addr = Brk, a.result()
	case "shmat":
		o.Kind, o.Prot = Mmap, vmm.ProtRead|vmm.ProtWrite
		o.Flags = vmm.MapShared
		if strings.Contains(a.at(2), "SHM_RDONLY") {
			o.Prot = vmm.ProtRead
		}
		o.Addr = a.result()
	case "shmdt":
		o.Kind, o.Addr = Munmap, a.addr(0) // all that shmat mapped there
	case "fork":
		o.Kind = Fork
	case "clone", "clone3":
		o.Kind = Fork
		if c.shares() {
			return o, false, nil
		}
	default:
		return o, false, nil
	}
	if a.err != nil {
		return o, false, a.err
	}
	if o.Err != "" && o.Addr > vmm.TaskSize {
		o.Addr = 0 // refused for that, and nowhere to be kept
	}
	return o, true, o.check()
}

// words reads a call's arguments; the first that is bad is in err.
type words struct {
	c   *call
	err error
}

func (w *words) at(i int) string {
	if i < len(w.c.args) {
		return w.c.args[i]
	}
	return ""
}

func (w *words) number(i int) uint64 { return w.parse(w.at(i)) }

func (w *words) parse(s string) uint64 {
	s = firstWord(s)
	if s == "NULL" || s == "" {
		return 0
	}
	if x, _, ok := strings.Cut(s, "<"); ok {
		s = x
	}
	n, err := strconv.ParseUint(s, 0, 64)
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("%q is no number", s)
	}
	return n
}

// addr is an address that a call was given; a bad one is the kernel's to
// refuse.
func (w *words) addr(i int) vmm.Addr {
	if n := w.number(i); n < 1<<63 {
		return vmm.Addr(n)
	}
	return 0
}

func (w *words) result() vmm.Addr {
	if strings.HasPrefix(w.c.ret, "-1 ") {
		return 0
	}
	return vmm.Addr(w.parse(w.c.ret))
}

func (w *words) prot(i int) (p vmm.Prot) {
	for f := range strings.SplitSeq(w.at(i), "|") {
		switch strings.TrimPrefix(f, "PROT_") {
		case "READ":
			p |= vmm.ProtRead
		case "WRITE":
			p |= vmm.ProtWrite
		case "EXEC":
			p |= vmm.ProtExec
		}
	}
	return p
}

// mmap reads mmap(addr, len, prot, flags, fd</path>, off).
func (w *words) mmap(o *Op, files Files) {
	o.Len, o.Prot = w.number(1), w.prot(2)
	anonymous := false
	for f := range strings.SplitSeq(w.at(3), "|") {
		switch strings.TrimPrefix(f, "MAP_") {
		case "SHARED", "SHARED_VALIDATE":
			o.Flags |= vmm.MapShared
		case "FIXED":
			o.Flags |= vmm.MapFixed
		case "FIXED_NOREPLACE":
			o.Flags |= vmm.MapFixedNoReplace
		case "GROWSDOWN":
			o.Flags |= vmm.MapGrowsDown
		case "POPULATE":
			o.Flags |= vmm.MapPopulate
		case "ANONYMOUS", "ANON":
			anonymous = true
		}
	}
	if o.Addr = w.result(); o.Err != "" {
		o.Addr = w.addr(0).Down()
	}
	if anonymous {
		return
	}
	fd := w.at(4)
	path := "fd " + fd
	if _, p, ok := strings.Cut(fd, "<"); ok {
		path = strings.TrimSuffix(p, ">")
		path = strings.TrimSuffix(path, ">(deleted)")
	}
	if id := files.id(path); id != 0 {
		o.File = vmm.File{ID: id, Off: w.number(5) &^ (vmm.PageSize - 1)}
	}
}

func firstWord(s string) string {
	s, _, _ = strings.Cut(s, " ")
	return s
}
