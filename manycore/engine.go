//go:build vmasim

package manycore

import (
	"fmt"
	"math/rand/v2"
	"unsafe"

	"vmabench/internal/atomic"
)

// Sim runs simulated threads on a Machine. It implements atomic.Engine.
//
// The thread with the smallest time runs. It may run ahead of the others while
// it only touches lines that its cache holds, as long as nobody could have
// taken them from it by then (lookahead); to ask for a line it must be the
// earliest. So requests are made in the order of simulated time, and each
// access takes effect in the order in which its line was granted.
type Sim struct {
	m       *Machine
	mem     *memory
	threads []*thread
	byTask  map[*atomic.Task]*thread
	ready   runHeap
	cpus    []cpuQueue
	cur     *thread
	rng     *rand.Rand

	limit     time // the running thread may hit its cache up to here
	lookahead time
	dist      []Distance // CPU x CPU

	cost costs

	names []named
	stuck error
	rcu   map[*atomic.RCU]*rcuDomain
}

// costs are the Machine's times in ticks.
type costs struct {
	loadHit, storeHit, rmwHit, llc, dram time
	latency, occupancy                   [distances]time
	hold                                 int64
	pause, park, unpark, wake            time
	quantum, swtch                       time
}

// named is an object that atomic.Name has named.
type named struct {
	addr, size uintptr
	typ        any
	name       string
}

func ticks(ns float64) time { return time(ns*ps + 0.5) }

// New returns a simulation of m with nothing to run yet.
func New(m *Machine, seed uint64) *Sim {
	n := m.CPUs()
	s := &Sim{
		m: m, mem: newMemory(n), cpus: make([]cpuQueue, n),
		byTask: map[*atomic.Task]*thread{}, rcu: map[*atomic.RCU]*rcuDomain{},
		rng: rand.New(rand.NewPCG(seed, 0x6d616e79)), dist: make([]Distance, n*n),
	}
	for a := range n {
		for b := range n {
			s.dist[a*n+b] = m.Distance(a, b)
		}
	}
	s.cost = costs{
		loadHit: ticks(m.LoadHit), storeHit: ticks(m.StoreHit), rmwHit: ticks(m.RMWHit),
		llc: ticks(m.LLC), dram: ticks(m.DRAM), hold: int64(ticks(m.Hold)),
		pause: ticks(m.Pause), park: ticks(m.Park), unpark: ticks(m.Unpark), wake: ticks(m.Wake),
		quantum: ticks(m.Quantum), swtch: ticks(m.Switch),
	}
	s.lookahead = ticks(m.LLC)
	for d := range distances {
		s.cost.latency[d] = ticks(m.Latency[d])
		s.cost.occupancy[d] = ticks(m.Occupancy[d])
		if d > 0 && m.Latency[d] > 0 {
			s.lookahead = min(s.lookahead, s.cost.latency[d])
		}
	}
	return s
}

// Go adds a simulated thread that runs body as t, on the CPU of its number.
func (s *Sim) Go(t *atomic.Task, body func()) {
	th := &thread{id: len(s.threads), cpu: s.m.CPU(len(s.threads)), task: t, heapPos: -1}
	th.start(body)
	s.threads = append(s.threads, th)
	s.byTask[t] = th
	s.enqueue(th)
}

// Run runs until every thread has ended. The error is a hang: threads that
// wait for what will never happen.
func (s *Sim) Run() error {
	atomic.Run(s, func() {
		for len(s.ready) > 0 && s.stuck == nil {
			th := s.ready.pop()
			if th.parked {
				s.expire(th)
				continue
			}
			s.dispatch(th)
		}
	})
	if s.stuck != nil {
		return s.stuck
	}
	for _, th := range s.threads {
		if !th.done {
			return fmt.Errorf("manycore: thread %d waits for ever (parked %v)", th.id, th.parked)
		}
	}
	return nil
}

// dispatch runs th until it blocks or ends.
func (s *Sim) dispatch(th *thread) {
	s.cur = th
	s.setLimit()
	th.resume()
	s.cur = nil
	if th.done {
		s.leaveCPU(th)
	}
}

func (s *Sim) setLimit() {
	if len(s.ready) == 0 {
		s.limit = 1 << 62
		return
	}
	s.limit = s.ready[0].now + s.lookahead
}

// wait puts the running thread behind every thread of an earlier time.
func (s *Sim) wait(th *thread) {
	switch {
	case s.preempted(th):
		s.rotate(th)
	case s.earliest(th):
		s.setLimit()
		return
	default:
		s.ready.push(th)
	}
	th.block()
}

// earliest reports whether th may ask for a line now.
func (s *Sim) earliest(th *thread) bool {
	return len(s.ready) == 0 || th.before(s.ready[0])
}

// access makes th's cache hold the line of p as the access needs it and
// charges what that takes. When it returns, the access takes effect.
func (s *Sim) access(p unsafe.Pointer, write bool, cost time, buffered bool) {
	th := s.cur
	ln := s.mem.line(p)
	ln.stat.Accesses++
	th.stats.Accesses++
	for {
		if ln.valid(th, write) {
			if th.now < s.limit {
				break
			}
			s.wait(th)
			continue
		}
		if !s.earliest(th) {
			s.wait(th)
			continue
		}
		g := s.request(ln, th, write)
		th.stats.Misses++
		if !buffered {
			ln.stat.WaitPS += int64(g - th.now)
			th.stats.MissPS += int64(g - th.now)
			th.now = g
			s.wait(th)
		}
		break
	}
	th.now += cost
	th.stats.BusyPS += int64(cost)
	if write {
		s.wrote(ln, th)
	} else if th.recording {
		th.reads = append(th.reads, read{ln, ln.version})
	}
}

// valid reports whether th's cache has the line well enough for the access.
func (ln *line) valid(th *thread, write bool) bool {
	if int(ln.owner) == th.cpu {
		return true
	}
	if !write && ln.sharers.has(th.cpu) {
		return true
	}
	return ln.leave != nil && ln.leave[th.cpu] > th.now
}

// request asks for the line and returns when it is granted.
func (s *Sim) request(ln *line, th *thread, write bool) time {
	lat, occ := s.source(ln, th.cpu, write)
	uncontended := th.now + lat
	g := uncontended
	if ln.owner >= 0 {
		hold := time(0)
		if s.cost.hold > 0 {
			hold = time(s.rng.Int64N(2*s.cost.hold + 1))
		}
		g = max(g, ln.granted+occ+hold)
		s.depart(ln, g-occ)
	} else {
		g = max(g, ln.granted+occ)
	}
	ln.stat.Transfers++
	ln.stat.QueuePS += int64(g - uncontended)
	ln.granted = g
	if write {
		ln.sharers.clear()
		ln.owner = int32(th.cpu)
		return g
	}
	if ln.owner >= 0 {
		ln.sharers.add(int(ln.owner))
		ln.owner = -1
	}
	ln.sharers.add(th.cpu)
	return g
}

// depart lets the present owner use the line until t.
func (s *Sim) depart(ln *line, t time) {
	if ln.leave == nil {
		ln.leave = make([]time, len(s.cpus))
	}
	ln.leave[ln.owner] = t
}

// source returns the latency and the occupancy of a request by cpu: from the
// owner, from the nearest copy (a read), to the farthest copy (a write, which
// waits for every invalidation), or from memory.
func (s *Sim) source(ln *line, cpu int, write bool) (lat, occ time) {
	n := len(s.cpus)
	if ln.owner >= 0 {
		d := s.dist[int(ln.owner)*n+cpu]
		return s.cost.latency[d], s.cost.occupancy[d]
	}
	near, far, any := OtherSocket, SameCPU, false
	ln.sharers.each(func(c int) {
		any = true
		if d := s.dist[c*n+cpu]; d != SameCPU {
			near, far = min(near, d), max(far, d)
		}
	})
	switch {
	case !any:
		return s.cost.dram, 0
	case write:
		return max(s.cost.latency[far], s.cost.rmwHit), s.cost.occupancy[far]
	case near <= SameCluster:
		return s.cost.llc, s.cost.occupancy[near] / shareFactor
	}
	return s.cost.latency[near], s.cost.occupancy[near] / shareFactor
}

// shareFactor is how many readers of a clean line are served in the time that
// one hand-over of a dirty line takes: caches merge reads.
const shareFactor = 4

// wrote wakes those whose awaited condition read the line.
func (s *Sim) wrote(ln *line, th *thread) {
	ln.version++
	if len(ln.waiters) == 0 {
		return
	}
	for _, w := range ln.waiters {
		if len(w.watching) == 0 {
			continue // woken by another line already
		}
		w.watching = w.watching[:0]
		w.now = max(w.now, th.now)
		s.ready.push(w)
	}
	ln.waiters = ln.waiters[:0]
	s.setLimit()
}
