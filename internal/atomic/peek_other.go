//go:build !vmasim && !amd64 && !race

package atomic

import (
	"sync/atomic"
	"unsafe"
)

// Peek is Get without the lock: what it returns means nothing until a look at
// mm_lock_seq has shown that nobody wrote. T has 8 bytes. Acquire: that look is
// not taken before it.
func (c *Cell[T]) Peek() T {
	x := atomic.LoadUint64((*uint64)(unsafe.Pointer(&c.v)))
	return *(*T)(unsafe.Pointer(&x))
}
