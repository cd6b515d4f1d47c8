package rwsem

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
	Name:   "rwsem",
	Title:  "per-VMA rw_semaphore",
	Since:  "6.4 to 6.14",
	Doc:    "Readers try the VMA's rw_semaphore or fall back to mmap_lock; a writer takes it, spinning and then queueing, for as long as it needs to leave its mark.",
	New:    newMachine,
	Layout: []reflect.Type{reflect.TypeFor[vma](), reflect.TypeFor[rwsem.RWSem]()},
	Facts:  facts,
}

// The slab pages: 23 VMAs, 102 locks.
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
