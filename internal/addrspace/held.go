package addrspace

import (
	"fmt"

	"vmabench/internal/mm"
	"vmabench/vmm"
)

// heldVMAs bounds the VMAs that Held names.
const heldVMAs = 8

// Held implements vmm.LockReporter. It reads without a lock what others may be
// changing: each line was true once.
func (s *Space) Held() (lines []string) {
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	l := &s.MM.Lock
	owner, _ := l.Owner()
	by := "nobody known"
	if owner != nil {
		by = fmt.Sprintf("task %d", owner.ID())
	}
	switch n := l.Readers(); {
	case l.IsWriteLocked():
		say("mmap_lock is held for write by %s", by)
	case n > 0:
		say("mmap_lock is held for read %d times, at last by %s", n, by)
	}
	if l.IsContended() {
		say("somebody queues for mmap_lock")
	}
	if w := s.MM.WriterWait.Load(); w != nil {
		say("task %d waits until the readers of a VMA have left", w.ID())
	}
	if s.MM.AnonLock.Locked() {
		say("page_table_lock is held")
	}
	if s.Rules.VMALocks {
		s.heldVMAs(say)
	}
	return lines
}

// Waits implements vmm.LockReporter.
func (s *Space) Waits(t *vmm.Task) (what string) {
	switch queued, write := s.MM.Lock.Queued(&t.Task); {
	case queued && write:
		return "waits to write mmap_lock"
	case queued:
		return "waits to read mmap_lock"
	case s.MM.WriterWait.Load() == &t.Task:
		return "waits to write a VMA"
	}
	if locks, ok := s.Locks.(vmaQueues); ok {
		s.MM.Index.All(func(at vmm.Range, v *mm.VMA) bool {
			if locks.Queued(t, v) {
				what = fmt.Sprintf("waits to write VMA %v", at)
			}
			return what == ""
		})
	}
	return what
}

// vmaQueues is a Locks that knows whether t queues for v's lock, which only
// writers do.
type vmaQueues interface {
	Queued(t *vmm.Task, v *mm.VMA) bool
}

// heldVMAs names the first VMAs whose locks somebody holds or waits for.
func (s *Space) heldVMAs(say func(string, ...any)) {
	n := 0
	s.MM.Index.All(func(at vmm.Range, v *mm.VMA) bool {
		if st := s.Locks.State(v); st.Readers > 0 || st.WriterWaiting {
			n++
			wait := ""
			if st.WriterWaiting {
				wait = ", and a writer waits or holds it"
			}
			say("VMA %v has %d readers%s", at, st.Readers, wait)
		}
		return n < heldVMAs
	})
}
