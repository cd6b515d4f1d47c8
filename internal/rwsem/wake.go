package rwsem

import "vmabench/internal/atomic"

// wakeType says whom a waker may wake.
type wakeType uint8

const (
	wakeAny       wakeType = iota // nobody is known to have the lock
	wakeReaders                   // readers have it
	wakeReadOwned                 // the waker itself holds it for reading
)

// wakeups are whom to wake once waitLock is free: sending a wake-up takes long.
type wakeups struct {
	writer  *atomic.Task // first in the list, still in it
	readers *atomic.Task // chain of chosen readers by Waiter.Next, ours alone
}

func (w wakeups) any() bool { return w.writer != nil || w.readers != nil }

// deliver wakes them. A reader's node is its own again once it is granted, so
// the chain is read one step ahead. By now the writer may be gone: it finds a
// wake-up too many, as every sleeper must expect.
func (w wakeups) deliver(t *atomic.Task) {
	if w.writer != nil && w.writer.Unpark() {
		t.Waits.Wakes++
	}
	for r := w.readers; r != nil; {
		next := r.Waiter.Next.Get()
		// Release: pairs with the acquire in awaitGrant.
		atomic.StoreRelease32(&r.Waiter.State, granted)
		if r.Unpark() {
			t.Waits.Wakes++
		}
		r = next
	}
}

// wake wakes whom the lock's state lets in.
func (s *RWSem) wake(t *atomic.Task, kind wakeType) {
	s.waitLock.Lock(t)
	var w wakeups
	if !s.waiters.empty() {
		w = s.markWake(t, kind)
	}
	s.waitLock.Unlock()
	w.deliver(t)
}

// wakeAfterQueueing covers the release that saw no waiter just before one
// queued. c is count as seen under waitLock, which is held.
func (s *RWSem) wakeAfterQueueing(t *atomic.Task, c int64) wakeups {
	switch {
	case c&writerLocked != 0:
		return wakeups{}
	case c&readerMask != 0:
		return s.markWake(t, wakeReaders)
	}
	s.clearNonspinnable()
	return s.markWake(t, wakeAny)
}

// markWake decides whom to wake: the first waiter if it is a writer (it then
// competes for the lock, nothing is given to it), else readers, whose biases
// it adds. The list is not empty; waitLock is held.
func (s *RWSem) markWake(t *atomic.Task, kind wakeType) (w wakeups) {
	first := s.waiters.first()
	if first.Waiter.Write.Get() {
		if kind == wakeAny {
			w.writer = first
		}
		return w
	}
	if atomic.LoadRelaxed64(&s.count) < 0 {
		return w // too many readers as it is
	}
	if kind == wakeReadOwned {
		w.readers = s.chooseReaders(0)
	} else if s.reserve(t, first) {
		w.readers = s.chooseReaders(readerBias)
	}
	return w
}

// reserve adds the bias of the reader at the head of the queue, which keeps
// writers out while the others are chosen. If a writer was quicker it takes
// the bias back, and asks for a hand-off if that reader has queued too long.
func (s *RWSem) reserve(t, first *atomic.Task) bool {
	// Acquire: the grants hand on what this sees.
	c := atomic.AddAcquire64(&s.count, readerBias)
	if c&writerLocked == 0 {
		s.setReaderOwned(first) // early word to spinners
		return true
	}
	back := int64(-readerBias)
	if atomic.Now() > first.Waiter.Deadline.Get() {
		if c&handoff == 0 {
			back += handoff
			t.Waits.Handoffs++
		}
		first.Waiter.Handoff.Set(true)
	}
	atomic.AddRelaxed64(&s.count, back)
	return false
}

// chooseReaders takes up to maxReaderBatch readers off the list, wherever
// they stand, and adds their biases in one step, of which reserved is in count
// already. Only then may any of them learn of it: one that ran at once and
// left before the sum was added would release a bias that is not there.
func (s *RWSem) chooseReaders(reserved int64) (chain *atomic.Task) {
	var last *atomic.Task
	n := int64(0)
	for r := s.waiters.first(); r != nil && n < int64(maxReaderBatch); {
		next := r.Waiter.Next.Get()
		if !r.Waiter.Write.Get() {
			s.waiters.remove(r)
			r.Waiter.State.Store(chosen)
			r.Waiter.Next.Set(nil)
			if last == nil {
				chain = r
			} else {
				last.Waiter.Next.Set(r)
			}
			last = r
			n++
		}
		r = next
	}
	add := n*readerBias - reserved
	c := atomic.LoadRelaxed64(&s.count)
	if s.waiters.empty() {
		add -= hasWaiters
	}
	if n > 0 {
		add -= c & handoff // readers had their turn: no writer need hurry
	}
	if add != 0 {
		atomic.AddRelaxed64(&s.count, add)
	}
	return chain
}
