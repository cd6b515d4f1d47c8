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

// runHeap orders runnable threads by time, then by number: a total order, so
// that a run is reproducible bit for bit.
type runHeap []*thread

func (a *thread) before(b *thread) bool {
	return a.now < b.now || a.now == b.now && a.id < b.id
}

func (h *runHeap) push(th *thread) {
	*h = append(*h, th)
	h.rise(th, len(*h)-1)
}

// rise places th from position i up.
func (h *runHeap) rise(th *thread, i int) {
	s := *h
	for i > 0 {
		p := (i - 1) / 2
		if !th.before(s[p]) {
			break
		}
		s[i] = s[p]
		s[i].heapPos = i
		i = p
	}
	s[i] = th
	th.heapPos = i
}

func (h *runHeap) pop() *thread {
	s := *h
	top := s[0]
	top.heapPos = -1
	last := s[len(s)-1]
	s[len(s)-1] = nil
	*h = s[:len(s)-1]
	if len(*h) > 0 {
		h.sink(last, 0)
	}
	return top
}

// sink places th from position i down.
func (h *runHeap) sink(th *thread, i int) {
	s := *h
	for {
		c := 2*i + 1
		if c >= len(s) {
			break
		}
		if c+1 < len(s) && s[c+1].before(s[c]) {
			c++
		}
		if !s[c].before(th) {
			break
		}
		s[i] = s[c]
		s[i].heapPos = i
		i = c
	}
	s[i] = th
	th.heapPos = i
}

// remove takes th out of the heap.
func (h *runHeap) remove(th *thread) {
	s := *h
	i := th.heapPos
	th.heapPos = -1
	last := s[len(s)-1]
	s[len(s)-1] = nil
	*h = s[:len(s)-1]
	if last == th {
		return
	}
	h.sink(last, i)
	h.rise(last, last.heapPos)
}
