//go:build !vmasim && (amd64 || race)

package atomic

// Peek is Get without the lock: what it returns means nothing until a look at
// mm_lock_seq has shown that nobody wrote. T has 8 bytes. On amd64 no later load
// is taken before it.
//
//go:norace
func (c *Cell[T]) Peek() T { return c.v }
