package mm

import (
	"testing"
	"unsafe"
)

var kept *MM // so that the test's are on the heap

// TestNew: mmap_lock lies in its cache line where the kernels have it.
func TestNew(t *testing.T) {
	for range 100 {
		for _, c := range []struct {
			oneLine bool
			at      uintptr
		}{{false, 56}, {true, 40}} {
			m := New(c.oneLine)
			kept = m
			lock := uintptr(unsafe.Pointer(&m.Lock))
			if lock%line != c.at {
				t.Fatalf("one line %v: mmap_lock is %d bytes into a line, want %d", c.oneLine, lock%line, c.at)
			}
			if seq := uintptr(unsafe.Pointer(&m.LockSeq)); seq/line != lock/line+1 {
				t.Fatalf("one line %v: mm_lock_seq is not on the next line", c.oneLine)
			}
		}
	}
}
