package rwsem

import "vmabench/internal/atomic"

// The spinners' queue is an MCS lock whose members may leave: each spins on its
// own node, which lies in its Task, and only the head looks at the semaphore.
//
//	tail (RWSem.osq)  ID of the last member, 0 if there is none
//	node.Next         written by the successor when it joins, cleared by either when one leaves; nil outside
//	node.Prev         written by the node's task when it joins, then by a leaving predecessor
//	node.Locked       1 once the predecessor has made this task the head

// osqLock joins the queue and waits to be its head; false when the task's
// turns were over first and it has left the queue.
func (s *RWSem) osqLock(t *atomic.Task, p *spin) bool {
	n := &t.OSQ
	n.Locked.Store(0)
	old := s.osq.Swap(t.ID())
	if old == 0 {
		return true
	}
	prev := atomic.TaskByID(old) // it cannot leave before it knows us
	n.Prev.Store(prev)
	prev.OSQ.Next.Store(t)
	// Acquire: pairs with the release in osqUnlock.
	var head bool
	p.left, head = atomic.AwaitSet(t, &n.Locked, p.left)
	return head || s.osqLeave(t)
}

// osqLeave unlinks t from the middle or the end of the queue; true if it was
// made the head meanwhile.
func (s *RWSem) osqLeave(t *atomic.Task) bool {
	n := &t.OSQ
	// A: cut prev off, so that it can neither leave nor hand on to us.
	prev := n.Prev.Load()
	for prev.OSQ.Next.Load() != t || !prev.OSQ.Next.CompareAndSwap(t, nil) {
		// prev hands on to us, or leaves and names another.
		atomic.Until(t, func() bool {
			return n.Locked.Load() != 0 || n.Prev.Load().OSQ.Next.Load() == t
		})
		if atomic.LoadAcquire32(&n.Locked) != 0 {
			return true
		}
		prev = n.Prev.Load()
	}
	// B: cut next off, or be the last and end the queue at prev.
	next := s.osqNext(t, prev.ID())
	if next == nil {
		return false
	}
	// C: join the two.
	next.OSQ.Prev.Store(prev)
	prev.OSQ.Next.Store(next)
	return false
}

// osqNext takes t's successor off its node, or, if t is the last, makes the
// queue end at tail and returns nil.
func (s *RWSem) osqNext(t *atomic.Task, tail uint32) *atomic.Task {
	for {
		if s.osq.Load() == t.ID() && s.osq.CompareAndSwap(t.ID(), tail) {
			return nil
		}
		if next := t.OSQ.Next.Load(); next != nil {
			if next = t.OSQ.Next.Swap(nil); next != nil {
				return next
			}
		}
		// A successor is joining, or leaving.
		atomic.Until(t, func() bool {
			return s.osq.Load() == t.ID() || t.OSQ.Next.Load() != nil
		})
	}
}

// osqUnlock makes the next spinner the head.
func (s *RWSem) osqUnlock(t *atomic.Task) {
	if s.osq.CompareAndSwap(t.ID(), 0) {
		return
	}
	next := t.OSQ.Next.Swap(nil)
	if next == nil {
		next = s.osqNext(t, 0)
	}
	if next != nil {
		// Release: pairs with the acquire in osqLock.
		atomic.StoreRelease32(&next.OSQ.Locked, 1)
	}
}
