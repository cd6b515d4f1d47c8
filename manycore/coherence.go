//go:build vmasim

package manycore

// request asks for the line. Where the line is free it is granted at once; where
// it is busy, th waits in its queue. False means that th waits.
//
// What a request costs has two parts: the way of the message, which overlaps
// with waiting, and the hand-over itself (Occupancy), which does not.
func (s *Sim) request(ln *line, th *thread, write, buffered bool) bool {
	lat, occ := s.source(ln, th.cpu, write)
	arrives := th.now + lat - occ // when the holder hears of it
	th.asked, th.write = th.now, write
	if !ln.pending() && arrives >= ln.granted+s.holdTime(ln) {
		s.grant(ln, th, arrives+occ)
		if buffered {
			return true
		}
		s.charge(ln, th, arrives+occ, 0)
		return !s.requeue(th)
	}
	if ln.queue == nil {
		s.queues++
		ln.queue = &lineQueue{turn: thread{id: firstTurn + s.queues, serves: ln}, asking: make([]int32, s.m.Sockets*s.m.Clusters)}
	}
	ln.queue.join(th, s.cluster[th.cpu])
	if !ln.queue.pending {
		s.schedule(ln, max(arrives, ln.granted+s.holdTime(ln)))
	}
	return false
}

// holdTime draws how long an owner keeps a line that others want.
func (s *Sim) holdTime(ln *line) tick {
	if ln.owner < 0 || s.cost.hold == 0 {
		return 0
	}
	return tick(s.rng.Int64N(2*s.cost.hold + 1))
}

// schedule makes the line serve its queue at that time.
func (s *Sim) schedule(ln *line, at tick) {
	ln.queue.turn.now = at
	ln.queue.pending = true
	s.ready.push(&ln.queue.turn)
}

// firstTurn numbers turns after every thread: at equal times threads go first.
const firstTurn = 1 << 20

// serve hands the line to the next in its queue, which runs when it arrives.
func (s *Sim) serve(ln *line, now tick) {
	ln.queue.pending = false
	th := s.choose(ln)
	if !th.write {
		s.serveReads(ln, th, now)
	} else {
		s.deliver(ln, th, now)
	}
	if len(ln.queue.waiting) > 0 {
		s.schedule(ln, ln.granted+s.holdTime(ln))
	}
}

// deliver grants the line to one waiting thread and returns when that has it.
func (s *Sim) deliver(ln *line, th *thread, now tick) tick {
	lat, occ := s.source(ln, th.cpu, th.write)
	at := max(now+occ, th.asked+lat)
	s.grant(ln, th, at)
	s.charge(ln, th, at, at-th.asked-lat)
	s.ready.push(th)
	return at
}

// serveReads grants the line to the chosen reader and to every other reader of
// its cluster that waits: their cache fetches it once and serves them one by one.
func (s *Sim) serveReads(ln *line, first *thread, now tick) {
	at := s.deliver(ln, first, now)
	q := ln.queue
	rest := q.waiting[:0]
	for _, th := range q.waiting {
		if th.write || s.m.SerialReads || s.cluster[th.cpu] != s.cluster[first.cpu] {
			rest = append(rest, th)
		} else {
			q.leave(s.cluster[th.cpu])
			at = s.deliver(ln, th, at)
		}
	}
	q.waiting = rest
}

// choose takes the next request from the queue. The cluster that holds the line
// competes with LocalFirst times the weight of each other cluster that has a
// request waiting; whichever wins, its oldest request is served.
func (s *Sim) choose(ln *line) *thread {
	q, pick := ln.queue, 0
	if ln.owner >= 0 && s.m.LocalFirst > 0 {
		home, local := s.cluster[ln.owner], s.localWins(ln)
		for pick < len(q.waiting)-1 && (s.cluster[q.waiting[pick].cpu] == home) != local {
			pick++
		}
	}
	th := q.waiting[pick]
	copy(q.waiting[pick:], q.waiting[pick+1:])
	q.waiting = q.waiting[:len(q.waiting)-1]
	q.leave(s.cluster[th.cpu])
	return th
}

// localWins draws whether the owner's cluster is served next.
func (s *Sim) localWins(ln *line) bool {
	local := ln.queue.asking[s.cluster[ln.owner]]
	others := ln.queue.clusters
	if local > 0 {
		others--
	}
	if local == 0 || others == 0 {
		return local > 0
	}
	w := s.m.LocalFirst
	return s.rng.Float64()*(w+float64(others)) < w
}

// join and leave count the waiting requests of each cluster.
func (q *lineQueue) join(th *thread, cluster int32) {
	q.waiting = append(q.waiting, th)
	if q.asking[cluster]++; q.asking[cluster] == 1 {
		q.clusters++
	}
}

func (q *lineQueue) leave(cluster int32) {
	if q.asking[cluster]--; q.asking[cluster] == 0 {
		q.clusters--
	}
}

// pending reports whether the line is about to serve its queue.
func (ln *line) pending() bool { return ln.queue != nil && ln.queue.pending }

// grant gives th's CPU the line from that time.
func (s *Sim) grant(ln *line, th *thread, at tick) {
	ln.stat.Transfers++
	ln.granted = max(ln.granted, at)
	if th.write {
		ln.sharers.clear()
		ln.owner, ln.writer = int32(th.cpu), int32(th.cpu)
		return
	}
	if ln.owner >= 0 {
		ln.sharers.add(int(ln.owner))
		ln.owner = -1
	}
	ln.sharers.add(th.cpu)
}

// prefetch fetches the other line of the 128-byte pair for reading, as the
// adjacent-line prefetcher does: its owner keeps a copy and must ask again
// before it writes. A line that others queue for is left alone.
func (s *Sim) prefetch(buddy *line, th *thread) {
	if buddy.pending() || int(buddy.owner) == th.cpu {
		return
	}
	if buddy.owner >= 0 {
		buddy.stat.Transfers++
		buddy.sharers.add(int(buddy.owner))
		buddy.owner = -1
	}
	buddy.sharers.add(th.cpu)
}

// charge moves th's time to the grant and accounts for the wait.
func (s *Sim) charge(ln *line, th *thread, at, queued tick) {
	ln.stat.WaitPS += int64(at - th.now)
	ln.stat.QueuePS += int64(queued)
	th.stats.MissPS += int64(at - th.now)
	th.now = at
}

// source returns the latency and the occupancy of a request by cpu: from the
// owner, from the home or the nearest copy (a read), to the farthest copy (a write, which
// waits for every invalidation), or from memory.
func (s *Sim) source(ln *line, cpu int, write bool) (lat, occ tick) {
	n := len(s.cpus)
	if ln.owner >= 0 {
		d := s.dist[int(ln.owner)*n+cpu]
		return s.cost.latency[d], s.cost.occupancy[d]
	}
	switch {
	case ln.sharers.empty():
		return s.cost.dram, 0
	case write:
		far := OtherSocket
		for far > SameCPU && !ln.sharers.meets(s.around(cpu, far)) {
			far--
		}
		return max(s.cost.latency[far], s.cost.rmwHit), s.cost.occupancy[far]
	}
	if s.m.SerialReads { // by its home, taken to be where it was written
		d := max(SameCore, s.dist[int(ln.writer)*len(s.cpus)+cpu])
		return s.cost.latency[d], s.cost.occupancy[d]
	}
	near := SameCore
	for near < OtherSocket && !ln.sharers.meets(s.around(cpu, near)) {
		near++
	}
	lat, occ = s.cost.latency[near], s.cost.occupancy[near]
	if near <= SameCluster {
		return min(s.cost.llc, lat), occ / shareFactor
	}
	return lat, occ
}

// shareFactor is how many readers of a clean line their cluster's cache serves in
// the time that one hand-over of a dirty line takes: a guess.
const shareFactor = 4
