//go:build vmasim

package explore

import (
	"iter"
	"runtime/debug"
	"unsafe"

	"vmabench/vmm"
)

type state uint8

const (
	idle  state = iota // no body in this execution
	live               // runs, or waits to be chosen for its next step
	stuck              // an await whose condition was false: out until the next execution
	ended              // its body has returned
)

// thread is a simulated thread: a coroutine that lives for the whole
// exploration and runs one body per execution.
type thread struct {
	id    int
	name  string
	ident uint64 // the same in all orders of independent steps, unlike id
	task  *vmm.Task
	body  func(*vmm.Task)
	state state
	begun bool    // its body has begun
	next  pending // the announced step

	steps uint16 // executed in this execution
	last  int32  // index of the last one, -1 if none
	born  clock  // what its first step depends on
	sync  clock  // happens-before; its own entry is the epoch of what comes now
	seen  []uint16
	clock int64 // what Now returns

	cond  func() bool // of a stuck thread
	token int32       // location index of the wake-up token
	woken bool        // the token

	resume func() (struct{}, bool)
	stop   func()
	yield  func(struct{}) bool
}

// abort unwinds a body whose execution is over.
type abort struct{}

func (e *engine) newThread(id int) *thread {
	t := &thread{id: id, task: vmm.NewTask()}
	t.resume, t.stop = iter.Pull(func(yield func(struct{}) bool) {
		t.yield = yield
		for {
			e.runBody(t)
			if !yield(struct{}{}) {
				return
			}
		}
	})
	return t
}

// runBody runs t's body to its end, or to the end of the execution.
func (e *engine) runBody(t *thread) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(abort); !ok && e.failed == nil {
				e.setFailed(Panic, "%s: %v\n%s", t.name, r, debug.Stack())
			}
			e.next = nil
		}
		t.state = ended
	}()
	t.begun = true
	t.body(t.task)
	t.state = ended
	if !e.starting && !e.aborting {
		e.next = e.choose(nil)
	}
}

// addThread gives a body a thread for this execution.
func (e *engine) addThread(name string, body func(*vmm.Task)) *thread {
	id := e.nthreads
	if id == maxThreads {
		panic("explore: more than 8 threads, deferred calls included")
	}
	if id == len(e.threads) {
		e.threads = append(e.threads, e.newThread(id))
	}
	e.nthreads++
	t := e.threads[id]
	t.name, t.body, t.state, t.begun = name, body, live, false
	t.steps, t.last, t.born, t.clock = 0, -1, clock{}, 0
	t.ident = uint64(id)
	t.sync = clock{}
	t.sync[id] = 1
	t.seen = t.seen[:0]
	t.cond, t.token, t.woken = nil, -1, false
	t.task.Reset()
	t.task.Stats, t.task.Frame = vmm.LockStats{}, nil
	if e.record != nil {
		e.Name(unsafe.Pointer(&t.task.Task), unsafe.Sizeof(t.task.Task), &t.task.Task, name)
	}
	return t
}

// park gives the coroutine up until t is chosen.
func (e *engine) park(t *thread) {
	t.yield(struct{}{})
	if e.aborting {
		panic(abort{})
	}
}

// dispatch runs the chosen threads one after the other until nobody is.
func (e *engine) dispatch() {
	for e.next != nil {
		e.cur = e.next
		e.cur.resume()
	}
}

// unwind ends every body that has not returned.
func (e *engine) unwind() {
	e.aborting, e.direct = true, true
	for _, t := range e.threads[:e.nthreads] {
		if t.state == live || t.state == stuck {
			if !t.begun {
				t.state = ended
				continue
			}
			e.cur = t
			t.resume()
		}
	}
	e.aborting = false
}
