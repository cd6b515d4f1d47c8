//go:build vmasim

package explore

import (
	"unsafe"

	"vmabench/internal/atomic"
	"vmabench/vmm"
)

// kind is what a step does to the scheduler's view of the world.
type kind uint8

const (
	kLocal   kind = iota // no shared memory: a choice that the thread makes alone
	kRead                // a load
	kWrite               // a store or RMW
	kCAS                 // a write if its comparison holds, else a read
	kLock                // SpinLock.Lock: waits for 0, writes 1
	kPark                // waits for the token, takes it
	kTimed               // Park that may time out: takes the token if it is there
	kUnpark              // leaves a token
	kSection             // RCU Lock or Unlock: these commute
	kReturn              // a deferred call was announced, or has returned: these commute
	kDefer               // RCU Defer: looks at the open sections; commutes with kDefer, kGrace
	kGrace               // waits for the sections or returns that a Defer saw
	kPlain               // a plain write, where Options.Peeks makes it a step
)

// pending is a step that a thread has announced.
type pending struct {
	kind kind
	op   atomic.Op
	ord  atomic.Order
	ptr  bool
	loc  int32
	size uintptr
	p    unsafe.Pointer
	x, y uint64
	px   unsafe.Pointer
	py   unsafe.Pointer
	of   *thread // the task of kPark, kUnpark
	wait *grace  // what kGrace waits for
	n    int     // alternatives of kLocal
}

// engine explores a scenario. It implements atomic.Engine.
type engine struct {
	opt      Options
	threads  []*thread
	nthreads int
	mem      memory
	domains  []*domain

	nodes []node // the path: one node per step
	depth int    // steps executed in this execution
	fresh int    // first step that no earlier execution computed

	cur, next *thread
	starting  bool // bodies run to their first step
	aborting  bool // bodies unwind
	direct    bool // set-up, checks and unwinding: accesses are not steps
	capped    bool // every thread that could run sleeps: seen before
	guide     []choice
	guideAt   int
	rand      *randomWalk

	awaits   bool // ended with an await whose condition held by then
	scenario func(*S)
	mainTask *vmm.Task

	failed *Failure
	names  []named
	record *recorder
	s      S

	byID  []*thread // by Task ID
	cands []int32
	res   *Result
}

// Word performs an access to an integer.
func (e *engine) Word(op atomic.Op, ord atomic.Order, p unsafe.Pointer, size uintptr, x, y uint64) (uint64, bool) {
	if e.direct {
		old, _, ok := atomic.Apply(op, p, size, x, y)
		return old, ok
	}
	t := e.cur
	a := &t.next
	a.kind, a.op, a.ord, a.ptr = kindOf(op), op, ord, false
	a.loc, a.size, a.p = e.mem.locate(p, size), size, p
	a.x, a.y = x, y
	e.await(t)
	return e.access(t)
}

func kindOf(op atomic.Op) kind {
	switch op {
	case atomic.OpLoad:
		return kRead
	case atomic.OpCAS:
		return kCAS
	}
	return kWrite
}

// Pointer performs an access to a pointer variable.
func (e *engine) Pointer(op atomic.Op, ord atomic.Order, p *unsafe.Pointer, x, y unsafe.Pointer) (unsafe.Pointer, bool) {
	if e.direct {
		return atomic.ApplyPointer(op, p, x, y)
	}
	t := e.cur
	a := &t.next
	a.kind, a.op, a.ord, a.ptr = kindOf(op), op, ord, true
	a.loc, a.size, a.p = e.mem.locate(unsafe.Pointer(p), 8), 8, unsafe.Pointer(p)
	a.px, a.py = x, y
	e.await(t)
	return e.accessPointer(t)
}

// SpinLock takes a spin lock in one step, which is enabled while it is free.
// That a spinner saw it held before tells it nothing.
func (e *engine) SpinLock(_ *atomic.Task, p unsafe.Pointer) {
	if e.direct {
		if old, _, ok := atomic.Apply(atomic.OpCAS, p, 4, 0, 1); !ok {
			e.failf(Deadlock, "set-up or check waits for a spin lock (%d)", old)
		}
		return
	}
	t := e.cur
	a := &t.next
	a.kind, a.op, a.ord, a.ptr = kLock, atomic.OpCAS, atomic.Acquire, false
	a.loc, a.size, a.p = e.mem.locate(p, 4), 4, p
	a.x, a.y = 0, 1
	e.await(t)
	e.access(t)
}

// Current returns the running thread's task.
func (e *engine) Current() *atomic.Task {
	if e.cur == nil || e.direct {
		return nil
	}
	return &e.cur.task.Task
}

// Park waits for t's token. Without Options.Timeouts a bounded Park never
// times out.
func (e *engine) Park(task *atomic.Task, ns int64) bool {
	t := e.cur
	if e.direct {
		if e.aborting {
			panic(abort{})
		}
		e.failf(Deadlock, "set-up or check sleeps")
	}
	if e.inSection(t) {
		e.failf(Assertion, "%s sleeps inside an RCU read section", t.name)
	}
	k := kPark
	if ns > 0 && e.opt.Timeouts {
		k = kTimed
	}
	e.announce(t, k, e.tokenOf(t))
	t.next.of = t
	e.await(t)
	ok := t.woken
	t.woken = false
	d := e.begin(t, true)
	e.nodes[d].before = b2u(ok)
	e.acquire(t, &e.mem.locs[t.token])
	e.end(t, d)
	return ok
}

// Unpark leaves a token for task.
func (e *engine) Unpark(task *atomic.Task) {
	if e.direct {
		return
	}
	t, of := e.cur, e.byID[task.ID()]
	e.announce(t, kUnpark, e.tokenOf(of))
	t.next.of = of
	e.await(t)
	d := e.begin(t, true)
	e.nodes[d].before = b2u(of.woken)
	of.woken = true
	e.release(t, &e.mem.locs[of.token])
	e.end(t, d)
}

func b2u(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// tokenOf returns the location that stands for t's token.
func (e *engine) tokenOf(t *thread) int32 {
	if t.token < 0 {
		t.token = e.mem.locate(unsafe.Pointer(t), 1)
	}
	return t.token
}

// Pause is nothing: in which order others run meanwhile is explored anyway.
func (e *engine) Pause(*atomic.Task) {}

// Yield is nothing, for the same reason.
func (e *engine) Yield() {}

// Work is nothing: time does not order steps here.
func (e *engine) Work(int64) {}

// Until runs cond once. If it is false the thread is out for the rest of this
// execution: looking again later is another interleaving, which is reached by
// reversing the race between cond's loads and the store that it waits for.
func (e *engine) Until(_ *atomic.Task, cond func() bool) {
	if e.aborting {
		panic(abort{})
	}
	if cond() {
		return
	}
	if e.direct {
		e.failf(Deadlock, "set-up or check waits")
	}
	t := e.cur
	t.cond, t.state = cond, stuck
	e.next = e.choose(nil)
	e.park(t)
}

// patience is more than any deadline of the locks, in nanoseconds.
const patience = 1e9

// Now is a clock of the thread's own. With Options.Clocks each look may find
// that every deadline has passed.
func (e *engine) Now() int64 {
	if e.direct {
		return 0
	}
	t := e.cur
	if e.opt.Clocks && e.alternatives(t, 2) == 1 {
		t.clock += patience
	}
	return t.clock
}

// alternatives explores a choice of n that t makes alone.
func (e *engine) alternatives(t *thread, n int) int {
	e.announce(t, kLocal, -1)
	t.next.n = n
	e.await(t)
	d := e.begin(t, false)
	e.nodes[d].choices = uint8(n)
	e.end(t, d)
	return int(e.nodes[d].choice)
}

func (e *engine) announce(t *thread, k kind, loc int32) {
	a := &t.next
	a.kind, a.loc, a.p, a.ptr = k, loc, nil, false
	a.op = atomic.OpLoad
}

// CPUs says whether waiting awake is worth while.
func (e *engine) CPUs() int {
	if e.opt.Spin {
		return maxThreads
	}
	return 1
}

// Turns is the patience of a loop that waits awake: a second turn shows what any
// later one would, and each is another interleaving.
func (e *engine) Turns(n int) int { return min(n, 2) }

// Assert ends the execution.
func (e *engine) Assert(msg string) {
	if e.direct {
		e.failf(Assertion, "%s", msg)
	}
	e.failf(Assertion, "%s: %s", e.cur.name, msg)
}
