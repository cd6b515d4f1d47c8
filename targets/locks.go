package targets

import (
	"sync"
	"sync/atomic"

	"vmabench/variants/refcount"
	"vmabench/variants/rwsem"
	"vmabench/vmm"
)

// word is a lock word on lines of its own.
type word struct {
	_ [128]byte
	n atomic.Uint32
	_ [124]byte
}

// inc and dec are the least that a counting read lock can do on a machine: one
// compare-and-swap and one fetch-and-add.
func (w *word) inc() {
	for {
		if c := w.n.Load(); w.n.CompareAndSwap(c, c+1) {
			return
		}
	}
}

func (w *word) dec() { w.n.Add(^uint32(0)) }

func (w *word) bare(n int) {
	for range n {
		w.inc()
		w.dec()
	}
}

// counter is word behind an interface.
type counter interface {
	inc()
	dec()
}

func dynamic(c counter) func(n int) {
	return func(n int) {
		for range n {
			c.inc()
			c.dec()
		}
	}
}

func rwmutex() func(n int) {
	l := new(struct {
		_ [128]byte
		sync.RWMutex
		_ [128]byte
	})
	return func(n int) {
		for range n {
			l.RLock()
			l.RUnlock()
		}
	}
}

// readPairs returns a loop of read locks and unlocks of the first VMA of an arena.
func (e *env) readPairs(pairs func(vmm.VMM, *vmm.Task, vmm.Addr, int) int, v vmm.VMM, arenaNo int) func(n int) {
	t := e.task()
	return func(n int) { none(pairs(v, t, vmaAddr(arenaNo, 0, 0), n)) }
}

func (e *env) refcountRead() *side {
	return one(e.readPairs(refcount.ReadPairs, e.refcount(1, 10), 0))
}

func (e *env) rwsemRead() *side {
	return one(e.readPairs(rwsem.ReadPairs, e.space(rwsem.Design.New(vmm.Config{}), 1, 10), 0))
}

// bothRead is a side of two threads that read-lock the VMAs of two arenas, or
// one and the same.
func (e *env) bothRead(v vmm.VMM, first, second int) *side {
	return two(e.readPairs(refcount.ReadPairs, v, first), e.readPairs(refcount.ReadPairs, v, second))
}

var lockTargets = []Target{
	{
		Name:      "refcount-read/itself",
		Doc:       "the same twice: what is a difference here is one of the measurement",
		Excellent: between(0.985, 1.015), Allowed: between(0.97, 1.03),
		pair: func(e *env) pair { return pair{a: e.refcountRead(), b: e.refcountRead()} },
	},
	{
		Name:      "refcount-read/bare-cas-xadd",
		Doc:       "the VMA read lock and unlock against the two atomic operations that it cannot do without",
		Excellent: atMost(1.20), Allowed: atMost(1.35),
		pair: func(e *env) pair { return pair{a: e.refcountRead(), b: one(new(word).bare)} },
	},
	{
		Name:      "bare-cas-xadd-by-interface/bare-cas-xadd",
		Doc:       "what two dynamic calls cost beside two atomic operations",
		Excellent: anything, Allowed: anything,
		pair: func(e *env) pair { return pair{a: one(dynamic(new(word))), b: one(new(word).bare)} },
	},
	{
		Name:      "refcount-read/sync.RWMutex",
		Doc:       "against the read lock of the Go library",
		Excellent: atMost(1.20), Allowed: atMost(1.40),
		pair: func(e *env) pair { return pair{a: e.refcountRead(), b: one(rwmutex())} },
	},
	{
		Name:      "rwsem-read/refcount-read",
		Doc:       "both VMA locks alone on one thread: a large gap would be of the source, not of the design",
		Excellent: between(0.75, 1.10), Allowed: between(0.75, 1.10),
		pair: func(e *env) pair { return pair{a: e.rwsemRead(), b: e.refcountRead()} },
	},
	{
		Name:      "refcount-read-2-threads-own-VMAs/1-thread",
		Doc:       "time of each of two threads that share nothing: more than 1 is false sharing",
		Excellent: atMost(1.03), Allowed: atMost(1.10), threads: 2,
		pair: func(e *env) pair {
			v := e.refcount(2, 10)
			return pair{a: e.bothRead(v, 0, 1), b: one(e.readPairs(refcount.ReadPairs, v, 0))}
		},
	},
	{
		Name:      "refcount-read-2-threads-same-VMA/bare-cas-xadd-same-line",
		Doc:       "what the lock adds to a line that two CPUs fight for",
		Excellent: atMost(1.35), Allowed: atMost(1.70), threads: 2,
		pair: func(e *env) pair {
			w := new(word)
			return pair{a: e.bothRead(e.refcount(1, 10), 0, 0), b: two(w.bare, w.bare)}
		},
	},
}
