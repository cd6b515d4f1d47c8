//go:build vmasim

package manycore

import (
	"iter"

	"vmabench/internal/atomic"
)

// thread is one simulated thread, a coroutine pinned to a CPU.
type thread struct {
	id   int
	cpu  int
	task *atomic.Task
	now  tick

	resume func() (struct{}, bool)
	yield  func(struct{}) bool
	done   bool

	token  bool // an Unpark that Park has not consumed
	parked bool
	asleep tick // when the last Park began
	timed  bool // the last bounded Park ended by its timeout

	serves *line // not a thread but the turn of a line's queue
	asked  tick  // when the request that waits in a queue was made
	write  bool  // what it asks for

	watching  []*line // lines whose change ends the await this thread is in
	spinning  tick    // when that await began
	recording bool    // inside an awaited condition: reads are collected
	reads     []read
	in        rcuSection

	sliceEnd  tick // oversubscription: when the time slice ends
	preemptAt tick // when the CPU is next taken away from outside
	heapPos   int  // -1 when not runnable
	stats     ThreadStats
	warm      int64 // time on CPU before steady
}

// ThreadStats is what one simulated thread did, in picoseconds of its time.
type ThreadStats struct {
	BusyPS, MissPS, SleepPS, OffCPUPS int64
	Accesses, Misses                  int64
}

// read is a line as an awaited condition saw it.
type read struct {
	ln      *line
	version uint32
}

// rcuSection is a thread's read section; sections nest, and the outermost counts.
type rcuSection struct {
	depth int
	seq   uint64
}

// cpuQueue is a CPU that more than one thread wants.
type cpuQueue struct {
	current *thread
	waiting []*thread
}

// start makes th's coroutine; body runs when the scheduler first picks it.
func (th *thread) start(body func()) {
	next, _ := iter.Pull(func(yield func(struct{}) bool) {
		th.yield = yield
		body()
		th.done = true
	})
	th.resume = next
}

// block gives the CPU of the simulation to another thread until this one is
// picked again.
func (th *thread) block() { th.yield(struct{}{}) }

// before orders threads by time, then by number: a total order, so that a run
// is reproducible bit for bit.
func (a *thread) before(b *thread) bool {
	return a.now < b.now || a.now == b.now && a.id < b.id
}

// runHeap is a heap of runnable threads, the first in front. A thread's time
// does not change while it is inside, so entries have it beside the pointer.
type runHeap []ready

type ready struct {
	now tick
	id  int32
	th  *thread
}

func (a *ready) before(b *ready) bool { return a.now < b.now || a.now == b.now && a.id < b.id }

func (th *thread) entry() ready { return ready{th.now, int32(th.id), th} }

func (h *runHeap) push(th *thread) {
	*h = append(*h, ready{})
	h.rise(th.entry(), len(*h)-1)
}

// rise places e from position i up.
func (h *runHeap) rise(e ready, i int) {
	s := *h
	for i > 0 {
		p := (i - 1) / arity
		if !e.before(&s[p]) {
			break
		}
		s[i] = s[p]
		s[i].th.heapPos = i
		i = p
	}
	s[i] = e
	e.th.heapPos = i
}

// arity is how many children an entry has: four lie on two cache lines.
const arity = 4

func (h *runHeap) pop() *thread {
	s := *h
	top := s[0].th
	top.heapPos = -1
	last := s[len(s)-1]
	s[len(s)-1] = ready{}
	*h = s[:len(s)-1]
	if len(*h) > 0 {
		h.sink(last, 0)
	}
	return top
}

// replace is push and pop in one, for a thread that is not the first.
func (h *runHeap) replace(th *thread) *thread {
	top := (*h)[0].th
	top.heapPos = -1
	h.sink(th.entry(), 0)
	return top
}

// sink places e from position i down.
func (h *runHeap) sink(e ready, i int) {
	s := *h
	for {
		c := arity*i + 1
		if c >= len(s) {
			break
		}
		for k := c + 1; k < min(c+arity, len(s)); k++ {
			if s[k].before(&s[c]) {
				c = k
			}
		}
		if !s[c].before(&e) {
			break
		}
		s[i] = s[c]
		s[i].th.heapPos = i
		i = c
	}
	s[i] = e
	e.th.heapPos = i
}

// remove takes th out of the heap.
func (h *runHeap) remove(th *thread) {
	s := *h
	i := th.heapPos
	th.heapPos = -1
	last := s[len(s)-1]
	s[len(s)-1] = ready{}
	*h = s[:len(s)-1]
	if last.th == th {
		return
	}
	h.sink(last, i)
	h.rise(last, last.th.heapPos)
}
