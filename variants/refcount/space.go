package refcount

import (
	"reflect"

	"vmabench/internal/addrspace"
	"vmabench/internal/mm"
	"vmabench/internal/rwsem"
	"vmabench/vmm"
)

// Design is the row of this design in the table of designs.
var Design = vmm.Design{
	Name:   "refcount",
	Title:  "per-VMA reference count",
	Since:  "6.15 and later",
	Doc:    "Readers count themselves in the VMA or fall back to mmap_lock; a writer sets a flag in the count and sleeps until they have left.",
	New:    newMachine,
	Layout: []reflect.Type{reflect.TypeFor[vma](), reflect.TypeFor[rwsem.RWSem]()},
	Facts:  facts,
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
