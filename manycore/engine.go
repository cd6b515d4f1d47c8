//go:build vmasim

package manycore

import (
	"fmt"
	"math/rand/v2"
	"runtime"

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
	picked  *thread // taken from ready by the thread that ran before
	cpus    []cpuQueue
	cur     *thread
	main    routine // what called Run
	crash   *crash
	rng     *rand.Rand

	limit     tick // the running thread may hit its cache up to here
	lookahead tick
	caution   tick       // by how much less on a line that others queue for
	dist      []Distance // CPU x CPU
	circles   []cpuSet   // CPU x distance: the CPUs that far away
	cluster   []int32    // of each CPU
	running   []int      // threads on each core
	active    []int      // cores of each socket that run threads
	memories  []tick     // of each socket: busy until

	cost costs

	queues   int // of lines
	names    []named
	counting bool // steady has been called
	rcu      map[*atomic.RCU]*rcuDomain
}

// costs are the Machine's times in ticks.
type costs struct {
	loadHit, storeHit, rmwHit, llc, dram tick
	latency, occupancy                   [distances]tick
	hold                                 int64
	pause, park, unpark, wake            tick
	quantum, swtch                       tick
}

// named is an object that atomic.Name has named.
type named struct {
	addr, size uintptr
	typ        any
	name       string
}

func ticks(ns float64) tick { return tick(ns*ps + 0.5) }

// New returns a simulation of m with nothing to run yet.
func New(m *Machine, seed uint64) *Sim {
	n := m.CPUs()
	s := &Sim{
		m: m, mem: newMemory(n), cpus: make([]cpuQueue, n),
		byTask: map[*atomic.Task]*thread{}, rcu: map[*atomic.RCU]*rcuDomain{},
		rng: rand.New(rand.NewPCG(seed, 0x6d616e79)), dist: make([]Distance, n*n),
	}
	s.running, s.active, s.memories = make([]int, n/m.Threads), make([]int, m.Sockets), make([]tick, m.Sockets)
	s.circles = cpuSets(n*distances, s.mem.words)
	for a := range n {
		s.cluster = append(s.cluster, int32(a/(m.Cores*m.Threads)))
		s.distances(s.dist[a*n:(a+1)*n], a)
	}
	s.cost = costs{
		loadHit: ticks(m.LoadHit), storeHit: ticks(m.StoreHit), rmwHit: ticks(m.RMWHit),
		llc: ticks(m.LLC), dram: ticks(m.DRAM), hold: int64(ticks(m.Hold)),
		pause: ticks(m.Pause), park: ticks(m.Park), unpark: ticks(m.Unpark), wake: ticks(m.Wake),
		quantum: ticks(m.Quantum), swtch: ticks(m.Switch),
	}
	for d := range distances {
		s.cost.latency[d] = ticks(m.Latency[d])
		s.cost.occupancy[d] = ticks(m.Occupancy[d])
	}
	return s
}

// setLookahead finds the least time in which one of the threads can take a line
// from another: a message between the nearest two of their CPUs.
func (s *Sim) setLookahead() {
	near := OtherSocket
	for i, a := range s.threads {
		for _, b := range s.threads[:i] {
			if d := s.dist[a.cpu*len(s.cpus)+b.cpu]; d != SameCPU {
				near = min(near, d)
			}
		}
	}
	s.lookahead = s.cost.latency[near]
	if s.m.AdjacentLine { // a prefetch takes a line sooner
		s.lookahead = min(s.lookahead, s.cost.llc)
	}
	for d := near; d < distances; d++ {
		s.lookahead = min(s.lookahead, s.cost.latency[d])
	}
	s.caution = s.lookahead * 5 / 6
}

// distances fills row with the distances from CPU a, from the far to the near, and
// the circles around it.
func (s *Sim) distances(row []Distance, a int) {
	size, d := len(row), OtherSocket
	for _, parts := range []int{1, s.m.Sockets, s.m.Clusters, s.m.Cores, s.m.Threads} {
		size /= parts
		for b := a / size * size; b < a/size*size+size; b++ {
			row[b] = d
		}
		d--
	}
	for b, d := range row {
		s.around(a, d).add(b)
	}
}

// around returns the CPUs at that distance from cpu.
func (s *Sim) around(cpu int, d Distance) cpuSet { return s.circles[cpu*distances+int(d)] }

// Go adds a simulated thread that runs body as t, on the CPU of its number.
func (s *Sim) Go(t *atomic.Task, body func()) { s.goOn(s.m.CPU(len(s.threads)), t, body) }

// goOn is Go on a CPU of choice.
func (s *Sim) goOn(cpu int, t *atomic.Task, body func()) {
	th := &thread{id: len(s.threads), cpu: cpu, task: t}
	th.start(func() { s.live(th, body) })
	s.threads = append(s.threads, th)
	s.byTask[t] = th
	s.enqueue(th)
}

// Run runs until every thread has ended. The error is a hang: threads that
// wait for what will never happen.
func (s *Sim) Run() error {
	s.setLookahead()
	atomic.Run(s, s.loop)
	for _, th := range s.threads {
		if !th.done {
			return fmt.Errorf("manycore: thread %d waits for ever (parked %v)", th.id, th.parked)
		}
	}
	s.release()
	return nil
}

// loop runs threads until none can.
func (s *Sim) loop() {
	if r := s.elect(); r != &s.main {
		s.main.switchTo(r)
	}
	switch c := s.crash; {
	case c == nil:
	case c.value == nil:
		runtime.Goexit()
	default:
		panic(c.value)
	}
}

// elect handles what comes before the next turn of a thread and returns that
// thread, from then on the running one, or what called Run if none can run.
func (s *Sim) elect() *routine {
	for {
		th := s.pick()
		s.cur = th
		switch {
		case th == nil:
			return &s.main
		case th.serves != nil:
			s.serve(th.serves, th.now)
		case th.parked:
			s.expire(th)
		case len(th.watching) > 0:
			s.spun(th, th.now)
			s.rotate(th)
		default:
			s.setLimit()
			if th.doing == nil || th.doing(s, th) {
				return &th.routine
			}
		}
	}
}

// pick takes the earliest thread; nil if none can run.
func (s *Sim) pick() *thread {
	if th := s.picked; th != nil {
		s.picked = nil
		return th
	}
	if s.ready.empty() {
		return nil
	}
	return s.ready.pop()
}

func (s *Sim) setLimit() {
	if s.ready.empty() {
		s.limit = 1 << 62
		return
	}
	s.limit = s.ready.first().now + s.lookahead
}

// wait puts the running thread behind every thread of an earlier time.
func (s *Sim) wait(th *thread) {
	if s.requeue(th) {
		s.block(th)
	}
}

// requeue is wait for a thread that blocks later; false if its turn has come.
func (s *Sim) requeue(th *thread) bool {
	if s.m.PreemptEvery > 0 && th.now >= th.preemptAt && th.spinLocks == 0 {
		s.preempt(th)
	}
	switch {
	case s.preempted(th):
		s.rotate(th)
	case s.earliest(th):
		s.setLimit()
		return false
	default:
		s.picked = s.ready.replace(th)
	}
	return true
}

// do has step called, on behalf of th, until it reports that th may go on: now, and
// whenever th's turn comes. A step that must wait has put th where it waits. Only
// the last call makes a switch to th, where a loop in th would need one for each.
func (s *Sim) do(th *thread, step func(*Sim, *thread) bool) {
	if !step(s, th) {
		th.doing = step
		s.block(th)
		th.doing = nil
	}
}

// block runs the others until th, which runs, is elected again.
func (s *Sim) block(th *thread) {
	if r := s.elect(); r != &th.routine {
		th.switchTo(r)
	}
}

// preempt takes th's CPU away for a while, as another task with a better claim
// does, whatever lock th holds that may be slept under.
func (s *Sim) preempt(th *thread) {
	if th.preemptAt > 0 { // the first only starts the clock
		off := ticks(s.m.PreemptFor * 2 * s.rng.Float64())
		th.now += off
		th.stats.OffCPUPS += int64(off)
	}
	th.preemptAt = th.now + ticks(s.m.PreemptEvery*s.rng.ExpFloat64()) + 1
}

// earliest reports whether th may ask for a line now.
func (s *Sim) earliest(th *thread) bool {
	return s.ready.empty() || th.before(s.ready.first())
}
