package rwsem

import "vmabench/internal/atomic"

// Bits of count.
const (
	writerLocked = 1 << 0
	hasWaiters   = 1 << 1
	handoff      = 1 << 2

	readerShift = 8
	readerBias  = 1 << readerShift
	readerMask  = -1 << readerShift // the guard bit included
	guard       = -1 << 63

	lockMask = writerLocked | readerMask

	// readFailed are the bits any one of which sends a reader into the slow
	// path: one queued waiter of any kind repels every new reader.
	readFailed = writerLocked | hasWaiters | handoff | guard
)

// Bits of owner; the task's ID stands above them.
const (
	readerOwned  = 1 << 0
	nonspinnable = 1 << 1
	ownerFlags   = readerOwned | nonspinnable
	ownerShift   = 2
)

// setOwner names t as the writer. Only a holder of the write lock calls it.
func (s *RWSem) setOwner(t *atomic.Task) {
	atomic.StoreRelaxed64(&s.owner, uint64(t.ID())<<ownerShift)
}

// setReaderOwned names t as a reader that has the lock: a hint that later
// readers overwrite and that nobody takes back. Spinners' nonspinnable stays.
func (s *RWSem) setReaderOwned(t *atomic.Task) {
	atomic.StoreRelaxed64(&s.owner, uint64(t.ID())<<ownerShift|s.owner.Load()&nonspinnable|readerOwned)
}

// setNonspinnable keeps writers from spinning on the readers that have the
// lock, until the last of them wakes a waiter or a writer takes it.
func (s *RWSem) setNonspinnable() {
	for {
		o := s.owner.Load()
		if o&readerOwned == 0 || o&nonspinnable != 0 ||
			s.owner.CompareAndSwap(o, o|nonspinnable) {
			return
		}
	}
}

func (s *RWSem) clearNonspinnable() {
	if s.owner.Load()&nonspinnable != 0 {
		s.owner.And(^uint64(nonspinnable))
	}
}

// IsContended reports whether somebody queues for the lock. It may be wrong by
// the time it returns.
func (s *RWSem) IsContended() bool { return atomic.LoadRelaxed64(&s.count)&hasWaiters != 0 }

// IsLocked reports whether somebody has the lock, or a reader is just trying.
func (s *RWSem) IsLocked() bool { return atomic.LoadRelaxed64(&s.count)&lockMask != 0 }

// IsWriteLocked reports whether a writer has the lock.
func (s *RWSem) IsWriteLocked() bool { return atomic.LoadRelaxed64(&s.count)&writerLocked != 0 }

// Readers returns how many readers have the lock or are just trying.
func (s *RWSem) Readers() int {
	return int(atomic.LoadRelaxed64(&s.count) &^ guard >> readerShift)
}

// Owner returns who has the lock: the writer, or (reader true) some reader
// that has or had it lately; nil if nobody is known. For reports only.
func (s *RWSem) Owner() (t *atomic.Task, reader bool) {
	o := s.owner.Load()
	return atomic.TaskByID(uint32(o >> ownerShift)), o&readerOwned != 0
}

// Queued reports whether t is in the wait list, and whether to write. For
// reports only: it does not wait for the list's lock, and says no where somebody
// holds that.
func (s *RWSem) Queued(t *atomic.Task) (queued, write bool) {
	if !s.waitLock.TryLock() {
		return false, false
	}
	defer s.waitLock.Unlock()
	for w := s.waiters.first(); w != nil; w = w.Waiter.Next.Get() {
		if w == t {
			return true, w.Waiter.Write.Get()
		}
	}
	return false, false
}

// AssertHeld states that somebody has the lock (rwsem_assert_held).
func (s *RWSem) AssertHeld() {
	if atomic.Checking {
		atomic.Assert(s.IsLocked(), "rwsem: not held")
	}
}

// AssertWriteHeld states that a writer has the lock
// (rwsem_assert_held_write).
func (s *RWSem) AssertWriteHeld() {
	if atomic.Checking {
		atomic.Assert(s.IsWriteLocked(), "rwsem: not held for write")
	}
}
