package harness

import (
	"time"

	"vmabench/vmm"
	"vmabench/workload"
)

// Pin binds the calling thread, to which its goroutine must be locked, to a CPU.
func Pin(cpu int) error { return pin(cpu) }

// Realtime gives the calling thread a real-time priority.
func Realtime() error { return realtime() }

// Use is what a thread has used: CPU time in nanoseconds, and how often it gave
// its CPU away (Voluntary) or lost it (Involuntary).
type Use struct{ CPU, Voluntary, Involuntary int64 }

// ThreadUse returns the use of the calling thread.
func ThreadUse() Use {
	u := threadUsage()
	return Use{CPU: u.cpu, Voluntary: u.voluntary, Involuntary: u.involuntary}
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
