//go:build vmasim

package manycore

import "unsafe"

// want is what a thread's access needs of a line.
type want struct {
	ln              *line
	at              uintptr
	write, buffered bool
	asked           bool // its cache did not have it
}

// access makes th's cache hold the line of p as the access needs it and
// charges what that takes. When it returns, the access takes effect.
func (s *Sim) access(p unsafe.Pointer, write bool, cost tick, buffered bool) {
	th, ln := s.cur, s.mem.line(p)
	th.stats.Accesses++
	if !ln.valid(th, write) || th.now >= s.limitOn(ln) {
		th.want = want{ln: ln, at: uintptr(p), write: write, buffered: buffered}
		if s.do(th, (*Sim).fetch); th.want.asked && !buffered {
			cost = 0 // a latency is that of the whole access
		}
	}
	th.now += cost
	th.stats.BusyPS += int64(cost)
	if write {
		s.wrote(ln, th)
	} else if th.recording {
		th.reads = append(th.reads, read{ln, ln.version})
	}
}

// fetch is the step that gets what th wants.
func (s *Sim) fetch(th *thread) bool {
	w := &th.want
	if w.asked {
		return true // and was served
	}
	for {
		valid := w.ln.valid(th, w.write)
		if valid && th.now < s.limitOn(w.ln) {
			return true
		}
		if !valid && s.earliest(th) {
			break
		}
		if s.requeue(th) {
			return false
		}
	}
	w.asked = true
	th.stats.Misses++
	if s.m.AdjacentLine {
		s.prefetch(s.mem.lineAt(w.at^(1<<lineShift)), th)
	}
	return s.request(w.ln, th, w.write, w.buffered)
}

// limitOn is limit, or less on a line that was ever queued for: who runs ahead on
// a lock word takes it before its turn, and that would add up.
func (s *Sim) limitOn(ln *line) tick {
	if ln.queue != nil {
		return s.limit - s.caution
	}
	return s.limit
}

// valid reports whether th's cache has the line well enough for the access: as
// its owner, until the turn of those who wait for it, or as one of its readers.
func (ln *line) valid(th *thread, write bool) bool {
	if int(ln.owner) == th.cpu {
		return !ln.pending() || th.now < ln.queue.turn.now
	}
	return !write && ln.sharers.has(th.cpu)
}
