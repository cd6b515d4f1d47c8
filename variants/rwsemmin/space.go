// Code generated from variants/rwsem by make designs. DO NOT EDIT.

package rwsemmin

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
	Name:   "rwsemmin",
	Title:  "per-VMA rw_semaphore, 160 + 40 bytes",
	Since:  "a layout of rwsem",
	Doc:    "As rwsem, with the fields of a defconfig kernel: 160 bytes a VMA and 40 for its lock.",
	Extra:  true,
	New:    newMachine,
	Layout: []reflect.Type{reflect.TypeFor[vma](), reflect.TypeFor[rwsem.RWSem]()},
}

// The slab pages: 25 VMAs, 102 locks.
type (
	vmaPage struct {
		objs [vmm.PageSize / vmaSize]vma
		_    [vmm.PageSize % vmaSize]byte
	}
	lockPage struct {
		objs [vmm.PageSize / lockSize]rwsem.RWSem
		_    [vmm.PageSize % lockSize]byte
	}
)

func newMachine(c vmm.Config) vmm.Machine {
	locks := mm.NewSlab(func(p *lockPage) []rwsem.RWSem { return p.objs[:] }, addrspace.Flags(c, false))
	return addrspace.NewKit(c, addrspace.Parts[vma]{
		Objects: mm.NewSlab(func(p *vmaPage) []vma { return p.objs[:] }, addrspace.Flags(c, false)),
		Rest:    restOffset,
		Lookup:  lockVMAUnderRCU,
		New:     func() (vmm.VMM, *addrspace.Space) { s := new(space); return s, &s.Space },
		Allocated: func(t *atomic.Task, v *vma) {
			lock := locks.Alloc(t) // as its last life left it: free
			if atomic.Simulated {
				atomic.Name(lock, addrspace.SlotName("vm_lock", lock))
			}
			v.lock.Set(lock)
		},
		Freed: func(t *atomic.Task, v *vma) { locks.Free(t, v.lock.Get()) },
		Count: func(f *vmm.Footprint) {
			f.Locks = f.VMAs
			f.LockBytes = f.Locks * lockSize
			f.LockSlab = locks.SlabBytes(f.Locks)
		},
	})
}
