//go:build vmasim

package manycore

// Threads that share a CPU take turns: one runs, the others wait. A sleeper
// has left the CPU.

// enqueue makes th runnable at th.now on its CPU.
func (s *Sim) enqueue(th *thread) {
	q := &s.cpus[th.cpu]
	switch {
	case q.current == nil || q.current == th:
		s.run(q, th)
	default:
		q.waiting = append(q.waiting, th)
		if len(q.current.watching) > 0 {
			s.endSpin(q.current, th.now)
		}
	}
}

// run gives th the CPU.
func (s *Sim) run(q *cpuQueue, th *thread) {
	q.current = th
	th.sliceEnd = th.now + s.cost.quantum
	s.ready.push(th)
}

// preempted reports whether th's slice is over and another thread wants the CPU.
func (s *Sim) preempted(th *thread) bool {
	return th.now >= th.sliceEnd && len(s.cpus[th.cpu].waiting) > 0
}

// rotate ends th's turn and begins the next thread's.
func (s *Sim) rotate(th *thread) {
	q := &s.cpus[th.cpu]
	q.waiting = append(q.waiting, th)
	s.next(q, th.now)
}

// leaveCPU is rotate for a thread that sleeps or ends.
func (s *Sim) leaveCPU(th *thread) {
	q := &s.cpus[th.cpu]
	if q.current != th {
		return
	}
	q.current = nil
	if len(q.waiting) > 0 {
		s.next(q, th.now)
	}
}

// next begins the turn of the thread that has waited longest.
func (s *Sim) next(q *cpuQueue, now tick) {
	th := q.waiting[0]
	q.waiting = append(q.waiting[:0], q.waiting[1:]...)
	start := max(now, th.now) + s.cost.swtch
	th.stats.OffCPUPS += int64(start - th.now)
	th.now = start
	s.run(q, th)
}
