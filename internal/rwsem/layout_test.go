package rwsem

import (
	"testing"
	"unsafe"

	"vmabench/internal/atomic"
)

// The layout is the kernel's on 64 bits, in both builds: two of its objects
// share cache lines as the kernel's do.
func TestLayout(t *testing.T) {
	var s RWSem
	for _, f := range []struct {
		name      string
		got, want uintptr
	}{
		{"size", unsafe.Sizeof(s), 40},
		{"align", unsafe.Alignof(s), 8},
		{"count", unsafe.Offsetof(s.count), 0},
		{"owner", unsafe.Offsetof(s.owner), 8},
		{"osq", unsafe.Offsetof(s.osq), 16},
		{"waitLock", unsafe.Offsetof(s.waitLock), 20},
		{"waiters", unsafe.Offsetof(s.waiters), 24},
		{"size of waiters", unsafe.Sizeof(s.waiters), 16},
	} {
		if f.got != f.want {
			t.Errorf("%s: %d, want %d", f.name, f.got, f.want)
		}
	}
}

// A Task's ID fits the spinner queue's tail and the owner word.
func TestTaskIDsFit(t *testing.T) {
	if uint64(atomic.MaxTasks)<<ownerShift>>ownerShift != atomic.MaxTasks || atomic.MaxTasks > 1<<32-1 {
		t.Error("a Task's ID does not fit")
	}
	if int64(atomic.MaxTasks)*readerBias < 0 {
		t.Error("so many readers overflow count")
	}
}
