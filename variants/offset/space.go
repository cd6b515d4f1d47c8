package offset

import (
	"reflect"

	"vmabench/internal/addrspace"
	"vmabench/internal/mm"
	"vmabench/internal/rwsem"
	"vmabench/vmm"
)

// Design is the row of this design in the table of designs.
var Design = vmm.Design{
	Name:   "offset",
	Title:  "subtract 0x80000000",
	Since:  "proposed for 6.13 (November 2024)",
	Doc:    "Readers subtract 1 and writers 0x80000000, whatever the word is; the sign of the result says who got in, and who did not adds it back.",
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
		Objects: mm.NewSlab(func(p *page) []vma { return p.objs[:] }, addrspace.Flags(c, false)),
		Rest:    restOffset,
		Lookup:  lockVMAUnderRCU,
		New:     func() (vmm.VMM, *addrspace.Space) { s := new(space); return s, &s.Space },
	})
}
