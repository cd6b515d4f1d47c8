package targets

import (
	"sync"
	"sync/atomic"

	"vmabench/harness"
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
			l.RUnlock() //lint:ignore SA2001 the pair is what is measured
		}
	}
}

// readPairs returns a loop of read locks and unlocks of the first VMA of an arena.
func (e *Env) readPairs(pairs func(vmm.VMM, *vmm.Task, vmm.Addr, int) int, v vmm.VMM, arenaNo int) func(n int) {
	t := e.Task()
	return func(n int) { none(pairs(v, t, vmaAddr(arenaNo, 0, 0), n)) }
}

// RefcountRead returns a loop of read locks and unlocks of one VMA.
func (e *Env) RefcountRead() func(n int) {
	return e.readPairs(refcount.ReadPairs, e.Refcount(1, 10), 0)
}

// RwsemRead is RefcountRead with the other VMA lock.
func (e *Env) RwsemRead() func(n int) {
	return e.readPairs(rwsem.ReadPairs, e.space(rwsem.Design.New(vmm.Config{}), 1, 10), 0)
}

// RefcountWrite returns a loop of write sessions that lock one VMA.
func (e *Env) RefcountWrite() func(n int) {
	v, t := e.Refcount(1, 10), e.Task()
	return func(n int) { refcount.WritePairs(v, t, vmaAddr(0, 0, 0), n) }
}

// RwsemWrite is RefcountWrite with the other VMA lock.
func (e *Env) RwsemWrite() func(n int) {
	v, t := e.space(rwsem.Design.New(vmm.Config{}), 1, 10), e.Task()
	return func(n int) { rwsem.WritePairs(v, t, vmaAddr(0, 0, 0), n) }
}

// Bare returns a loop of the least that a counting read lock can do.
func Bare() func(n int) { return new(word).bare }

// bothRead is a side of two threads that read-lock the VMAs of two arenas, or
// one and the same.
func (e *Env) bothRead(v vmm.VMM, first, second int) *side {
	return two(e.readPairs(refcount.ReadPairs, v, first), e.readPairs(refcount.ReadPairs, v, second))
}

// compute returns a loop of arithmetic that keeps a core busy.
func compute() func(n int) {
	return func(n int) {
		for range n {
			harness.Burst()
		}
	}
}

var lockTargets = []Target{
	{
		Name: "arithmetic-2-threads/1-thread",
		Doc: "time of each of two threads of pure computation: more than 1 is of the machine, whose CPUs are siblings of a core, at least at times. " +
			"Slices in which they are do not count below",
		Excellent: Anything, Allowed: Anything, threads: 2, siblings: true,
		pair: func(*Env) pair { return pair{a: two(compute(), compute()), b: one(compute())} },
	},
	{
		Name:      "refcount-read/itself",
		Doc:       "the same twice: what is a difference here is one of the measurement",
		Excellent: Between(0.985, 1.015), Allowed: Between(0.97, 1.03),
		pair: func(e *Env) pair { return pair{a: one(e.RefcountRead()), b: one(e.RefcountRead())} },
	},
	{
		Name:      "refcount-read/bare-cas-xadd",
		Doc:       "the VMA read lock and unlock against the two atomic operations that it cannot do without",
		Excellent: AtMost(1.20), Allowed: AtMost(1.35),
		pair: func(e *Env) pair { return pair{a: one(e.RefcountRead()), b: one(new(word).bare)} },
	},
	{
		Name:      "bare-cas-xadd-by-interface/bare-cas-xadd",
		Doc:       "what two dynamic calls cost beside two atomic operations",
		Excellent: Anything, Allowed: Anything,
		pair: func(e *Env) pair { return pair{a: one(dynamic(new(word))), b: one(new(word).bare)} },
	},
	{
		Name:      "refcount-read/sync.RWMutex",
		Doc:       "against the read lock of the Go library",
		Excellent: AtMost(1.20), Allowed: AtMost(1.40),
		pair: func(e *Env) pair { return pair{a: one(e.RefcountRead()), b: one(rwmutex())} },
	},
	{
		Name: "rwsem-read/refcount-read",
		Doc: "both VMA locks alone on one thread: a large gap would be of the source, not of the design. Above 1 because the rw_semaphore " +
			"reads and stores its owner between the two atomic operations, and is in an RCU section while it unlocks",
		Excellent: Between(0.75, 1.25), Allowed: Between(0.75, 1.35),
		pair: func(e *Env) pair { return pair{a: one(e.RwsemRead()), b: one(e.RefcountRead())} },
	},
	{
		Name:      "refcount-read-2-threads-own-VMAs/1-thread",
		Doc:       "time of each of two threads that share nothing: more than 1 is false sharing",
		Excellent: AtMost(1.03), Allowed: AtMost(1.10), threads: 2,
		pair: func(e *Env) pair {
			v := e.Refcount(2, 10)
			return pair{a: e.bothRead(v, 0, 1), b: one(e.readPairs(refcount.ReadPairs, v, 0))}
		},
	},
	{
		Name:      "refcount-read-2-threads-same-VMA/bare-cas-xadd-same-line",
		Doc:       "what the lock adds to a line that two CPUs fight for",
		Excellent: AtMost(1.35), Allowed: AtMost(1.70), threads: 2,
		pair: func(e *Env) pair {
			w := new(word)
			return pair{a: e.bothRead(e.Refcount(1, 10), 0, 0), b: two(w.bare, w.bare)}
		},
	},
}
