package mmaponly

import (
	"reflect"

	"vmabench/internal/addrspace"
	"vmabench/internal/mm"
	"vmabench/internal/rwsem"
	"vmabench/vmm"
)

// Design is the row of this design in the table of designs.
var Design = vmm.Design{
	Name:   "mmaponly",
	Title:  "mmap_lock only",
	Since:  "up to 6.3",
	Doc:    "Every fault takes mmap_lock for read, every change of the mappings takes it for write.",
	New:    func(c vmm.Config) vmm.Machine { return NewMachine(c) },
	Layout: []reflect.Type{reflect.TypeFor[vma](), reflect.TypeFor[rwsem.RWSem]()},
	Facts:  facts,
}

// page is a slab page: 26 VMAs.
type page struct {
	objs [vmm.PageSize / vmaSize]vma
	_    [vmm.PageSize % vmaSize]byte
}

// Machine implements vmm.Machine, and addrspace.Locks for its address spaces.
type Machine struct{ addrspace.Bare[vma] }

// NewMachine returns a machine whose address spaces use the design. The
// protocols differ here only in where mmap_lock lies.
func NewMachine(c vmm.Config) *Machine {
	slab := mm.NewSlab(func(p *page) []vma { return p.objs[:] }, addrspace.Flags(c, false))
	return &Machine{addrspace.NewBare(c, slab, restOffset)}
}

// space is an address space of the design.
type space struct{ addrspace.Space }

// NewVMM implements vmm.Machine.
func (m *Machine) NewVMM(t *vmm.Task) vmm.VMM {
	v, _ := m.newSpace(t)
	return v
}

func (m *Machine) newSpace(*vmm.Task) (vmm.VMM, *addrspace.Space) {
	s := new(space)
	rules := addrspace.Rules{LockOnTwoLines: m.Config.Protocol == vmm.ProtocolSame}
	s.Init(addrspace.Setup{Machine: &m.Bare.Machine, Locks: m, Rules: rules, Rest: restOffset, Sibling: m.newSpace})
	return s, &s.Space
}

// Fault implements vmm.VMM: do_user_addr_fault.
func (s *space) Fault(t *vmm.Task, addr vmm.Addr, access vmm.Access) error {
	return s.FaultSlow(t, addr, access)
}
