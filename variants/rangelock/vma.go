package rangelock

import (
	"unsafe"

	"vmabench/internal/mm"
	"vmabench/vmm"
)

// vma is vm_area_struct without a lock field, as in 6.1.
type vma struct {
	mm.VMA
	_    [4]uintptr // shared, or anon_name
	rest mm.Rest
	_    [3]uintptr // swap_readahead_info, vm_policy, vm_userfaultfd_ctx
}

const (
	vmaSize    = 152
	restOffset = unsafe.Offsetof(vma{}.rest)
)

// A wrong offset does not compile.
var (
	_ [0]struct{} = [unsafe.Sizeof(vma{}) - vmaSize]struct{}{}
	_ [0]struct{} = [unsafe.Offsetof(vma{}.rest) - 72]struct{}{}
)

// page is a slab page: 26 VMAs.
type page struct {
	objs [vmm.PageSize / vmaSize]vma
	_    [vmm.PageSize % vmaSize]byte
}
