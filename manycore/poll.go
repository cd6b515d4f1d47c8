//go:build vmasim

package manycore

import (
	"unsafe"

	"vmabench/internal/atomic"
)

// poll is a bounded await of one word. Most turns of a spinner find the word as it
// was, in the spinner's own cache.
type poll struct {
	task    *atomic.Task
	word    unsafe.Pointer
	ln      *line
	turns   int  // left
	loading bool // a load has begun
}

// Poll waits until the word at p is not 0, at most that many turns of Pause; it
// returns how many were left and whether the word is.
func (s *Sim) Poll(t *atomic.Task, p unsafe.Pointer, turns int) (left int, set bool) {
	if th := s.cur; th != nil { // set-up code does not wait
		th.poll = poll{task: t, word: p, ln: s.mem.line(p), turns: turns}
		s.do(th, (*Sim).pollTurns)
		turns = th.poll.turns
	}
	return turns, *(*uint32)(p) != 0
}

// pollTurns is the step that takes turns of th's poll until the word is set or no
// turn is left.
func (s *Sim) pollTurns(th *thread) bool {
	p := &th.poll
	for {
		if !p.loading {
			p.loading = true
			th.stats.Accesses++
			th.want = want{ln: p.ln, at: uintptr(p.word)}
		}
		if !s.fetch(th) {
			return false
		}
		if !th.want.asked {
			th.now += s.cost.loadHit
			th.stats.BusyPS += int64(s.cost.loadHit)
		}
		p.loading = false
		if *(*uint32)(p.word) != 0 || p.turns <= 0 {
			return true
		}
		p.turns--
		p.task.Waits.Spins++
		if s.pause(th); th.now >= s.limit && s.requeue(th) {
			return false
		}
	}
}
