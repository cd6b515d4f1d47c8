package harness

import (
	"fmt"
	"runtime"
	"time"

	"vmabench/vmm"
	"vmabench/workload"
)

// Pin binds the calling thread, to which its goroutine must be locked, to a CPU.
func Pin(cpu int) error { return pin(cpu) }

// Realtime gives the calling thread a real-time priority.
func Realtime() error { return realtime() }

// RealtimePermitted tries Realtime on a thread of its own, which ends then: an
// error says why slices cannot be real-time.
func RealtimePermitted() error {
	got := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked
		got <- realtime()
	}()
	if err := <-got; err != nil {
		return fmt.Errorf("no real-time scheduling: %w", err)
	}
	return nil
}

// Use is what a thread has used: CPU time in nanoseconds, and how often it gave
// its CPU away (Voluntary).
type Use struct{ CPU, Voluntary int64 }

// ThreadUse returns the use of the calling thread.
func ThreadUse() Use {
	u := threadUsage()
	return Use{CPU: u.cpu, Voluntary: u.voluntary}
}

// Pass returns a function that performs a stream on v for about d, as the
// worker of a throughput trial with one worker does, and returns how many ops
// that were: for measuring what the harness itself costs.
func Pass(v vmm.VMM, t *vmm.Task, s workload.Stream) func(d time.Duration) (ops uint64) {
	w := &worker{v: v, task: t, stream: s, n: 1, watch: newStopwatch(time.Now(), 0)}
	g := new(gate)
	return func(d time.Duration) uint64 {
		g.reset()
		before := w.ops
		w.deadline = w.watch.now() + int64(d)
		w.run(g)
		return w.ops - before
	}
}

// Loops are what a worker does with a stream, for measuring what the harness
// itself costs: each runs for about d and returns how many ops that were.
type Loops struct {
	Throughput func(d time.Duration) (ops uint64) // the loop of a throughput trial
	Plain      func(d time.Duration) (ops uint64) // op after op
	Timed      func(d time.Duration) (ops uint64) // the same, each waited for and timed, its sample kept: no arrival drawn, nothing counted
	Clock      func(d time.Duration) (ops uint64) // two readings of the clock
}

// LoopsOf returns them for a stream on v, timed by the given clock.
func LoopsOf(v vmm.VMM, t *vmm.Task, s workload.Stream, clock Clock) (l Loops, err error) {
	tick := 0.0
	if clock == TSC {
		if tick, err = tickOf(); err != nil {
			return l, err
		}
	}
	w := &worker{v: v, task: t, stream: s, n: 1, watch: newStopwatch(time.Now(), tick)}
	w.lat = newLatency(&TrialSpec{Design: "any"}, w)
	l.Throughput = Pass(v, t, s)
	l.Plain = For(func(n int) {
		for range n {
			w.one()
		}
	})
	l.Timed = For(func(n int) {
		now := w.watch.now()
		w.lat.samples = w.lat.samples[:0]
		for range n {
			now = w.timed(now+1, now) // the next moment: one reading for the start, one for the end
		}
	})
	l.Clock = For(func(n int) {
		for range n {
			runtime.KeepAlive(w.watch.now())
			runtime.KeepAlive(w.watch.now())
		}
	})
	return l, nil
}

// For makes a loop over n ops one over time, which looks at the clock once in
// 1024 ops.
func For(loop func(n int)) func(d time.Duration) (ops uint64) {
	const block = 1024
	return func(d time.Duration) (ops uint64) {
		for start := time.Now(); time.Since(start) < d; ops += block {
			loop(block)
		}
		return ops
	}
}
