package addrspace

import (
	"unsafe"

	"vmabench/internal/atomic"
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// Bare is the machine of a design without VMA locks, and its Locks: V, its
// vm_area_struct, has mm.VMA at offset 0 and nothing to lock.
type Bare[V any] struct {
	Machine
	NoVMALock
	objects *mm.Slab[V]
	rest    uintptr
}

// NewBare returns such a machine. The slab was made with Flags(c, false); rest is
// the offset of mm.Rest in V.
func NewBare[V any](c vmm.Config, objects *mm.Slab[V], rest uintptr) Bare[V] {
	return Bare[V]{Machine: Machine{Config: c}, objects: objects, rest: rest}
}

// Alloc implements Locks.
func (b *Bare[V]) Alloc(t *vmm.Task, owner *mm.MM) *mm.VMA {
	o := b.objects.Alloc(&t.Task)
	if atomic.Simulated {
		atomic.Name(o, SlotName("vma", o))
	}
	v := mm.HeadOf(o)
	v.MM.Store(owner)
	mm.RestOf(v, b.rest).AnonVMA.Store(nil)
	return v
}

// Free implements Locks: at once, since nobody looks at a VMA without the lock
// that its remover holds alone.
func (b *Bare[V]) Free(t *vmm.Task, v *mm.VMA) { b.objects.Free(&t.Task, of[V](v)) }

// Footprint implements Locks.
func (b *Bare[V]) Footprint(f *vmm.Footprint) {
	f.VMABytes = f.VMAs * int(unsafe.Sizeof(*new(V)))
	f.VMASlab = b.objects.SlabBytes(f.VMAs)
}
