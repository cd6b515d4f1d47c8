package mm

import "unsafe"

// ContainerOf returns the design's struct that v is the head of: the kernel's
// container_of at offset 0. T must embed VMA first.
func ContainerOf[T any](v *VMA) *T { return (*T)(unsafe.Pointer(v)) }

// RestOf returns the Rest that lies off bytes behind v's start.
func RestOf(v *VMA, off uintptr) *Rest { return (*Rest)(unsafe.Add(unsafe.Pointer(v), off)) }

// HeadOf is the inverse of ContainerOf.
func HeadOf[T any](v *T) *VMA { return (*VMA)(unsafe.Pointer(v)) }
