//go:build vmasim

package atomic

import (
	"runtime"
	"time"
	"unsafe"
)

func (t *Task) initToken() {
	if t.token == nil {
		t.token = make(chan struct{}, 1)
	}
}

// Reset makes t a task that has done nothing, between two executions of an
// engine that uses its tasks again.
func (t *Task) Reset() {
	id, token := t.id, t.token
	*t = Task{id: id, token: token}
}

// holdsPreemption tells an engine with a method Preemption by how much the running
// thread's number of spin locks changes: who waits for one or holds one keeps its
// CPU, as in the kernel.
func holdsPreemption(d int) {
	if e, ok := engine.(interface{ Preemption(int) }); ok {
		e.Preemption(d)
	}
}

// lockInOneStep takes a spin lock by an engine that knows how to.
func lockInOneStep(t *Task, v *Uint32) bool {
	if e, ok := engine.(interface{ SpinLock(*Task, unsafe.Pointer) }); ok {
		e.SpinLock(t, unsafe.Pointer(&v.v))
		return true
	}
	return false
}

// unlockInOneStep releases one by an engine that has its own way.
func unlockInOneStep(v *Uint32) bool {
	if e, ok := engine.(interface{ SpinUnlock(unsafe.Pointer) }); ok {
		e.SpinUnlock(unsafe.Pointer(&v.v))
		return true
	}
	return false
}

// Park sleeps until a token is there and takes it; it may return without
// cause: callers loop.
func (t *Task) Park() {
	t.Waits.Parks++
	t.parked.Store(1)
	if e := engine; e != nil {
		e.Park(t, 0)
	} else {
		<-t.token
	}
	t.parked.Store(0)
}

// ParkTimeout is Park with a bound; it reports whether a token came.
func (t *Task) ParkTimeout(ns int64) (woken bool) {
	t.Waits.Parks++
	t.parked.Store(1)
	defer t.parked.Store(0)
	if e := engine; e != nil {
		return e.Park(t, ns)
	}
	select {
	case <-t.token:
		return true
	case <-time.After(time.Duration(ns)):
		return false
	}
}

// Unpark leaves a token for t and wakes it if it sleeps; false if a token was
// there already (an engine does not say).
func (t *Task) Unpark() bool {
	if e := engine; e != nil {
		e.Unpark(t)
		return true
	}
	select {
	case t.token <- struct{}{}:
		return true
	default:
		return false
	}
}

var clockBase = time.Now()

// Now returns the machine's clock in nanoseconds: simulated inside an engine.
func Now() int64 {
	if e := engine; e != nil {
		return e.Now()
	}
	return int64(time.Since(clockBase))
}

// Work keeps the task's CPU busy for about ns nanoseconds.
func Work(ns int64) {
	if e := engine; e != nil {
		e.Work(ns)
		return
	}
	for end := Now() + ns; Now() < end; {
	}
}

// Pause is one turn of a bounded waiting loop.
func Pause(t *Task) {
	t.Waits.Spins++
	if e := engine; e != nil {
		e.Pause(t)
		return
	}
	runtime.Gosched()
}

// AwaitSet waits until x is not 0, at most that many turns of Pause; it returns how
// many were left and whether x is. Acquire, where it is. An engine with a method Poll
// takes the turns itself.
func AwaitSet(t *Task, x *Uint32, turns int) (left int, set bool) {
	if e, ok := engine.(interface {
		Poll(*Task, unsafe.Pointer, int) (int, bool)
	}); ok {
		return e.Poll(t, unsafe.Pointer(&x.v), turns)
	}
	for LoadAcquire32(x) == 0 {
		if turns <= 0 {
			return turns, false
		}
		turns--
		Pause(t)
	}
	return turns, true
}

// Turns returns how many turns a waiting loop may take that would give up after
// n. An engine with a method Turns(int) int says so itself: each turn more is
// another interleaving.
func Turns(n int) int {
	if e, ok := engine.(interface{ Turns(int) int }); ok {
		return e.Turns(n)
	}
	return n
}

// Yield lets another thread have this CPU.
func Yield() {
	if e := engine; e != nil {
		e.Yield()
		return
	}
	runtime.Gosched()
}

// Until waits until cond holds; cond may only read shared memory.
func Until(t *Task, cond func() bool) {
	if e := engine; e != nil {
		e.Until(t, cond)
		return
	}
	for !cond() {
		t.Waits.Spins++
		runtime.Gosched()
	}
}

func engineCPUs() int {
	switch e := engine.(type) {
	case nil:
		return 0
	case interface{ CPUs() int }:
		return e.CPUs()
	}
	return MaxTasks
}

// OwnThread says that the task's goroutine is locked to its thread, which means
// nothing here: the engine parks and wakes every task.
func (t *Task) OwnThread() {}
