package vmmtest

import (
	"sync/atomic"

	"vmabench/vmm"
)

// Phases of a page that one mapper changes and everybody faults on.
const (
	phaseRW = iota
	phaseNone
	phaseGone
	phases
)

// legal is what a write fault may answer in a phase.
var legal = [phases]error{nil, vmm.SEGV_ACCERR, vmm.SEGV_MAPERR}

// shadow is what is known of the page from outside: a count of the mapper's
// steps, odd while one is under way. The phase is the even half of it.
type shadow struct{ step atomic.Uint64 }

func (s *shadow) begin() { s.step.Add(1) }
func (s *shadow) end()   { s.step.Add(1) }

// may returns the phases in which an operation from step a to step b can have
// been performed.
func may(a, b uint64) (ok [phases]bool) {
	for s := a / 2; s <= (b+1)/2 && s < a/2+phases; s++ {
		ok[s%phases] = true
	}
	return ok
}

// checkShared: one page is protected, unmapped and mapped again under others'
// faults. Each fault's answer must be legal in a phase that its own time
// overlaps; a fault that saw no step has one legal answer. The mapper waits in
// every phase until each faulter has been through one wholly inside it.
func checkShared(d vmm.Design, o Options) []Violation {
	p := newPlayer(d, vmm.Config{})
	v := p.spaces[0]
	const at = vmm.Addr(0x2000_0000)
	// Neighbours that the page's VMA merges with and splits from.
	for _, a := range []vmm.Addr{at - 2*vmm.PageSize, at, at + vmm.PageSize} {
		if _, err := v.Mmap(p.task, a, 2*vmm.PageSize, 3, vmm.MapFixed, vmm.File{}); err != nil {
			return violation(WrongResult, "mmap: %v", err)
		}
	}
	var s shadow
	c := newCrew(d, o)
	mapper := c.add("mapper", 1)[0]
	faulters := c.add("faulter", 3)
	seen := make([]atomic.Uint64, len(faulters)) // last step seen whole, plus 1
	rounds := uint64(o.scale(400) * phases)
	vs := c.run(func(w *worker) {
		if w == mapper {
			for s.step.Load() < 2*rounds && w.live() {
				nextPhase(w, v, &s, at)
				awaitSeen(w, seen, s.step.Load()+1)
			}
			return
		}
		mine := &seen[0]
		for i, f := range faulters {
			if f == w {
				mine = &seen[i]
			}
		}
		for !mapper.done.Load() && w.live() {
			faultInPhase(w, v, &s, at, mine)
			if w.IntN(4) == 0 {
				yield() // more workers than CPUs: the others' turn
			}
		}
	})
	return finish(vs, p)
}

// nextPhase is the mapper's step.
func nextPhase(w *worker, v vmm.VMM, s *shadow, at vmm.Addr) {
	var err error
	next := (s.step.Load()/2 + 1) % phases
	s.begin()
	switch next {
	case phaseRW:
		_, err = v.Mmap(w.task, at, vmm.PageSize, 3, vmm.MapFixed, vmm.File{})
	case phaseNone:
		err = v.Mprotect(w.task, at, vmm.PageSize, vmm.ProtNone)
	case phaseGone:
		err = v.Munmap(w.task, at, vmm.PageSize)
	}
	s.end()
	w.want("the mapper's step", err, nil)
}

func awaitSeen(w *worker, seen []atomic.Uint64, step uint64) {
	for i := range seen {
		for seen[i].Load() < step && !w.crew.abort.Load() {
			yield()
		}
	}
}

func faultInPhase(w *worker, v vmm.VMM, s *shadow, at vmm.Addr, seen *atomic.Uint64) {
	before := s.step.Load()
	err := v.Fault(w.task, at, vmm.AccessWrite)
	after := s.step.Load()
	for ph, ok := range may(before, after) {
		if ok && err == legal[ph] {
			if before == after && before%2 == 0 {
				seen.Store(before + 1)
			}
			return
		}
	}
	w.fail(NoExclusion, "fault = %s between steps %d and %d (even: done; rw, none, unmapped in turn)",
		errText(err), before, after)
}
