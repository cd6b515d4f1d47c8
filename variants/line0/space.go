// Code generated from variants/refcount by make designs. DO NOT EDIT.

package line0

import (
	"reflect"

	"vmabench/internal/addrspace"
	"vmabench/internal/mm"
	"vmabench/internal/rwsem"
	"vmabench/vmm"
)

// Design is the row of this design in the table of designs.
var Design = vmm.Design{
	Name:   "line0",
	Title:  "count beside vm_lock_seq",
	Since:  "a layout of refcount",
	Doc:    "As refcount, with the count in the VMA's first line, beside what every fault reads.",
	Extra:  true,
	New:    newMachine,
	Layout: []reflect.Type{reflect.TypeFor[vma](), reflect.TypeFor[rwsem.RWSem]()},
}

// page is a slab page: 21 VMAs, each on lines of its own.
type page struct {
	objs [vmm.PageSize / vmaSize]vma
	_    [vmm.PageSize % vmaSize]byte
}

func newMachine(c vmm.Config) vmm.Machine {
	return machine(c, func() (vmm.VMM, *addrspace.Space) { s := new(space); return s, &s.Space })
}

// machine returns a machine of the design with the address spaces that empty
// makes.
func machine(c vmm.Config, empty func() (vmm.VMM, *addrspace.Space)) vmm.Machine {
	return addrspace.NewKit(c, addrspace.Parts[vma]{
		Objects:  mm.NewSlab(func(p *page) []vma { return p.objs[:] }, addrspace.Flags(c, true)),
		TypeSafe: true,
		Rest:     restOffset,
		Lookup:   lockVMAUnderRCU,
		New:      empty,
		Era:      addrspace.Rules{SeqAtLock: true, LockOnTwoLines: true}, // 6.16
	})
}
