package rwsem

import (
	"runtime"
	"testing"

	"vmabench/internal/atomic"
)

func newTask(tb testing.TB) *atomic.Task {
	t := new(atomic.Task)
	t.Init()
	tb.Cleanup(t.Release)
	return t
}

// procs sets GOMAXPROCS for the test, and with it what new tasks make of
// CPUs(): with 1 nobody spins, and who was woken runs only when the test's
// goroutine blocks.
func procs(tb testing.TB, n int) {
	old := runtime.GOMAXPROCS(n)
	tb.Cleanup(func() { runtime.GOMAXPROCS(old) })
}

// limits sets the package's limits for the test.
func limits(tb testing.TB, handoff int64, batch, turns int) {
	h, b, s := handoffAfter, maxReaderBatch, spinTurns
	tb.Cleanup(func() { handoffAfter, maxReaderBatch, spinTurns = h, b, s })
	handoffAfter, maxReaderBatch, spinTurns = handoff, batch, turns
}

// checkFree fails the test if s is not as a zero RWSem but for owner, a hint.
func checkFree(tb testing.TB, s *RWSem) {
	tb.Helper()
	if c := s.count.Load(); c != 0 {
		tb.Errorf("count is %#x when nobody has the lock or wants it", c)
	}
	if !s.waiters.empty() || s.osq.Load() != 0 || s.waitLock.Locked() {
		tb.Error("somebody is still queued when nobody wants the lock")
	}
}

// actor is a task with a goroutine of its own that does one thing at a time,
// for tests in a synctest bubble.
type actor struct {
	*atomic.Task
	do   chan func()
	busy bool // in an operation; read after synctest.Wait
	err  error
}

func newActor(tb testing.TB) *actor {
	a := &actor{Task: newTask(tb), do: make(chan func())}
	go func() {
		for f := range a.do {
			f()
			a.busy = false
		}
	}()
	tb.Cleanup(func() { close(a.do) })
	return a
}

func newActors(tb testing.TB, n int) []*actor {
	as := make([]*actor, n)
	for i := range as {
		as[i] = newActor(tb)
	}
	return as
}

// start lets a begin f; the caller waits by synctest.Wait.
func (a *actor) start(f func()) {
	a.busy = true
	a.do <- f
}

func (a *actor) downRead(s *RWSem)  { a.start(func() { s.DownRead(a.Task) }) }
func (a *actor) downWrite(s *RWSem) { a.start(func() { s.DownWrite(a.Task) }) }

func (a *actor) downReadKillable(s *RWSem) {
	a.start(func() { a.err = s.DownReadKillable(a.Task) })
}

func (a *actor) downWriteKillable(s *RWSem) {
	a.start(func() { a.err = s.DownWriteKillable(a.Task) })
}
