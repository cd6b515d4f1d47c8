package control

import (
	"unsafe"

	"vmabench/internal/addrspace"
	"vmabench/internal/atomic"
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// vma has no lock: whoever looks at it holds the global one.
type vma struct {
	mm.VMA
	attached atomic.Cell[bool]
	_        [3]uintptr
	rest     mm.Rest
	_        [3]uintptr
}

const restOffset = unsafe.Offsetof(vma{}.rest)

// page is a slab page.
type page struct {
	objs [vmm.PageSize / unsafe.Sizeof(vma{})]vma
	_    [vmm.PageSize % unsafe.Sizeof(vma{})]byte
}

func (v *vma) Renew()                                { v.attached.Set(false) }
func (v *vma) StartRead(*vmm.Task, *mm.MM) vmm.Event { return vmm.Success }
func (v *vma) StartReadLocked(*vmm.Task) bool        { return true }
func (v *vma) EndRead(*vmm.Task)                     {}
func (v *vma) StartWrite(*vmm.Task, bool) error      { return nil }
func (v *vma) Attach()                               { v.attached.Set(true) }
func (v *vma) Detach(*vmm.Task)                      { v.attached.Set(false) }

// State says that v is write-locked: as good as, for who may ask.
func (v *vma) State() addrspace.LockState {
	return addrspace.LockState{Attached: v.attached.Get(), WriteLocked: true}
}

// lookup is lock_vma_under_rcu of a caller that holds the global lock.
func lookup(t *vmm.Task, m *mm.MM, addr vmm.Addr) *vma {
	return mm.ContainerOf[vma](m.Index.Find(addr))
}
