package rwsem

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"vmabench/internal/atomic"
)

// waitFor polls until cond holds; a minute without it fails the test.
func waitFor(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !cond(); {
		if time.Now().After(end) {
			t.Fatalf("waited a minute for %s", what)
		}
		time.Sleep(100 * time.Microsecond)
	}
}

// A writer spins on readers for a while only, marks them, and queues; the next
// writer does not spin at all; the last reader's wake-up takes the mark off.
func TestSpinOnReadersIsBounded(t *testing.T) {
	procs(t, 2)
	limits(t, handoffAfter, maxReaderBatch, 1<<40) // only the clock ends the spin
	var s RWSem
	r, w1, w2 := newTask(t), newTask(t), newTask(t)
	s.DownRead(r)
	var wg sync.WaitGroup
	write := func(w *atomic.Task) {
		wg.Go(func() {
			s.DownWrite(w)
			s.UpWrite(w)
		})
		waitFor(t, "the writer to queue", func() bool { return !w.OnCPU() })
	}
	write(w1)
	if s.owner.Load()&nonspinnable == 0 {
		t.Error("the spin ended and left no mark")
	}
	write(w2)
	s.UpRead(r)
	wg.Wait()
	if w1.Waits.Spins == 0 {
		t.Error("the first writer did not spin")
	}
	if w2.Waits.Spins != 0 {
		t.Errorf("the second writer spun %d turns on marked readers", w2.Waits.Spins)
	}
	if s.owner.Load() != 0 {
		t.Errorf("owner %#x after the last writer", s.owner.Load())
	}
	checkFree(t, &s)
}

// Nobody spins on a writer that sleeps, nor where there is one CPU.
func TestNoSpin(t *testing.T) {
	for _, tt := range []struct {
		name  string
		procs int
		sleep bool
	}{{"sleeping owner", 2, true}, {"one CPU", 1, false}} {
		t.Run(tt.name, func(t *testing.T) {
			procs(t, tt.procs)
			var s RWSem
			holder, w := newTask(t), newTask(t)
			var wg sync.WaitGroup
			s.DownWrite(holder)
			if tt.sleep {
				wg.Go(holder.Park)
				waitFor(t, "the owner to sleep", func() bool { return !holder.OnCPU() })
			}
			wg.Go(func() {
				s.DownWrite(w)
				s.UpWrite(w)
			})
			waitFor(t, "the writer to queue", func() bool { return !w.OnCPU() })
			s.UpWrite(holder)
			holder.Unpark()
			wg.Wait()
			if w.Waits.Spins != 0 {
				t.Errorf("spun %d turns", w.Waits.Spins)
			}
			checkFree(t, &s)
		})
	}
}

// A spinner whose turns are over gives up, whatever the clock says.
func TestSpinTurnsEnd(t *testing.T) {
	procs(t, 2)
	limits(t, handoffAfter, maxReaderBatch, 40)
	var s RWSem
	holder, w := newTask(t), newTask(t)
	s.DownWrite(holder) // awake, but in no hurry
	var wg sync.WaitGroup
	wg.Go(func() {
		s.DownWrite(w)
		s.UpWrite(w)
	})
	waitFor(t, "the writer to queue", func() bool { return !w.OnCPU() })
	s.UpWrite(holder)
	wg.Wait()
	if w.Waits.Spins == 0 {
		t.Error("did not spin at all")
	}
	checkFree(t, &s)
}

// The spinners' queue is a lock, and stays whole while members leave it in any
// place.
func TestSpinnerQueue(t *testing.T) {
	procs(t, 4)
	var s RWSem
	var inside, got int
	var left int64
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range 6 {
		k := newTask(t)
		wg.Go(func() {
			mine, gone := 0, int64(0)
			for n := range 4000 {
				if !s.osqLock(k, &spin{n * (i + 1) % 50}) {
					gone++
					continue
				}
				if inside++; inside != 1 {
					t.Error("two heads of the spinners' queue")
				}
				if n%16 == 0 {
					runtime.Gosched()
				}
				inside--
				s.osqUnlock(k)
				mine++
			}
			mu.Lock()
			defer mu.Unlock()
			got += mine
			left += gone
		})
	}
	wg.Wait()
	checkFree(t, &s)
	if got == 0 || left == 0 {
		t.Errorf("%d became head and %d left: want some of each", got, left)
	}
}

// join makes t the member after prev, as osqLock does, without waiting.
func join(s *RWSem, t, prev *atomic.Task) {
	s.osq.Store(t.ID())
	t.OSQ.Prev.Store(prev)
	t.OSQ.Locked.Store(0)
	prev.OSQ.Next.Store(t)
}

// Whoever is made the head while it is about to leave stays, and once it has
// been the head it waits its turn like any other.
func TestSpinnerIsHeadBeforeItLeaves(t *testing.T) {
	procs(t, 2)
	var s RWSem
	a, b := newTask(t), newTask(t)
	if !s.osqLock(a, &spin{}) {
		t.Fatal("an empty queue has a head")
	}
	join(&s, b, a)
	s.osqUnlock(a)
	if !s.osqLeave(b) {
		t.Fatal("the head left")
	}
	if s.osqLock(a, &spin{}) {
		t.Fatal("two heads")
	}
	s.osqUnlock(b)
	if !s.osqLock(a, &spin{}) || s.osqLock(b, &spin{}) {
		t.Error("the queue was left in a state in which the wrong one is head")
	}
	s.osqUnlock(a)
	checkFree(t, &s)
}

// A member leaves from the middle: its neighbours are joined.
func TestSpinnerLeavesFromTheMiddle(t *testing.T) {
	procs(t, 4)
	var s RWSem
	a, b, c := newTask(t), newTask(t), newTask(t)
	patient := func() *spin { return &spin{1 << 40} }
	if !s.osqLock(a, patient()) {
		t.Fatal("an empty queue has a head")
	}
	var wg sync.WaitGroup
	leave, left := make(chan bool), make(chan bool)
	join(&s, b, a)
	go func() {
		<-leave
		left <- s.osqLeave(b)
	}()
	wg.Go(func() {
		if !s.osqLock(c, patient()) {
			t.Error("a patient spinner left")
		}
		s.osqUnlock(c)
	})
	waitFor(t, "c to join", func() bool { return b.OSQ.Next.Load() == c })
	leave <- true
	if <-left {
		t.Error("b was made head")
	}
	if a.OSQ.Next.Load() != c || c.OSQ.Prev.Load() != a {
		t.Error("b's neighbours are not joined")
	}
	s.osqUnlock(a)
	wg.Wait()
	checkFree(t, &s)
}
