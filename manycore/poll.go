//go:build vmasim

package manycore

import (
	"unsafe"

	"vmabench/internal/atomic"
)

// poll is a bounded await of one word. Most turns of a spinner find the word as it
// was, in the spinner's own cache: the scheduler takes them without switching to
// the thread, each at its time and in its order.
type poll struct {
	task    *atomic.Task
	word    *uint32
	ln      *line
	turns   *int // left
	loading bool // a load has begun
	blocked bool // the thread is not resumed before there is an outcome
	outcome pollOutcome
}

type pollOutcome uint8

const (
	pollWaits   pollOutcome = iota // for its time to come
	pollMisses                     // the load has to ask for the line
	pollSet                        // the word is not 0
	pollGivesUp                    // it is 0 and no turn is left
)

// Poll waits until the word at p is not 0, at most *turns turns of Pause.
func (s *Sim) Poll(t *atomic.Task, p unsafe.Pointer, turns *int) bool {
	th := s.cur
	th.poll = poll{task: t, word: (*uint32)(p), ln: s.mem.line(p), turns: turns}
	for {
		out := s.turn(th)
		if out == pollWaits {
			th.poll.blocked = true
			s.block(th)
			th.poll.blocked = false
			out = th.poll.outcome
		}
		if out == pollMisses {
			s.miss(p, th.poll.ln, th, false, false)
			out = th.poll.look()
		}
		if out != pollWaits {
			return out == pollSet
		}
		s.pollPause(th)
		s.catchUp(th)
	}
}

// turn takes turns of th's poll until it must wait, in the ready heap, or there is
// an outcome.
func (s *Sim) turn(th *thread) pollOutcome {
	p := &th.poll
	for {
		if !p.loading {
			p.loading = true
			p.ln.stat.Accesses++
			th.stats.Accesses++
		}
		for valid := p.ln.valid(th, false); !valid || th.now >= s.limitOn(p.ln); valid = p.ln.valid(th, false) {
			if !valid && s.earliest(th) {
				return pollMisses
			}
			if s.requeue(th) {
				return pollWaits
			}
		}
		th.now += s.cost.loadHit
		th.stats.BusyPS += int64(s.cost.loadHit)
		if out := p.look(); out != pollWaits {
			return out
		}
		if s.pollPause(th); th.now >= s.limit && s.requeue(th) {
			return pollWaits
		}
	}
}

// look ends the load.
func (p *poll) look() pollOutcome {
	p.loading = false
	switch {
	case *p.word != 0:
		return pollSet
	case *p.turns <= 0:
		return pollGivesUp
	}
	return pollWaits
}

func (s *Sim) pollPause(th *thread) {
	*th.poll.turns--
	th.poll.task.Waits.Spins++
	s.spendPause(th)
}
