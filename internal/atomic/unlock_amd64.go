//go:build !vmasim && !race && amd64

package atomic

import "unsafe"

// storeUnlock is a plain MOV: on amd64 every store is a release, and the
// compiler does not move memory operations across it.
func storeUnlock(x *Uint32) { *(*uint32)(unsafe.Pointer(x)) = 0 }
