//go:build linux

package linux

import (
	"math/bits"

	"vmabench/vmm"
)

// rooms are where a task's Mmap chooses. Mappings of one size lie together, the
// tasks' in turns: those of two tasks of neighbouring numbers touch, as those
// that the kernel places for two threads do, and merge. So tasks need not agree
// on anything, which would cost a line that they share.
type rooms struct {
	used [smallest + classes]uint64 // by class: mappings that the task has, at the least
	top  uint64                     // bytes of the room for large ones that are in use
}

const (
	// A class has the sizes up to a power of two, from a page to 256 MiB, and half
	// of the window with the others.
	smallest = vmm.PageShift
	classes  = 17
	perClass = mapsLen / 2 / 32
	// What is larger lies in the other half, in a room for each task.
	largeBase = mapsBase + mapsLen/2
	perTask   = mapsLen / 2 / tasks
)

func classOf(length uint64) int { return bits.Len64(length - 1) }

// slot returns the i-th place of a task for mappings of a class, from above.
func slot(t *vmm.Task, class int, i uint64) vmm.Addr {
	top := mapsBase + vmm.Addr(class+1)*perClass
	i %= perClass >> class / tasks // used over again when all are
	return top - vmm.Addr(i*tasks+uint64(t.ID()%tasks)+1)<<class
}

// place returns the next place for a mapping.
func (r *rooms) place(t *vmm.Task, length uint64) vmm.Addr {
	if class := classOf(length); class < smallest+classes {
		r.used[class]++
		return slot(t, class, r.used[class]-1)
	}
	if r.top+length > perTask {
		r.top = 0
	}
	r.top += length
	return largeBase + vmm.Addr(t.ID()%tasks+1)*perTask - vmm.Addr(r.top)
}

// giveBack makes a place free again, if it is the last that the task was given.
func (r *rooms) giveBack(t *vmm.Task, addr vmm.Addr, length uint64) {
	class := classOf(length)
	switch {
	case class < smallest+classes:
		if n := r.used[class]; n > 0 && addr == slot(t, class, n-1) {
			r.used[class]--
		}
	case addr == largeBase+vmm.Addr(t.ID()%tasks+1)*perTask-vmm.Addr(r.top):
		r.top -= min(r.top, length)
	}
}
