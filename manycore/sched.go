//go:build vmasim

package manycore

import (
	"slices"

	"vmabench/internal/atomic"
)

// thread is one simulated thread, a coroutine pinned to a CPU.
type thread struct {
	id   int
	cpu  int
	task *atomic.Task
	now  tick

	routine
	done bool

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
	doing     func(*Sim, *thread) bool // what the scheduler does in its turn (do)
	want      want
	poll      poll
	clear     pageClear
	in        rcuSection
	node      *spinNode // while it queues for a spin lock; nil if it never did

	sliceEnd  tick // oversubscription: when the time slice ends
	preemptAt tick // when the CPU is next taken away from outside
	spinLocks int  // held or waited for: preemption is off
	queued    bool // in the heap of those that can run
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

// crash is how a body ended that did not return: by the panic of that value or by
// runtime.Goexit.
type crash struct{ value any }

// live is the life of th.
func (s *Sim) live(th *thread, body func()) {
	defer func() {
		if !th.done { // what called Run dies in its place
			s.crash = &crash{recover()}
			th.switchTo(&s.main)
		}
	}()
	body()
	th.done = true
	s.leaveCPU(th)
	th.switchTo(s.elect())
	th.at = nil // resumed to end: see release
}

// release ends the goroutines of threads that are done. Each ends in favour of
// the one that is parked where it began, and that one ends as well, until it is
// the caller.
func (s *Sim) release() {
	for _, th := range s.threads {
		if th.at != nil {
			s.main.switchTo(&th.routine)
		}
	}
}

// before orders threads by time, then by number: a total order, so that a run
// is reproducible bit for bit.
func (a *thread) before(b *thread) bool {
	return a.now < b.now || a.now == b.now && a.id < b.id
}

// runHeap is a heap of runnable threads, the first in front. A thread's time does
// not change while it is inside, so entries have it beside the pointer.
//
// An entry has four children, which lie on one cache line: the root is at 3, the
// places before it are empty.
type runHeap []ready

type ready struct {
	now tick
	th  *thread
}

func (a *ready) before(b *ready) bool { return a.now < b.now || a.now == b.now && a.th.id < b.th.id }

const (
	root  = 3
	arity = 4
)

func (h runHeap) empty() bool { return len(h) <= root }

func (h runHeap) first() *thread { return h[root].th }

func (h *runHeap) push(th *thread) {
	for len(*h) < root {
		*h = append(*h, ready{})
	}
	th.queued = true
	*h = append(*h, ready{})
	h.rise(ready{th.now, th}, len(*h)-1)
}

// rise places e from position i up.
func (h *runHeap) rise(e ready, i int) {
	s := *h
	for i > root {
		p := i/arity + root - 1
		if !e.before(&s[p]) {
			break
		}
		s[i] = s[p]
		i = p
	}
	s[i] = e
}

func (h *runHeap) pop() *thread {
	s := *h
	top := s[root].th
	top.queued = false
	last := len(s) - 1
	e := s[last]
	s[last] = ready{}
	*h = s[:last]
	if last > root {
		h.sink(e, root)
	}
	return top
}

// replace is push and pop in one, for a thread that is not the first.
func (h *runHeap) replace(th *thread) *thread {
	top := (*h)[root].th
	top.queued, th.queued = false, true
	h.sink(ready{th.now, th}, root)
	return top
}

// sink places e from position i down.
func (h *runHeap) sink(e ready, i int) {
	s := *h
	for {
		c := arity * (i - root + 1)
		if c >= len(s) {
			break
		}
		if c = s.least(c, min(c+arity, len(s))); !s[c].before(&e) {
			break
		}
		s[i] = s[c]
		i = c
	}
	s[i] = e
}

// least returns the first of the entries from i to end. Which of them has the
// least time nobody can guess, so that is found without a branch; equal times are
// rare.
func (h runHeap) least(i, end int) int {
	at, now := i, h[i].now
	for k, e := range h[i+1 : end] {
		if e.now < now {
			at, now = i+1+k, e.now
		}
	}
	for k := at + 1; k < end; k++ {
		if h[k].now == now && h[k].th.id < h[at].th.id {
			at = k
		}
	}
	return at
}

// remove takes th out of the heap. That is rare: it is searched for.
func (h *runHeap) remove(th *thread) {
	s := *h
	i := slices.IndexFunc(s, func(e ready) bool { return e.th == th })
	th.queued = false
	last := len(s) - 1
	e := s[last]
	s[last] = ready{}
	*h = s[:last]
	if i < last {
		h.sink(e, i)
		h.rise((*h)[i], i)
	}
}
