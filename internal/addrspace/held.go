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
