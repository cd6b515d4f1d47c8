package vmmtest

import (
	"vmabench/vmm"
)

// Kind is what an Op does.
type Kind uint8

const (
	Mmap Kind = iota
	Munmap
	Mprotect
	Mremap
	Madvise
	Brk
	Fault
	FaultKernel
	UffdMove
	Maps  // the mappings, neighbours of one kind merged
	VMAs  // the mappings as the design reports them
	Peek  // what is said of the page of Addr
	Fork  // Other is the child's number
	New   // Other is the new space's number
	Exit  // the space is gone
	Check // the invariants
)

var kindNames = [...]string{
	"mmap", "munmap", "mprotect", "mremap", "madvise", "brk", "fault", "kfault", "uffdmove",
	"maps", "vmas", "peek", "fork", "new", "exit", "check",
}

func (k Kind) String() string { return kindNames[k] }

// Op is one operation on address space number Space. Space 0 exists from the
// start. An Op on a space that does not exist does nothing, so that a script
// stays legal whatever is cut out of it.
type Op struct {
	Kind         Kind
	Space, Other int
	Addr, Addr2  vmm.Addr // Addr2: the new address of Mremap, src of UffdMove
	Len, Len2    uint64   // Len2: the new length of Mremap
	Prot         vmm.Prot
	Flags        vmm.MapFlags
	File         vmm.File
	Remap        vmm.RemapFlags
	Advice       vmm.Advice
	Access       vmm.Access
}

// Result is what an operation answered.
type Result struct {
	Addr vmm.Addr
	Err  error
	Maps []vmm.Mapping
}

// Do performs op on a design's address space. Fork, New and Exit are the
// replayer's business.
func (op Op) Do(v vmm.VMM, t *vmm.Task) (r Result) {
	switch op.Kind {
	case Mmap:
		r.Addr, r.Err = v.Mmap(t, op.Addr, op.Len, op.Prot, op.Flags, op.File)
	case Munmap:
		r.Err = v.Munmap(t, op.Addr, op.Len)
	case Mprotect:
		r.Err = v.Mprotect(t, op.Addr, op.Len, op.Prot)
	case Mremap:
		r.Addr, r.Err = v.Mremap(t, op.Addr, op.Len, op.Len2, op.Remap, op.Addr2)
	case Madvise:
		r.Err = v.Madvise(t, op.Addr, op.Len, op.Advice)
	case Brk:
		r.Addr, r.Err = v.Brk(t, op.Addr)
	case Fault:
		r.Err = v.Fault(t, op.Addr, op.Access)
	case FaultKernel:
		r.Err = v.FaultKernel(t, op.Addr, op.Access)
	case UffdMove:
		r.Err = v.UffdMove(t, op.Addr, op.Addr2)
	case Maps:
		r.Maps, r.Err = v.Maps(t, nil)
		r.Maps = Canonical(r.Maps)
	case VMAs:
		r.Maps, r.Err = v.Maps(t, nil)
	case Peek:
		var m vmm.Mapping
		if m, r.Err = v.Peek(t, op.Addr); r.Err == nil {
			r.Maps = []vmm.Mapping{pageOf(m, op.Addr)}
		}
	case Check:
		r.Err = v.Check(t)
	}
	if r.Err != nil && op.Kind != Brk {
		r.Addr = 0
	}
	return r
}

// pageOf is what m says of the page of a: the rest depends on how a design has
// split its mappings. A range that does not hold a is left as it is.
func pageOf(m vmm.Mapping, a vmm.Addr) vmm.Mapping {
	if !m.Contains(a) {
		return m
	}
	at := a.Down()
	if m.File.ID != 0 {
		m.File.Off += uint64(at - m.Start)
	}
	m.Range = vmm.Range{Start: at, End: at + vmm.PageSize}
	return m
}
