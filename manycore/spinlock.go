//go:build vmasim

package manycore

import (
	"unsafe"

	"vmabench/internal/atomic"
)

// A spin lock is the kernel's (kernel/locking/qspinlock.c, mcs_spinlock.h): natively
// a SpinLock's waiters all spin on its word, which is right for a few threads, but
// with a hundred CPUs every hand-over would move the word's line to each of them.
// Here the first that waits spins on the word; whoever comes then queues and spins
// on a line of its own, until the one before passes it the place in front of the word.
//
//	bits    meaning                                 who changes them
//	0       held                                    who takes or releases it
//	8       the first that waits, without a queue   that one
//	16..31  the last of the queue: its thread's     who queues; the last, which takes
//	        number from 1; 0 is none                the lock and leaves no queue
const (
	spinHeld    uint32 = 1
	spinPending uint32 = 1 << 8
	spinLast           = 16 // shift
)

// spinNode is where a thread waits in a queue: a node of a CPU, on a line of its own.
type spinNode struct {
	_    [128]byte
	turn bool    // it is the first of the queue; written by the one before
	next *thread // who queues behind; written by that one
	_    [128]byte
}

// SpinLock takes the spin lock at p for t.
func (s *Sim) SpinLock(t *atomic.Task, p unsafe.Pointer) {
	old, ok := s.Word(atomic.OpCAS, atomic.Acquire, p, 4, 0, uint64(spinHeld))
	if ok {
		return
	}
	if s.cur == nil {
		panic("manycore: set-up code waits for a spin lock")
	}
	if uint32(old) == spinHeld && s.spinFirst(t, p) {
		return
	}
	s.spinQueue(t, (*uint32)(p))
}

// SpinUnlock releases the spin lock at p.
func (s *Sim) SpinUnlock(p unsafe.Pointer) {
	s.store(p)
	*(*uint32)(p) &^= spinHeld
}

// store charges for a plain or release store.
func (s *Sim) store(p unsafe.Pointer) {
	if s.cur != nil {
		_, cost, buffered := s.opCost(atomic.OpStore, atomic.Release)
		s.access(p, true, cost, buffered)
	}
}

// spinFirst waits in front of the word, if nobody does already.
func (s *Sim) spinFirst(t *atomic.Task, p unsafe.Pointer) bool {
	old, _ := s.Word(atomic.OpOr, atomic.Acquire, p, 4, uint64(spinPending), 0)
	switch {
	case uint32(old)&^spinHeld == 0:
		s.spinWhile(t, p, spinHeld)
		s.store(p) // one store of two bytes
		*(*uint32)(p) ^= spinHeld | spinPending
		return true
	case uint32(old)&spinPending == 0:
		s.Word(atomic.OpAnd, atomic.Relaxed, p, 4, uint64(^spinPending), 0)
	}
	return false
}

// spinWhile waits until the bits of the word are 0.
func (s *Sim) spinWhile(t *atomic.Task, p unsafe.Pointer, bits uint32) {
	s.Until(t, func() bool {
		v, _ := s.Word(atomic.OpLoad, atomic.Acquire, p, 4, 0, 0)
		return uint32(v)&bits == 0
	})
}

// spinQueue waits in the queue, then in front of the word.
func (s *Sim) spinQueue(t *atomic.Task, word *uint32) {
	th, p := s.cur, unsafe.Pointer(word)
	if th.node == nil {
		th.node = new(spinNode)
		atomic.Kind(th.node, "spin lock queue")
	}
	n := th.node
	s.store(unsafe.Pointer(&n.turn))
	n.turn, n.next = false, nil

	s.access(p, true, s.cost.rmwHit, false) // exchanges the upper half
	before := *word >> spinLast
	*word = *word&(1<<spinLast-1) | uint32(th.id+1)<<spinLast
	if before != 0 {
		prev := s.threads[before-1].node
		s.store(unsafe.Pointer(&prev.next))
		prev.next = th
		s.Until(t, func() bool { s.load(unsafe.Pointer(&n.turn)); return n.turn })
	}

	s.spinWhile(t, p, spinHeld|spinPending)
	if *word>>spinLast == uint32(th.id+1) {
		if _, alone := s.Word(atomic.OpCAS, atomic.Acquire, p, 4, uint64(*word), uint64(spinHeld)); alone {
			return
		}
	}
	s.store(p) // one store of a byte
	*word |= spinHeld
	s.Until(t, func() bool { s.load(unsafe.Pointer(&n.next)); return n.next != nil })
	s.store(unsafe.Pointer(&n.next.node.turn))
	n.next.node.turn = true
}

// load charges for a load.
func (s *Sim) load(p unsafe.Pointer) { s.access(p, false, s.cost.loadHit, false) }
