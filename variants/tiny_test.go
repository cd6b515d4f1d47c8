//go:build vmatiny

package variants_test

import (
	"testing"

	"vmabench/variants/refcount"
	"vmabench/vmm"
)

// TestReaderLimit: with the flag at bit 3 six readers fit; the seventh falls
// back, also under mmap read.
func TestReaderLimit(t *testing.T) {
	eachLock(t, func(b *subject) {
		if b.design != refcount.Design.Name {
			b.Skip("counts readers in 55 bits")
		}
		v := b.place(b.s, here)
		for range 6 {
			b.wantRead(v, vmm.Success)
		}
		b.wantRead(v, vmm.AbortLimit)
		if b.s.Locks.StartReadLocked(b.k, v) {
			b.Error("start_read_locked beyond the limit")
		}
		for range 6 {
			b.s.Locks.EndRead(b.k, v)
		}
	})
}

// TestWrapDefeatsEarlyReturn shows what 32-bit numbers hide: exactly one turn
// of the counter after a VMA was last write-locked, its number equals the
// session's, start_write returns at once, and a reader that entered between
// the sessions is still inside.
func TestWrapDefeatsEarlyReturn(t *testing.T) {
	eachLock(t, func(b *subject) {
		v := b.place(b.s, here) // write-locks v in the first session
		for range 3 {
			b.s.WriteLock(b.k)
			b.s.WriteUnlock(b.k)
		}
		b.wantRead(v, vmm.Success)
		b.s.WriteLock(b.k) // 8 steps of a 3-bit number later
		b.s.Locks.StartWrite(b.k, v)
		if n := b.s.Locks.State(v).Readers; n != 1 {
			b.Errorf("%d readers beside the writer: the early return is gone, and this test with it", n)
		}
		b.s.WriteUnlock(b.k)
		b.s.Locks.EndRead(b.k, v)
	})
}
