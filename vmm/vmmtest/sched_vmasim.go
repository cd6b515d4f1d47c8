//go:build vmasim

package vmmtest

import (
	"fmt"
	"iter"
	"reflect"
	"sort"
	"strings"
	"unsafe"

	"vmabench/internal/atomic"
	"vmabench/vmm"
)

// sched is a small atomic.Engine for tests that need one particular moment: a
// thread runs until a chosen access and stops in front of it, then another
// runs, and so on. Nothing is explored; every step is the test's.
//
// The controller (the function given to simulate) may itself perform
// operations, which never stop; one that would block is the test's mistake.
type sched struct {
	threads  []*simThread
	cur      *simThread // nil: the controller
	quiet    bool       // accesses of a watcher are its own business
	clock    int64
	objects  []object // by address
	watch    func(access)
	asserts  []string // texts of failed assertions
	sections map[*atomic.Task]uint64
	section  uint64 // numbers RCU sections
	deferred []grace
	tokens   map[*atomic.Task]bool
}

// simThread is a coroutine with the life of a Task.
type simThread struct {
	name  string
	task  *vmm.Task
	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool
	until func(access) bool // stops before the first access that it accepts
	wait  func() bool       // what it is blocked on, nil if it can run
	done  bool
	panic any
}

// access is one access to shared memory, before it happens.
type access struct {
	thread *simThread
	op     atomic.Op
	word   bool // an atomic's, or a look at a cell that is checked afterwards
	p      unsafe.Pointer
	in     *sched
}

// object returns what lies at the address and the name of the field, such as
// refcnt or rest.Pgoff; nil if nobody named it.
func (a access) object() (*object, string) { return a.in.find(a.p) }

type object struct {
	at         unsafe.Pointer // keeps it where it is
	base, size uintptr
	typ        reflect.Type
	name       string
}

// isVMA reports whether o is a VMA or a VMA's lock object.
func (o *object) isVMA() bool {
	return strings.HasPrefix(o.name, "vma") || strings.HasPrefix(o.name, "vm_lock")
}

// grace is a deferred call and the sections it waits for.
type grace struct {
	open map[*atomic.Task]uint64
	run  func(*atomic.Task, any)
	arg  any
}

// simulate runs control with a new scheduler as the engine, and ends what
// threads remain.
func simulate(control func(s *sched)) {
	s := &sched{sections: map[*atomic.Task]uint64{}, tokens: map[*atomic.Task]bool{}}
	atomic.Run(s, func() {
		defer func() {
			for _, th := range s.threads {
				th.stop()
				th.task.Release()
			}
		}()
		control(s)
	})
}

// thread makes a thread that will run body. It starts with the first run.
func (s *sched) thread(name string, body func(t *vmm.Task)) *simThread {
	th := &simThread{name: name, task: vmm.NewTask()}
	th.next, th.stop = iter.Pull(func(yield func(struct{}) bool) {
		th.yield = yield
		defer func() { th.done, th.panic = true, recover() }()
		body(th.task)
	})
	s.threads = append(s.threads, th)
	return th
}

// state is how a run ended.
type state string

const (
	ended   state = "ended"   // the body has returned
	stopped state = "stopped" // in front of the chosen access
	blocked state = "blocked" // asleep, or awaiting what is not so
)

// killedThread unwinds a thread that is ended from outside.
type killedThread struct{}

// run lets th run until it ends or blocks.
func (s *sched) run(th *simThread) state { return s.runUntil(th, nil) }

// runUntil lets th run until in front of an access that until accepts.
func (s *sched) runUntil(th *simThread, until func(access) bool) state {
	if th.done {
		return ended
	}
	th.until = until
	for {
		if th.wait != nil && !th.wait() {
			return blocked
		}
		th.wait = nil
		was := s.cur
		s.cur = th
		th.next()
		s.cur = was
		switch {
		case th.done:
			if _, own := th.panic.(killedThread); th.panic != nil && !own {
				panic(fmt.Sprintf("%s: %v", th.name, th.panic))
			}
			return ended
		case th.wait == nil:
			return stopped
		}
	}
}

// block suspends the running thread until cond holds; the controller cannot.
func (s *sched) block(cond func() bool) {
	if s.cur == nil {
		panic("vmmtest: the controller of a simulation would block")
	}
	s.cur.wait = cond
	s.suspend()
}

// pause stops the running thread where it is.
func (s *sched) pause() { s.suspend() }

func (s *sched) suspend() {
	if th := s.cur; !th.yield(struct{}{}) {
		panic(killedThread{})
	}
}

// before is told of every access and stops the thread where it is to stop.
func (s *sched) before(a access) {
	s.clock += 10
	if s.quiet || s.cur == nil && s.watch == nil {
		return
	}
	a.thread, a.in = s.cur, s
	if s.watch != nil {
		s.quiet = true
		s.watch(a)
		s.quiet = false
	}
	if th := s.cur; th != nil && th.until != nil && th.until(a) {
		th.until = nil
		s.suspend()
	}
}

// find returns the object at p and the field's name.
func (s *sched) find(p unsafe.Pointer) (*object, string) {
	a := uintptr(p)
	i := sort.Search(len(s.objects), func(i int) bool { return s.objects[i].base > a }) - 1
	if i < 0 || a >= s.objects[i].base+s.objects[i].size {
		return nil, ""
	}
	o := &s.objects[i]
	return o, fieldAt(o.typ, a-o.base)
}

// fieldAt names the field of t at an offset: rest.Pgoff, refcnt. The private
// insides of the door's types are left out.
func fieldAt(t reflect.Type, off uintptr) string {
	name := ""
	for t.Kind() == reflect.Struct && t.PkgPath() != "vmabench/internal/atomic" {
		var f reflect.StructField
		for i := range t.NumField() {
			g := t.Field(i)
			if g.Offset <= off && off < g.Offset+g.Type.Size() {
				f = g
			}
		}
		if f.Type == nil {
			break
		}
		if !f.Anonymous {
			name += "." + f.Name
		}
		t, off = f.Type, off-f.Offset
	}
	if name == "" {
		return ""
	}
	return name[1:]
}

// The methods of atomic.Engine.

func (s *sched) Word(op atomic.Op, _ atomic.Order, p unsafe.Pointer, size uintptr, x, y uint64) (uint64, bool) {
	s.before(access{op: op, word: true, p: p})
	old, _, ok := atomic.Apply(op, p, size, x, y)
	return old, ok
}

func (s *sched) Pointer(op atomic.Op, _ atomic.Order, p *unsafe.Pointer, x, y unsafe.Pointer) (unsafe.Pointer, bool) {
	s.before(access{op: op, p: unsafe.Pointer(p)})
	return atomic.ApplyPointer(op, p, x, y)
}

func (s *sched) Plain(p unsafe.Pointer, _ uintptr, write bool) {
	op := atomic.OpLoad
	if write {
		op = atomic.OpStore
	}
	s.before(access{op: op, p: p})
}

func (s *sched) Current() *atomic.Task {
	if s.cur == nil {
		return nil
	}
	return &s.cur.task.Task
}

func (s *sched) Park(t *atomic.Task, ns int64) bool {
	if !s.tokens[t] {
		if ns > 0 {
			s.clock += ns
			return false
		}
		s.block(func() bool { return s.tokens[t] })
	}
	s.tokens[t] = false
	return true
}

func (s *sched) Unpark(t *atomic.Task) { s.tokens[t] = true }

func (s *sched) Until(_ *atomic.Task, cond func() bool) {
	if !cond() {
		s.block(func() bool {
			defer func(was bool) { s.quiet = was }(s.quiet)
			s.quiet = true
			return cond()
		})
	}
}

func (s *sched) Pause(*atomic.Task)            { s.clock += 100 }
func (s *sched) Turns(n int) int               { return min(n, 8) }
func (s *sched) Yield()                        {}
func (s *sched) Now() int64                    { return s.clock }
func (s *sched) Work(ns int64)                 { s.clock += ns }
func (s *sched) Assert(msg string)             { s.asserts = append(s.asserts, msg) }
func (s *sched) Free(unsafe.Pointer, uintptr)  {}
func (s *sched) Reuse(unsafe.Pointer, uintptr) {}

func (s *sched) Name(p unsafe.Pointer, size uintptr, typ any, name string) {
	o := object{p, uintptr(p), size, reflect.TypeOf(typ).Elem(), name}
	i := sort.Search(len(s.objects), func(i int) bool { return s.objects[i].base >= o.base })
	if i < len(s.objects) && s.objects[i].base == o.base {
		s.objects[i] = o
		return
	}
	s.objects = append(s.objects[:i], append([]object{o}, s.objects[i:]...)...)
}

func (s *sched) RCULock(_ *atomic.RCU, t *atomic.Task) {
	s.section++
	s.sections[t] = s.section
}

func (s *sched) RCUUnlock(_ *atomic.RCU, t *atomic.Task) {
	delete(s.sections, t)
	s.reap(t)
}

func (s *sched) RCUDefer(_ *atomic.RCU, t *atomic.Task, run func(*atomic.Task, any), arg any) {
	open := map[*atomic.Task]uint64{}
	for u, n := range s.sections {
		open[u] = n
	}
	s.deferred = append(s.deferred, grace{open, run, arg})
	s.reap(t)
}

func (s *sched) RCUSynchronize(_ *atomic.RCU, t *atomic.Task) {
	idle := func() bool { s.reap(t); return len(s.deferred) == 0 }
	if !idle() {
		s.block(idle)
	}
}

// reap runs the deferred calls whose sections have all been left.
func (s *sched) reap(t *atomic.Task) {
	for i := 0; i < len(s.deferred); {
		d := s.deferred[i]
		over := true
		for u, n := range d.open {
			over = over && s.sections[u] != n
		}
		if !over {
			i++
			continue
		}
		s.deferred = append(s.deferred[:i], s.deferred[i+1:]...)
		d.run(t, d.arg)
	}
}
