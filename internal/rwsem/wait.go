package rwsem

import "vmabench/internal/atomic"

// States of a waiting reader's node. (A writer is woken to try for itself.)
//
//	queued   in a wait list, or a fatal signal took it off; set by the task under waitLock
//	chosen   in a waker's private chain, granted for certain; set by the waker under waitLock
//	granted  its bias is in count: the lock is its own; set by that waker, release
const (
	granted = iota
	queued
	chosen
)

// waitList is the FIFO of waiters: their tasks' Waiter nodes. Every field of
// the list and of the nodes in it is under the semaphore's waitLock.
type waitList struct {
	head, tail atomic.Cell[*atomic.Task]
}

func (l *waitList) first() *atomic.Task { return l.head.Get() }
func (l *waitList) empty() bool         { return l.head.Get() == nil }
func (l *waitList) single() bool        { return l.head.Get() == l.tail.Get() }

// prepare readies t's node before waitLock is taken.
func prepare(t *atomic.Task, write bool) {
	t.Waiter.Write.Set(write)
	t.Waiter.Handoff.Set(false)
	t.Waiter.Deadline.Set(atomic.Now() + handoffAfter)
}

func (l *waitList) push(t *atomic.Task) {
	w := &t.Waiter
	w.State.Store(queued)
	last := l.tail.Get()
	w.Prev.Set(last)
	w.Next.Set(nil)
	if last == nil {
		l.head.Set(t)
	} else {
		last.Waiter.Next.Set(t)
	}
	l.tail.Set(t)
}

func (l *waitList) remove(t *atomic.Task) {
	prev, next := t.Waiter.Prev.Get(), t.Waiter.Next.Get()
	if prev == nil {
		l.head.Set(next)
	} else {
		prev.Waiter.Next.Set(next)
	}
	if next == nil {
		l.tail.Set(prev)
	} else {
		next.Waiter.Prev.Set(prev)
	}
}

// giveUp takes the killed waiter t off the list and wakes whom it stood before.
// waitLock is held, and is free on return.
func (s *RWSem) giveUp(t *atomic.Task) {
	first := s.waiters.first() == t
	s.waiters.remove(t)
	var w wakeups
	if s.waiters.empty() {
		s.clearQueueBits()
	} else if first {
		w = s.markWake(t, wakeAny)
	}
	s.waitLock.Unlock()
	w.deliver(t)
}

// clearQueueBits forgets the queue in count. waitLock is held, under which
// alone these bits change.
func (s *RWSem) clearQueueBits() {
	c := atomic.LoadRelaxed64(&s.count)
	atomic.AddRelaxed64(&s.count, -(c & (hasWaiters | handoff)))
}
