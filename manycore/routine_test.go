//go:build vmasim

package manycore

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"vmabench/internal/atomic"
)

// TestPoll: the turns that the scheduler takes of a spin are those that the thread
// would have taken, one by one.
func TestPoll(t *testing.T) {
	times := func(await func(t *atomic.Task, x *atomic.Uint32, turns int) (int, bool)) (out []int64) {
		var words [8]struct {
			v atomic.Uint32
			_ [124]byte
		}
		s, err := Threads(testMachine(8), 1, 8, func(i int, k *atomic.Task) {
			for round := range uint32(20) {
				atomic.Work(int64(100 + 37*i))
				left, set := await(k, &words[i].v, 5*i)
				words[(i+1)%8].v.Store(round % 3)
				out = append(out, int64(i), int64(left), atomic.Now())
				if set {
					out = append(out, int64(k.Waits.Spins))
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, th := range s.threads {
			out = append(out, th.stats.Accesses, th.stats.Misses, th.stats.BusyPS, th.stats.MissPS)
		}
		return out
	}
	byTurns := times(func(t *atomic.Task, x *atomic.Uint32, turns int) (int, bool) {
		for atomic.LoadAcquire32(x) == 0 {
			if turns <= 0 {
				return turns, false
			}
			turns--
			atomic.Pause(t)
		}
		return turns, true
	})
	if got := times(atomic.AwaitSet); !slices.Equal(got, byTurns) {
		t.Errorf("polled:\n%v\nturn by turn:\n%v", got, byTurns)
	}
}

// TestNoGoroutineLeft: threads hand over to each other in any order, and all of
// their goroutines end.
func TestNoGoroutineLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	var c atomic.Uint64
	run(t, testMachine(64), 64, func(i int) {
		for j := range 50 {
			c.Add(1)
			atomic.Work(int64(i*j%97 + 1))
		}
	})
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines before, %d after", before, runtime.NumGoroutine())
}

// TestPanic: what called Run panics in the place of a thread that does.
func TestPanic(t *testing.T) {
	defer func() {
		if got := recover(); got != "broken" {
			t.Errorf("recovered %v", got)
		}
	}()
	run(t, testMachine(4), 4, func(i int) {
		atomic.Work(int64(10 * (i + 1)))
		if i == 2 {
			panic("broken")
		}
		atomic.Yield()
		atomic.Work(1000)
	})
}
