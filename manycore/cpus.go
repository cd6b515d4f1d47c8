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
		if len(q.current.watching) > 0 && q.current.spinLocks == 0 {
			s.endSpin(q.current, th.now)
		}
	}
}

// run gives th the CPU.
func (s *Sim) run(q *cpuQueue, th *thread) {
	s.occupy(q, th.cpu, th)
	th.sliceEnd = th.now + s.cost.quantum
	s.ready.push(th)
}

// occupy makes th, or nobody, the one that runs on the CPU of q.
func (s *Sim) occupy(q *cpuQueue, cpu int, th *thread) {
	was, is := q.current != nil, th != nil
	q.current = th
	if was == is {
		return
	}
	core, d := cpu/s.m.Threads, 1
	if was {
		d = -1
	}
	if s.running[core] += d; s.running[core] == max(d, 0) { // the core's first came, or its last left
		s.active[core/(s.m.Cores*s.m.Clusters)] += d
	}
}

// slowdown is by how much work on that CPU takes longer than on a machine where
// nothing else runs: a sibling thread shares the core's units, other cores the
// socket's power.
func (s *Sim) slowdown(cpu int) float64 {
	core, f := cpu/s.m.Threads, 1.0
	if s.running[core] > 1 {
		f = s.m.SMTWork
	}
	if s.m.Turbo > 1 {
		others := float64(s.active[core/(s.m.Cores*s.m.Clusters)] - 1)
		f *= 1 + (s.m.Turbo-1)*min(1, max(0, others)/max(1, s.m.TurboCores-1))
	}
	return f
}

// preempted reports whether th's slice is over and another thread wants the CPU.
// Spin locks are held and waited for with preemption off.
func (s *Sim) preempted(th *thread) bool {
	return th.now >= th.sliceEnd && th.spinLocks == 0 && len(s.cpus[th.cpu].waiting) > 0
}

// Preemption changes the number of spin locks of the running thread.
func (s *Sim) Preemption(d int) {
	if s.cur != nil {
		s.cur.spinLocks += d
	}
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
	s.occupy(q, th.cpu, nil)
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
