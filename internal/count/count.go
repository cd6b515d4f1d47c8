//go:build vmasim

package count

import (
	"iter"
	"unsafe"

	"vmabench/internal/atomic"
)

// Counts are the accesses of an operation.
type Counts struct {
	CAS, Add      int // read-modify-writes: exchanges that compare, all others
	Failed        int // of CAS: comparisons that did not hold
	Loads, Stores int // atomic ones
	Reads, Writes int // of plain data
	Lines, Dirty  int // 64-byte lines touched, and of those written
}

// RMW returns the read-modify-writes.
func (c Counts) RMW() int { return c.CAS + c.Add }

// Engine counts. It implements atomic.Engine for one thread, and others that
// run while the first lets them.
type Engine struct {
	on     bool
	c      Counts
	lines  map[uintptr]bool // by line: written
	before func()           // runs once, before the next atomic write that is counted
	tokens map[*atomic.Task]bool
	yield  func(struct{}) bool // of the coroutine that runs, nil for the first thread
}

const line = 64

// Run runs f with accesses counted where it asks.
func Run(f func(e *Engine)) {
	e := &Engine{tokens: map[*atomic.Task]bool{}}
	atomic.Run(e, func() { f(e) })
}

// Of returns what f costs. If before is not nil it is somebody else's doing:
// it runs ahead of f's first atomic write, uncounted.
func (e *Engine) Of(f, before func()) Counts {
	e.c, e.lines, e.before, e.on = Counts{}, map[uintptr]bool{}, before, true
	f()
	e.on, e.before = false, nil
	e.c.Lines = len(e.lines)
	for _, dirty := range e.lines {
		if dirty {
			e.c.Dirty++
		}
	}
	return e.c
}

// Go starts f as another thread and runs it until it waits or ends. The
// function returned goes on with it, and reports whether it still waits.
func (e *Engine) Go(f func()) (resume func() bool) {
	next, _ := iter.Pull(func(yield func(struct{}) bool) {
		e.yield = yield
		f()
	})
	var self func(struct{}) bool
	resume = func() bool {
		on, outer := e.on, e.yield
		e.on, e.yield = false, self
		_, waits := next()
		self = e.yield
		e.on, e.yield = on, outer
		return waits
	}
	resume()
	return resume
}

// wait gives the CPU back.
func (e *Engine) wait() {
	if e.yield == nil {
		panic("count: the only thread waits")
	}
	e.yield(struct{}{})
}

func (e *Engine) touch(p unsafe.Pointer, write bool) {
	l := uintptr(p) / line
	e.lines[l] = e.lines[l] || write
}

func (e *Engine) see(op atomic.Op, p unsafe.Pointer) {
	if !e.on {
		return
	}
	if f := e.before; f != nil && op.Writes() {
		e.before, e.on = nil, false
		f()
		e.on = true
	}
	e.touch(p, op.Writes())
	switch {
	case op == atomic.OpCAS:
		e.c.CAS++
	case op.RMW():
		e.c.Add++
	case op == atomic.OpStore:
		e.c.Stores++
	default:
		e.c.Loads++
	}
}

// Word performs an access to an integer.
func (e *Engine) Word(op atomic.Op, _ atomic.Order, p unsafe.Pointer, size uintptr, x, y uint64) (uint64, bool) {
	e.see(op, p)
	old, _, ok := atomic.Apply(op, p, size, x, y)
	if e.on && !ok {
		e.c.Failed++
	}
	return old, ok
}

// Pointer performs an access to a pointer variable.
func (e *Engine) Pointer(op atomic.Op, _ atomic.Order, p *unsafe.Pointer, x, y unsafe.Pointer) (unsafe.Pointer, bool) {
	e.see(op, unsafe.Pointer(p))
	old, ok := atomic.ApplyPointer(op, p, x, y)
	if e.on && !ok {
		e.c.Failed++
	}
	return old, ok
}

// Plain counts an access to plain data.
func (e *Engine) Plain(p unsafe.Pointer, _ uintptr, write bool) {
	if !e.on {
		return
	}
	e.touch(p, write)
	if write {
		e.c.Writes++
	} else {
		e.c.Reads++
	}
}

// Park waits for a token.
func (e *Engine) Park(t *atomic.Task, _ int64) bool {
	for !e.tokens[t] {
		e.wait()
	}
	e.tokens[t] = false
	return true
}

// Unpark leaves a token.
func (e *Engine) Unpark(t *atomic.Task) { e.tokens[t] = true }

// Until waits for cond.
func (e *Engine) Until(_ *atomic.Task, cond func() bool) {
	for !cond() {
		e.wait()
	}
}

// CPUs is 1: nobody waits awake.
func (e *Engine) CPUs() int { return 1 }

// RCUDefer runs the call at once and counts it: it is work that the operation
// makes.
func (e *Engine) RCUDefer(_ *atomic.RCU, t *atomic.Task, run func(*atomic.Task, any), arg any) {
	run(t, arg)
}

// Assert fails.
func (e *Engine) Assert(msg string) { panic("assertion failed: " + msg) }

func (e *Engine) Current() *atomic.Task                     { return nil }
func (e *Engine) Pause(*atomic.Task)                        {}
func (e *Engine) Yield()                                    {}
func (e *Engine) Now() int64                                { return 0 }
func (e *Engine) Work(int64)                                {}
func (e *Engine) Free(unsafe.Pointer, uintptr)              {}
func (e *Engine) Reuse(unsafe.Pointer, uintptr)             {}
func (e *Engine) Name(unsafe.Pointer, uintptr, any, string) {}
func (e *Engine) RCULock(*atomic.RCU, *atomic.Task)         {}
func (e *Engine) RCUUnlock(*atomic.RCU, *atomic.Task)       {}
func (e *Engine) RCUSynchronize(*atomic.RCU, *atomic.Task)  {}
