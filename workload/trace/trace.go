package trace

import (
	"fmt"
	"time"

	"vmabench/vmm"
)

// Trace is what one process did.
type Trace struct {
	Command string   // what was recorded, without paths
	Notes   []string // how it was recorded, and what is left out
	Initial []vmm.Mapping
	Ops     []Op
	Final   []vmm.Mapping
}

// Kind is what an Op is.
type Kind uint8

const (
	Mmap     Kind = iota // at Addr, which the kernel chose unless Flags says fixed
	Munmap               // [Addr, Addr+Len)
	Mprotect             // the same, to Prot
	Mremap               // from Old, OldLen to Addr, Len
	Madvise              // of [Addr, Addr+Len), by the name Advice
	Brk                  // the heap ends at Addr, the result
	Fault                // at Addr, of Access, from user mode
	KernelFault
	Fork
	numKinds
)

var kindNames = [numKinds]string{"mmap", "munmap", "mprotect", "mremap", "madvise", "brk", "fault", "kfault", "fork"}

func (k Kind) String() string { return kindNames[k] }

// Op is one call or fault. Which fields are of use is said at its Kind.
type Op struct {
	At     time.Duration // since the start of the trace
	Thread int           // in order of appearance
	Kind   Kind
	Addr   vmm.Addr
	Len    uint64
	Old    vmm.Addr
	OldLen uint64
	Prot   vmm.Prot
	Flags  vmm.MapFlags
	File   vmm.File
	Advice string
	Access vmm.Access
	Err    string // the kernel's name of the error, "" for success
}

// Range is [Addr, Addr+Len) in whole pages.
func (o *Op) Range() vmm.Range {
	return vmm.Range{Start: o.Addr, End: o.Addr + vmm.Addr(vmm.PageAlign(o.Len))}
}

// Threads is the number of threads that the trace names.
func (t *Trace) Threads() int {
	n := 0
	for i := range t.Ops {
		n = max(n, t.Ops[i].Thread+1)
	}
	return n
}

// Count returns the number of ops of each kind, and of calls that failed.
func (t *Trace) Count() (kinds [numKinds]int, failed int) {
	for i := range t.Ops {
		kinds[t.Ops[i].Kind]++
		if t.Ops[i].Err != "" {
			failed++
		}
	}
	return kinds, failed
}

// Verify reports where the calls do not explain the last mappings.
func (t *Trace) Verify() error {
	s := newSpace(t.Initial)
	for i := range t.Ops {
		s.apply(&t.Ops[i])
	}
	if d := Diff(s.maps, t.Final); d != "" {
		return fmt.Errorf("the calls do not lead to the last mappings: %s", d)
	}
	return nil
}

// Diff describes the first place where two address spaces differ, whatever
// their mappings are split into; "" is none. What /proc/PID/maps does not show
// (DontFork, GrowsDown) is not compared.
func Diff(got, want []vmm.Mapping) string {
	at := vmm.Addr(0)
	for {
		g, gok := from(got, at)
		w, wok := from(want, at)
		switch {
		case !gok && !wok:
			return ""
		case !gok || wok && w.Start < g.Start:
			return fmt.Sprintf("nothing mapped where %v should be", w)
		case !wok || g.Start < w.Start:
			return fmt.Sprintf("%v where nothing should be", g)
		case g.Prot != w.Prot || g.Shared != w.Shared || g.File != w.File:
			return fmt.Sprintf("%v where %v should be", g, w)
		}
		at = min(g.End, w.End)
	}
}

// from returns the part of the sorted mappings at or above a, up to the end of
// the mapping that it lies in.
func from(maps []vmm.Mapping, a vmm.Addr) (vmm.Mapping, bool) {
	i := search(maps, a)
	if i == len(maps) {
		return vmm.Mapping{}, false
	}
	m := maps[i]
	if m.Start < a {
		m = after(m, a)
	}
	return m, true
}
