package sketch

import (
	"reflect"

	"vmabench/internal/addrspace"
	"vmabench/internal/mm"
	"vmabench/internal/rwsem"
	"vmabench/vmm"
)

// Design is the row of this design in the table of designs.
var Design = vmm.Design{
	Name:   "sketch",
	Title:  "reference count, first sketch",
	Since:  "proposed for 6.14 (December 2024)",
	Doc:    "Readers count themselves first and look then; a writer adds itself and the sign bit and sleeps until only it and the tree are counted.",
	Extra:  true,
	New:    newMachine,
	Layout: []reflect.Type{reflect.TypeFor[vma](), reflect.TypeFor[rwsem.RWSem]()},
	Facts:  facts,
}

// page is a slab page: 21 VMAs.
type page struct {
	objs [vmm.PageSize / vmaSize]vma
	_    [vmm.PageSize % vmaSize]byte
}

func newMachine(c vmm.Config) vmm.Machine {
	return addrspace.NewKit(c, addrspace.Parts[vma]{
		Objects:  mm.NewSlab(func(p *page) []vma { return p.objs[:] }, addrspace.Flags(c, true)),
		TypeSafe: true,
		Rest:     restOffset,
		Lookup:   lockVMAUnderRCU,
		New:      func() (vmm.VMM, *addrspace.Space) { s := new(space); return s, &s.Space },
	})
}
