package rangelock

import (
	"reflect"

	"vmabench/internal/addrspace"
	"vmabench/internal/atomic"
	"vmabench/internal/mm"
	"vmabench/internal/rwsem"
	"vmabench/vmm"
)

// Design is the row of this design in the table of designs.
var Design = vmm.Design{
	Name:   "rangelock",
	Title:  "range lock",
	Since:  "never",
	Extra:  true,
	Doc:    "A fault locks its page for read, a change of the mappings what it touches for write; each waits for the earlier ranges that overlap.",
	New:    func(c vmm.Config) vmm.Machine { return NewMachine(c) },
	Layout: []reflect.Type{reflect.TypeFor[vma](), reflect.TypeFor[rwsem.RWSem](), reflect.TypeFor[rangeLock](), reflect.TypeFor[node]()},
	Facts:  facts,
}

// Machine implements vmm.Machine.
type Machine struct{ addrspace.Bare[vma] }

// NewMachine returns a machine whose address spaces use the design. It belongs
// to no kernel; the protocols differ only in where mmap_lock lies.
func NewMachine(c vmm.Config) *Machine {
	slab := mm.NewSlab(func(p *page) []vma { return p.objs[:] }, addrspace.Flags(c, false))
	return &Machine{addrspace.NewBare(c, slab, restOffset)}
}

// space is an address space of the design.
type space struct {
	addrspace.Space
	locks *locks
}

// NewVMM implements vmm.Machine.
func (m *Machine) NewVMM(t *vmm.Task) vmm.VMM {
	v, _ := m.newSpace(t)
	return v
}

func (m *Machine) newSpace(*vmm.Task) (vmm.VMM, *addrspace.Space) {
	k := &locks{Machine: m, ranges: new(rangeLock)}
	atomic.Name(k.ranges, "ranges")
	s := &space{locks: k}
	rules := addrspace.Rules{RangeLocks: true, LockOnTwoLines: m.Config.Protocol == vmm.ProtocolSame}
	s.Init(addrspace.Setup{Machine: &m.Bare.Machine, Locks: k, Rules: rules, Rest: restOffset, Sibling: m.newSpace})
	return s, &s.Space
}
