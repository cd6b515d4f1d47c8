package selftest

import (
	"vmabench/harness"
	"vmabench/vmm"
	"vmabench/vmm/vmmtest"
)

// Base is the design whose copies are compared with each other.
const Base = "refcount"

// The names of the subjects. Slowdowns are shares of the faults that are done
// twice.
const (
	nullName  = "null"
	sameName  = "same"
	againName = "same-again"
)

var slowdowns = []struct {
	name  string
	share float64
	every uint32
}{
	{"slower-one-percent", 0.01, 100},
	{"slower-two-percent", 0.02, 50},
	{"slower-five-percent", 0.05, 20},
	{"slower-ten-percent", 0.10, 10},
}

// Subjects returns find extended by the subjects of the self-test: it is what
// a child process looks its design up in.
func Subjects(find harness.Subjects) harness.Subjects {
	return func(name string) (vmm.Design, bool) {
		switch name {
		case nullName:
			return nullDesign, true
		case sameName, againName:
			return copyOf(find, name, 0)
		}
		for _, s := range slowdowns {
			if s.name == name {
				return copyOf(find, name, s.every)
			}
		}
		for _, b := range vmmtest.Broken {
			if b.Name == name {
				return b.Design, true
			}
		}
		return find(name)
	}
}

// copyOf is Base under another name, every n-th fault done twice; 0 is never.
func copyOf(find harness.Subjects, name string, every uint32) (vmm.Design, bool) {
	d, ok := find(Base)
	if !ok {
		return d, false
	}
	make := d.New
	d.Name, d.Control = name, true
	d.New = func(c vmm.Config) vmm.Machine { return &slowMachine{make(c), every} }
	return d, true
}

type slowMachine struct {
	vmm.Machine
	every uint32
}

func (m *slowMachine) NewVMM(t *vmm.Task) vmm.VMM {
	s := &slow{VMM: m.Machine.NewVMM(t), every: m.every}
	for i := range s.left {
		s.left[i].n = m.every
	}
	return s
}

// slow does every n-th fault of a task twice. With every = 0 it does what the
// others do but for that, so that they can be compared with it.
type slow struct {
	vmm.VMM
	every uint32
	left  [counters]counter
}

// counters is the number of tasks that have a counter of their own.
const counters = 256

type counter struct {
	n uint32
	_ [124]byte
}

// Fault implements vmm.VMM.
func (s *slow) Fault(t *vmm.Task, addr vmm.Addr, access vmm.Access) error {
	c := &s.left[t.ID()%counters]
	if c.n--; c.n == 0 {
		c.n = s.every
		_ = s.VMM.Fault(t, addr, access) // the first of two: the second one's outcome is returned
	}
	return s.VMM.Fault(t, addr, access)
}

// nullDesign does nothing: what is left is the driver and the interface call.
var nullDesign = vmm.Design{
	Name: nullName, Title: "null", Since: "never", Control: true,
	Doc: "an address space that does nothing",
	New: func(vmm.Config) vmm.Machine { return nullMachine{} },
}

type nullMachine struct{}

func (nullMachine) NewVMM(*vmm.Task) vmm.VMM { return null{} }
func (nullMachine) Quiesce(*vmm.Task)        {}

type null struct{}

func (null) Mmap(_ *vmm.Task, addr vmm.Addr, _ uint64, _ vmm.Prot, _ vmm.MapFlags, _ vmm.File) (vmm.Addr, error) {
	return max(addr, vmm.MmapMinAddr), nil
}
func (null) Munmap(*vmm.Task, vmm.Addr, uint64) error              { return nil }
func (null) Mprotect(*vmm.Task, vmm.Addr, uint64, vmm.Prot) error  { return nil }
func (null) Madvise(*vmm.Task, vmm.Addr, uint64, vmm.Advice) error { return nil }
func (null) Brk(_ *vmm.Task, a vmm.Addr) (vmm.Addr, error)         { return a, nil }
func (null) Fault(*vmm.Task, vmm.Addr, vmm.Access) error           { return nil }
func (null) FaultKernel(*vmm.Task, vmm.Addr, vmm.Access) error     { return nil }
func (null) Peek(*vmm.Task, vmm.Addr) (vmm.Mapping, error)         { return vmm.Mapping{}, nil }
func (null) UffdMove(*vmm.Task, vmm.Addr, vmm.Addr) error          { return nil }
func (null) Fork(*vmm.Task) (vmm.VMM, error)                       { return null{}, nil }
func (null) Exit(*vmm.Task)                                        {}
func (null) Check(*vmm.Task) error                                 { return nil }
func (null) Footprint() vmm.Footprint                              { return vmm.Footprint{} }
func (null) Maps(_ *vmm.Task, b []vmm.Mapping) ([]vmm.Mapping, error) {
	return b, nil
}
func (null) Mremap(_ *vmm.Task, a vmm.Addr, _, _ uint64, _ vmm.RemapFlags, _ vmm.Addr) (vmm.Addr, error) {
	return a, nil
}
