package mmaponly

import (
	"unsafe"

	"vmabench/internal/mm"
)

// vma is vm_area_struct of 6.1: no lock field at all. mmap_lock protects every
// field, and the object itself.
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
