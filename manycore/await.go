//go:build vmasim

package manycore

// eval runs cond and records every line it reads.
func (th *thread) eval(cond func() bool) bool {
	th.reads = th.reads[:0]
	th.recording = true
	ok := cond()
	th.recording = false
	return ok
}

// watch blocks th until a line that its condition read is written. With others
// waiting for the CPU it spins to the end of its slice and lets them run.
func (s *Sim) watch(th *thread) {
	if len(s.cpus[th.cpu].waiting) > 0 {
		th.now = max(th.now, th.sliceEnd)
		s.rotate(th)
		th.block()
		return
	}
	for _, r := range th.reads {
		if r.ln.version != r.version {
			return // written since: look again
		}
	}
	th.watching = th.watching[:0]
	for _, r := range th.reads {
		r.ln.waiters = append(r.ln.waiters, th)
		th.watching = append(th.watching, r.ln)
	}
	spun := th.now
	th.block()
	th.stats.BusyPS += int64(th.now - spun)
}
