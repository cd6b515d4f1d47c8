//go:build vmasim

package manycore

import "slices"

// eval runs cond and records every line it reads.
func (th *thread) eval(cond func() bool) bool {
	th.reads = th.reads[:0]
	th.recording = true
	ok := cond()
	th.recording = false
	return ok
}

// watch blocks th until a line that its condition read is written. With others
// waiting for the CPU it spins no longer than to the end of its slice.
func (s *Sim) watch(th *thread) {
	for _, r := range th.reads {
		if r.ln.version != r.version {
			return // written since: look again
		}
	}
	for _, r := range th.reads {
		r.ln.waiters = append(r.ln.waiters, th)
		th.watching = append(th.watching, r.ln)
	}
	if len(th.watching) == 0 {
		s.block(th) // nothing can change the condition: a hang
		return
	}
	th.spinning = th.now
	if len(s.cpus[th.cpu].waiting) > 0 && th.spinLocks == 0 {
		s.endSpin(th, th.now)
	}
	s.block(th)
}

// endSpin makes the spinning th give up its CPU at the end of its slice, unless
// what it waits for happens before.
func (s *Sim) endSpin(th *thread, now tick) {
	if !th.queued {
		th.now = max(now, th.now, th.sliceEnd)
		s.ready.push(th)
	}
}

// spun ends th's wait at that time: it has spun until then.
func (s *Sim) spun(th *thread, at tick) {
	for _, ln := range th.watching {
		ln.waiters = slices.DeleteFunc(ln.waiters, func(w *thread) bool { return w == th })
	}
	th.watching = th.watching[:0]
	if th.queued {
		s.ready.remove(th)
	}
	th.now = max(th.spinning, at)
	th.stats.BusyPS += int64(th.now - th.spinning)
}

// wrote wakes those whose awaited condition read the line.
func (s *Sim) wrote(ln *line, th *thread) {
	ln.version++
	if len(ln.waiters) == 0 {
		return
	}
	for _, w := range slices.Clone(ln.waiters) {
		if len(w.watching) > 0 { // a condition may have read the line twice
			s.spun(w, th.now)
			s.ready.push(w)
		}
	}
	s.setLimit()
}
