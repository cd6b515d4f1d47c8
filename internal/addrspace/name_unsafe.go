package addrspace

import (
	"strconv"
	"unsafe"

	"vmabench/vmm"
)

// SlotName returns the name under which an engine prints the object at p: its
// kind, and its place in its slab page.
func SlotName[T any](kind string, p *T) string {
	return kind + strconv.Itoa(int(uintptr(unsafe.Pointer(p))%vmm.PageSize/unsafe.Sizeof(*p)))
}
