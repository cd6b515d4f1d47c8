package rwsem

import (
	"vmabench/internal/atomic"
	"vmabench/vmm"
)

// DownWrite takes the lock for writing.
func (s *RWSem) DownWrite(t *atomic.Task) {
	if !s.DownWriteTrylock(t) {
		s.downWriteSlow(t, false)
	}
}

// DownWriteKillable is DownWrite, but a fatal signal of t ends the wait with
// vmm.EINTR.
func (s *RWSem) DownWriteKillable(t *atomic.Task) error {
	if !s.DownWriteTrylock(t) && !s.downWriteSlow(t, true) {
		return vmm.EINTR
	}
	return nil
}

// DownWriteTrylock takes the lock for writing if nobody has it or waits for it.
func (s *RWSem) DownWriteTrylock(t *atomic.Task) bool {
	// Acquire: pairs with the release in UpRead and UpWrite.
	if atomic.CompareAndSwapAcquire64(&s.count, 0, writerLocked) {
		s.setOwner(t)
		return true
	}
	return false
}

// UpWrite releases the lock. t need not be the task that took it.
func (s *RWSem) UpWrite(t *atomic.Task) {
	atomic.StoreRelaxed64(&s.owner, 0) // first: afterwards it is the next owner's
	// Release: pairs with the acquire of the next holder.
	c := atomic.AddRelease64(&s.count, -writerLocked)
	if c&hasWaiters != 0 {
		s.wake(t, wakeAny)
	}
}

// DowngradeWrite turns the write lock into a read lock with no moment between,
// and lets the queued readers in.
func (s *RWSem) DowngradeWrite(t *atomic.Task) {
	// Release: pairs with the acquire of the readers that come in beside us.
	c := atomic.AddRelease64(&s.count, readerBias-writerLocked)
	s.setReaderOwned(t)
	if c&hasWaiters != 0 {
		s.wake(t, wakeReadOwned)
	}
}

// downWriteSlow spins while that promises something, then queues. False means
// that a fatal signal ended the wait.
func (s *RWSem) downWriteSlow(t *atomic.Task, killable bool) bool {
	if s.canSpin() && s.optimisticSpin(t) {
		return true
	}
	prepare(t, true)
	s.waitLock.Lock(t)
	s.waiters.push(t)
	if s.waiters.first() == t {
		atomic.AddRelaxed64(&s.count, hasWaiters)
	} else if w := s.wakeAfterQueueing(t, atomic.LoadRelaxed64(&s.count)); w.any() {
		s.waitLock.Unlock()
		w.deliver(t)
		s.waitLock.Lock(t)
	}
	return s.awaitWrite(t, killable)
}

// awaitWrite tries and sleeps in turn. waitLock is held, and is free on return.
func (s *RWSem) awaitWrite(t *atomic.Task, killable bool) bool {
	for !s.tryWriteQueued(t) {
		promised := t.Waiter.Handoff.Get()
		s.waitLock.Unlock()
		killed := killable && t.FatalSignal()
		if !killed && !(promised && s.spinForHandoff(t)) {
			t.Park()
		}
		s.waitLock.Lock(t)
		if killed {
			s.giveUp(t)
			return false
		}
	}
	s.waitLock.Unlock()
	return true
}

// tryWriteQueued takes the lock for the queued writer t, which then is off the
// list, or asks for a hand-off if t has queued too long. waitLock is held.
func (s *RWSem) tryWriteQueued(t *atomic.Task) bool {
	first := s.waiters.first()
	for {
		c := atomic.LoadRelaxed64(&s.count)
		if c&handoff != 0 && first != t && first.Waiter.Handoff.Get() {
			return false // promised to another
		}
		if c&lockMask != 0 {
			if c&handoff != 0 || atomic.Now() <= t.Waiter.Deadline.Get() {
				return false
			}
			if atomic.CompareAndSwapRelaxed64(&s.count, c, c|handoff) {
				first.Waiter.Handoff.Set(true)
				t.Waits.Handoffs++
				return false
			}
			continue
		}
		n := c&^handoff | writerLocked
		if s.waiters.single() {
			n &^= hasWaiters
		}
		// Acquire: pairs with the release in UpRead and UpWrite.
		if atomic.CompareAndSwapAcquire64(&s.count, c, n) {
			s.waiters.remove(t)
			s.setOwner(t)
			return true
		}
	}
}

// tryWriteUnqueued takes the lock for a spinner: past the sleepers, but not
// past a hand-off.
func (s *RWSem) tryWriteUnqueued(t *atomic.Task) bool {
	for {
		c := atomic.LoadRelaxed64(&s.count)
		if c&(lockMask|handoff) != 0 {
			return false
		}
		// Acquire: pairs with the release in UpRead and UpWrite.
		if atomic.CompareAndSwapAcquire64(&s.count, c, c|writerLocked) {
			s.setOwner(t)
			t.Waits.SpinLocks++
			return true
		}
	}
}
