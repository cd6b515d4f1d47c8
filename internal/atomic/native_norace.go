//go:build !vmasim && !race

package atomic

import "unsafe"

// StoreRelaxed32 is a plain store: see the package comment for who may use it.
func StoreRelaxed32(x *Uint32, v uint32) { *(*uint32)(unsafe.Pointer(x)) = v }

// StoreRelaxed64 is a plain store: see the package comment for who may use it.
func StoreRelaxed64(x *Uint64, v uint64) { *(*uint64)(unsafe.Pointer(x)) = v }
