package rwseminline

import (
	"reflect"

	"vmabench/internal/addrspace"
	"vmabench/internal/mm"
	"vmabench/internal/rwsem"
	"vmabench/vmm"
)

// Design is the row of this design in the table of designs.
var Design = vmm.Design{
	Name:   "rwseminline",
	Title:  "rw_semaphore in the VMA",
	Since:  "tried in 2023; a step on the way to 6.15",
	Doc:    "As rwsem, but the rw_semaphore lies in the VMA, on a cache line of its own that makes it 256 bytes.",
	Extra:  true,
	New:    newMachine,
	Layout: []reflect.Type{reflect.TypeFor[vma](), reflect.TypeFor[rwsem.RWSem]()},
	Facts:  facts,
}

// page is a slab page: 16 VMAs.
type page struct {
	objs [vmm.PageSize / vmaSize]vma
}

func newMachine(c vmm.Config) vmm.Machine {
	return addrspace.NewKit(c, addrspace.Parts[vma]{
		Objects: mm.NewSlab(func(p *page) []vma { return p.objs[:] }, addrspace.Flags(c, false)),
		Rest:    restOffset,
		Lookup:  lockVMAUnderRCU,
		New:     func() (vmm.VMM, *addrspace.Space) { s := new(space); return s, &s.Space },
	})
}
