package rwsem

import "vmabench/internal/atomic"

// ownerState is what a spinner sees of the lock's owner.
type ownerState uint8

const (
	ownerNone ownerState = iota
	ownerWriter
	ownerReader
	ownerNonspinnable // a sleeping writer, or readers not worth a spin
)

// clockTurns is how many turns of a spin share one look at the clock.
const clockTurns = 16

// spin counts the turns of one optimistic spin.
type spin struct{ left int }

func newSpin() spin { return spin{atomic.Turns(spinTurns)} }

// turn waits a moment; false when somebody else might need this CPU.
func (p *spin) turn(t *atomic.Task) bool {
	if p.left <= 0 {
		return false
	}
	p.left--
	atomic.Pause(t)
	return true
}

// canSpin reports whether a writer may try to get the lock awake.
func (s *RWSem) canSpin() bool {
	if atomic.CPUs() < 2 {
		return false
	}
	o := s.owner.Load()
	return o&nonspinnable == 0 && (o&readerOwned != 0 || onCPU(o))
}

// onCPU reports whether the writer in the owner word o runs. Nobody does as
// well: the next to come is worth waiting for.
func onCPU(o uint64) bool {
	w := atomic.TaskByID(uint32(o >> ownerShift))
	return w == nil || w.OnCPU()
}

func stateOf(o uint64) ownerState {
	switch {
	case o&nonspinnable != 0:
		return ownerNonspinnable
	case o&readerOwned != 0:
		return ownerReader
	case o != 0:
		return ownerWriter
	}
	return ownerNone
}

// spinOnOwner waits while one and the same running writer owns the lock, and
// says what comes after it.
func (s *RWSem) spinOnOwner(t *atomic.Task, p *spin) ownerState {
	o := s.owner.Load()
	if stateOf(o) != ownerWriter {
		return stateOf(o)
	}
	for {
		if now := s.owner.Load(); now != o {
			return stateOf(now)
		}
		if !onCPU(o) || !p.turn(t) {
			return ownerNonspinnable
		}
	}
}

// optimisticSpin tries to get the write lock awake: past the sleepers, in the
// order of the spinners' queue.
func (s *RWSem) optimisticSpin(t *atomic.Task) bool {
	p := newSpin()
	if !s.osqLock(t, &p) {
		return false
	}
	taken := s.spinForWrite(t, &p)
	s.osqUnlock(t)
	return taken
}

// spinForWrite is the spin of the queue's head. A phase of readers is given 10
// us and half a microsecond more per reader, 25 at most; then they are marked
// as not worth a spin.
func (s *RWSem) spinForWrite(t *atomic.Task, p *spin) bool {
	var limit int64
	before := ownerNone
	for turns := 1; ; turns++ {
		now := s.spinOnOwner(t, p)
		if now == ownerNonspinnable {
			return false
		}
		if s.tryWriteUnqueued(t) {
			return true
		}
		if now == ownerReader {
			if before != ownerReader {
				if s.owner.Load()&nonspinnable != 0 {
					return false
				}
				limit, turns = s.readerSpinLimit(), 0
			} else if turns%clockTurns == 0 && atomic.Now() > limit {
				s.setNonspinnable()
				return false
			}
		}
		before = now
		if !p.turn(t) {
			return false
		}
	}
}

// spinForHandoff waits awake for a running writer that has the lock which t
// was promised; true if the lock then looks free.
func (s *RWSem) spinForHandoff(t *atomic.Task) bool {
	p := newSpin()
	return s.canSpin() && s.spinOnOwner(t, &p) == ownerNone
}

// readerSpinLimit returns until when a spin on the readers of now may last.
func (s *RWSem) readerSpinLimit() int64 {
	readers := min(atomic.LoadRelaxed64(&s.count)>>readerShift, 30)
	return atomic.Now() + (20+readers)*1000/2
}
