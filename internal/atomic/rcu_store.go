//go:build !vmasim && !race && amd64

package atomic

import "unsafe"

func loadOwn(x *Uint64) uint64            { return *(*uint64)(unsafe.Pointer(x)) }
func storeSeq(x *Uint64, v uint64)        { *(*uint64)(unsafe.Pointer(x)) = v }
func storeSeqRelease(x *Uint64, v uint64) { *(*uint64)(unsafe.Pointer(x)) = v }
