// Code generated from variants/refcount by make designs. DO NOT EDIT.

package pairs

import (
	"reflect"

	"vmabench/internal/addrspace"
	"vmabench/internal/mm"
	"vmabench/internal/rwsem"
	"vmabench/vmm"
)

// Design is the row of this design in the table of designs.
var Design = vmm.Design{
	Name:   "pairs",
	Title:  "count in a line pair of its own",
	Since:  "a layout of refcount",
	Doc:    "As refcount, in 256 bytes, so that a prefetcher of line pairs fetches no other VMA's line with the count.",
	Extra:  true,
	New:    newMachine,
	Layout: []reflect.Type{reflect.TypeFor[vma](), reflect.TypeFor[rwsem.RWSem]()},
}

// page is a slab page: 16 VMAs, each on lines of its own.
type page struct {
	objs [vmm.PageSize / vmaSize]vma
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
