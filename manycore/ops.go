//go:build vmasim

package manycore

import (
	"unsafe"

	"vmabench/internal/atomic"
)

// opCost returns what the access itself costs, and whether it retires through
// the store buffer.
func (s *Sim) opCost(op atomic.Op, ord atomic.Order) (write bool, cost tick, buffered bool) {
	switch {
	case op == atomic.OpLoad:
		return false, s.cost.loadHit, false
	case op == atomic.OpStore && ord != atomic.SeqCst && s.m.BufferedStores:
		return true, s.cost.storeHit, true
	case op == atomic.OpStore && ord == atomic.Relaxed:
		return true, s.cost.storeHit, true
	}
	return true, s.cost.rmwHit, false
}

// Word performs an integer access.
func (s *Sim) Word(op atomic.Op, ord atomic.Order, p unsafe.Pointer, size uintptr, x, y uint64) (uint64, bool) {
	if s.cur != nil {
		write, cost, buffered := s.opCost(op, ord)
		s.access(p, write, cost, buffered)
	}
	old, _, ok := atomic.Apply(op, p, size, x, y)
	return old, ok
}

// Pointer performs a pointer access.
func (s *Sim) Pointer(op atomic.Op, ord atomic.Order, p *unsafe.Pointer, x, y unsafe.Pointer) (unsafe.Pointer, bool) {
	if s.cur != nil {
		write, cost, buffered := s.opCost(op, ord)
		s.access(unsafe.Pointer(p), write, cost, buffered)
	}
	return atomic.ApplyPointer(op, p, x, y)
}

// Plain charges for an access to plain data; stores are buffered.
func (s *Sim) Plain(p unsafe.Pointer, size uintptr, write bool) {
	if s.cur == nil {
		return
	}
	if write {
		s.access(p, true, s.cost.storeHit, true)
	} else {
		s.access(p, false, s.cost.loadHit, false)
	}
}

// Current returns the running thread's task.
func (s *Sim) Current() *atomic.Task {
	if s.cur == nil {
		return nil
	}
	return s.cur.task
}

// Now returns the running thread's time in nanoseconds.
func (s *Sim) Now() int64 {
	if s.cur == nil {
		return 0
	}
	return int64(s.cur.now / ps)
}

// Work advances the running thread by about ns nanoseconds. The others catch up
// before it next touches what they can see.
func (s *Sim) Work(ns int64) {
	th := s.cur
	if th == nil || ns <= 0 {
		return
	}
	d := float64(ns * ps)
	if s.m.Jitter > 0 {
		d *= 1 + s.m.Jitter*(2*s.rng.Float64()-1)
	}
	d *= s.slowdown(th.cpu)
	th.now += tick(d)
	th.stats.BusyPS += int64(d)
}

// catchUp lets the others run up to th's time, as far as they could see what th
// does now.
func (s *Sim) catchUp(th *thread) {
	if th.now >= s.limit {
		s.wait(th)
	}
}

// pageClear is a page that a thread clears.
type pageClear struct {
	socket int // whose memory it is in
	ns     int64
	done   bool
}

// clearPage keeps the running thread busy for about ns nanoseconds, or for as long as
// the memory of that socket needs to take a page.
func (s *Sim) clearPage(socket int, ns int64) {
	s.cur.clear = pageClear{socket: socket, ns: ns}
	s.do(s.cur, (*Sim).clearing)
}

// clearing is the step of clearPage: in its turn, and to the time of its end.
func (s *Sim) clearing(th *thread) bool {
	c := &th.clear
	if th.now >= s.limit && s.requeue(th) {
		return false
	}
	if c.done {
		return true
	}
	m := &s.memories[c.socket]
	*m = max(*m, th.now) + ticks(pageBytes/s.m.Bandwidth)
	taken := *m
	s.Work(c.ns)
	if th.now < taken {
		th.stats.MissPS += int64(taken - th.now)
		th.now = taken
	}
	c.done = true
	return th.now < s.limit || !s.requeue(th)
}

// Pause is one turn of a bounded spin loop.
func (s *Sim) Pause(t *atomic.Task) {
	if th := s.cur; th != nil {
		s.pause(th)
		s.catchUp(th)
	}
}

func (s *Sim) pause(th *thread) {
	th.now += s.cost.pause
	th.stats.BusyPS += int64(s.cost.pause)
}

// Yield offers the CPU to another thread that waits for it.
func (s *Sim) Yield() {
	th := s.cur
	if th == nil {
		return
	}
	s.pause(th)
	if len(s.cpus[th.cpu].waiting) > 0 {
		th.sliceEnd = th.now
	}
	s.wait(th)
}

// Until waits for cond without simulating each turn: the thread sleeps in
// front of its cached copies until one of them is taken away.
func (s *Sim) Until(t *atomic.Task, cond func() bool) {
	for {
		th := s.cur
		if th == nil {
			if cond() {
				return
			}
			panic("manycore: nobody can make the awaited condition true")
		}
		if th.eval(cond) {
			return
		}
		t.Waits.Spins++
		s.watch(th)
	}
}

// Park sleeps until a token is there, at most ns nanoseconds if ns > 0.
func (s *Sim) Park(t *atomic.Task, ns int64) bool {
	th := s.cur
	if th.token {
		th.token = false
		return true
	}
	th.now += s.cost.park
	th.stats.BusyPS += int64(s.cost.park)
	s.wait(th)
	if th.token {
		th.token = false
		return true
	}
	th.asleep = th.now
	th.parked, th.timed = true, false
	s.leaveCPU(th)
	if ns > 0 {
		th.now += tick(ns) * ps
		s.ready.push(th)
	}
	s.block(th)
	th.stats.SleepPS += int64(th.now - th.asleep)
	if th.timed {
		return false
	}
	th.token = false
	return true
}

// expire ends a bounded Park whose time is over.
func (s *Sim) expire(th *thread) {
	th.parked, th.timed = false, true
	s.enqueue(th)
}

// Unpark leaves a token for t and wakes it.
func (s *Sim) Unpark(t *atomic.Task) {
	th := s.byTask[t]
	if th == nil {
		return // not simulated: set-up code
	}
	if s.cur != nil {
		s.catchUp(s.cur)
	}
	at := th.now
	if s.cur != nil {
		if th.parked {
			s.cur.now += s.cost.unpark
			s.cur.stats.BusyPS += int64(s.cost.unpark)
		}
		at = s.cur.now
	}
	th.token = true
	if !th.parked {
		return
	}
	if th.queued {
		s.ready.remove(th)
	}
	th.parked = false
	th.now = max(at, th.asleep) + s.cost.wake
	s.enqueue(th)
	s.setLimit()
}

// Assert ends the run: a lock that breaks its invariant has no performance.
func (s *Sim) Assert(msg string) { panic("manycore: assertion failed: " + msg) }

// Free and Reuse do not change what memory costs.
func (s *Sim) Free(p unsafe.Pointer, size uintptr)  {}
func (s *Sim) Reuse(p unsafe.Pointer, size uintptr) {}

// Name remembers an object for the explanation of lines.
func (s *Sim) Name(p unsafe.Pointer, size uintptr, typ any, name string) {
	s.names = append(s.names, named{uintptr(p), size, typ, name})
}

// Kind is Name for objects of which there are many.
func (s *Sim) Kind(p unsafe.Pointer, size uintptr, typ any, kind string) {
	s.names = append(s.names, named{uintptr(p), size, typ, kind})
}
