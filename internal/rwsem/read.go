package rwsem

import (
	"vmabench/internal/atomic"
	"vmabench/vmm"
)

// DownRead takes the lock for reading.
func (s *RWSem) DownRead(t *atomic.Task) {
	// Acquire: pairs with the release in UpWrite and DowngradeWrite.
	c := atomic.AddAcquire64(&s.count, readerBias)
	if c&readFailed == 0 {
		s.setReaderOwned(t)
		return
	}
	s.downReadSlow(t, c, false)
}

// DownReadKillable is DownRead, but a fatal signal of t ends the wait with
// vmm.EINTR.
func (s *RWSem) DownReadKillable(t *atomic.Task) error {
	c := atomic.AddAcquire64(&s.count, readerBias)
	if c&readFailed == 0 {
		s.setReaderOwned(t)
		return nil
	}
	if !s.downReadSlow(t, c, true) {
		return vmm.EINTR
	}
	return nil
}

// DownReadTrylock takes the lock for reading if that needs no wait. A queued
// waiter, whatever it wants, makes it fail.
//
// It looks before it tries, as Linux 7.0 does: to guess a free lock saves
// the load when it is free and costs a failed exchange when it is not.
func (s *RWSem) DownReadTrylock(t *atomic.Task) bool {
	for {
		c := atomic.LoadRelaxed64(&s.count)
		if c&readFailed != 0 {
			return false
		}
		// Acquire: as in DownRead.
		if atomic.CompareAndSwapAcquire64(&s.count, c, c+readerBias) {
			s.setReaderOwned(t)
			return true
		}
	}
}

// UpRead releases the lock. t need not be the task that took it.
func (s *RWSem) UpRead(t *atomic.Task) {
	// Release: pairs with the acquire of the next writer.
	if atomic.AddRelease64(&s.count, -readerBias)&(lockMask|hasWaiters) == hasWaiters {
		s.upReadSlow(t)
	}
}

// upReadSlow wakes for the last reader.
func (s *RWSem) upReadSlow(t *atomic.Task) {
	s.clearNonspinnable()
	s.wake(t, wakeAny)
}

// downReadSlow is where a reader waits whose bias is in count already; c is
// count as it saw it. False means that a fatal signal ended the wait.
func (s *RWSem) downReadSlow(t *atomic.Task, c int64, killable bool) bool {
	if c < 0 {
		s.setNonspinnable()
	}
	if s.stealRead(t, c) {
		return true
	}
	return s.queueRead(t, killable)
}

// stealRead takes the lock past the queue: no writer has it and nobody was
// promised it. A reader does not steal where readers have it already, lest a
// stream of them starve a sleeping writer.
func (s *RWSem) stealRead(t *atomic.Task, c int64) bool {
	readers := c >> readerShift
	if s.owner.Load()&readerOwned != 0 && readers > 1 && c&writerLocked == 0 {
		return false
	}
	if c&(writerLocked|handoff) != 0 {
		return false
	}
	s.setReaderOwned(t)
	t.Waits.ReadSteals++
	if readers == 1 && c&hasWaiters != 0 {
		s.wake(t, wakeReadOwned) // the phase is the readers' now: all of them
	}
	return true
}

// queueRead gives the bias back and sleeps until a waker grants it again.
func (s *RWSem) queueRead(t *atomic.Task, killable bool) bool {
	prepare(t, false)
	s.waitLock.Lock(t)
	back := int64(-readerBias)
	if s.waiters.empty() {
		// Nobody to be fair to: the bias stands if no writer has the lock.
		// Acquire: as in DownRead.
		if atomic.LoadAcquire64(&s.count)&writerLocked == 0 {
			s.waitLock.Unlock()
			s.setReaderOwned(t)
			return true
		}
		back += hasWaiters
	}
	s.waiters.push(t)
	w := s.wakeAfterQueueing(t, atomic.AddRelaxed64(&s.count, back))
	s.waitLock.Unlock()
	w.deliver(t)
	return s.awaitGrant(t, killable)
}

// awaitGrant sleeps until a waker has added this reader's bias.
func (s *RWSem) awaitGrant(t *atomic.Task, killable bool) bool {
	// Acquire: pairs with the release in grant.
	for atomic.LoadAcquire32(&t.Waiter.State) != granted {
		if killable && t.FatalSignal() {
			s.waitLock.Lock(t)
			if atomic.LoadRelaxed32(&t.Waiter.State) == queued {
				s.giveUp(t)
				return false
			}
			s.waitLock.Unlock()
			killable = false // a waker has it in hand: the grant is certain
		}
		t.Park()
	}
	return true
}
