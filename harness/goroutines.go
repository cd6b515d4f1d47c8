package harness

import (
	"runtime"
	"slices"
	"time"

	"vmabench/results"
)

// turn is how long Go's scheduler lets a goroutine run while others wait
// (runtime, forcePreemptNS). Its monitor looks up to 10 ms later, so a turn
// lasts one to two of these.
const turn = 10 * time.Millisecond

// rounds is how many turns each goroutine has time for in a slice.
const rounds = 2

// among is the timing of a trial with so many goroutines for each of GOMAXPROCS:
// slices long enough that all have their turns, and a quarter as many of them.
func (t Timing) among(each int) Timing {
	n := max(2, t.Slices/4)
	return Timing{Slice: time.Duration(rounds*each) * turn, Slices: n, Spare: min(n, t.Spare), Warm: min(1, t.Warm)}
}

// share is work of a worker that is a plain goroutine: Go's scheduler gives it
// turns on the CPUs of the process.
func (tr *trial) share(w *worker, tokens <-chan struct{}) {
	defer tr.exited.Done()
	for range tokens {
		w.inTurns(&tr.gate, tr.length)
		tr.done.Done()
	}
	w.task.Release()
}

// inTurns performs one slice as a goroutine among others. Whoever runs when the
// slice is over ends it for all; who does not run then has nothing left to do, so
// no load is kept up. An operation that was begun counts.
func (w *worker) inTurns(g *gate, slice time.Duration) {
	at := g.meetInTurns(w.n, &w.watch)
	w.deadline = at + int64(slice)
	w.begin = w.tally(at)
	w.run(g)
	w.end = w.tally(g.endedAt(&w.watch))
}

// meetInTurns is meet among goroutines: the others may need this P to arrive.
func (g *gate) meetInTurns(n int, w *stopwatch) int64 {
	if int(g.ready.Add(1)) == n {
		g.open.Store(w.now())
	}
	for g.open.Load() == 0 {
		runtime.Gosched()
	}
	return g.open.Load()
}

// endedAt is the clock at which the slice ended, the same for all: when the first
// asked.
func (g *gate) endedAt(w *stopwatch) int64 {
	g.ended.CompareAndSwap(0, w.now())
	return g.ended.Load()
}

// confine keeps the process, whose workers are goroutines, to the CPUs that as
// many threads would be pinned to.
func (tr *trial) confine() {
	n := min(tr.spec.Procs, len(tr.cpus))
	cpus := make([]int, n)
	for i := range cpus {
		cpus[i] = tr.cpus[(i+tr.spec.Rep)%tr.turns].cpu
	}
	tr.shared = n
	if err := confine(cpus); err != nil {
		tr.guard.note("the process is not kept to its CPUs: %v", err)
	}
}

// lacked reports whether the process, whose workers are goroutines, had less than
// its CPUs in a slice that is used: goroutines slept and left them idle, or others
// took them, which the guard knows of the whole trial alone. How long the threads
// waited for a CPU says nothing: Go has more of them than GOMAXPROCS, and they wait
// for each other.
func (tr *trial) lacked() bool {
	return tr.shared > 0 && slices.ContainsFunc(tr.used(), func(sl slice) bool { return !sl.all.had(tr.shared) })
}

// had reports whether the process had so many CPUs for all of the time, or
// whether that is not known.
func (a *together) had(cpus int) bool {
	return a.cpu == 0 || float64(a.cpu) >= minShare*float64(a.wall)*float64(cpus)
}

// starved warns of goroutines that performed nothing: they waited for a lock, or
// for Go's scheduler, which owes nobody a turn. Which ones, the record says.
func starved(workers []total, t *results.Trial) {
	if slices.ContainsFunc(workers, func(w total) bool { return w.ops == 0 }) {
		t.Warnings = append(t.Warnings, "a goroutine performed nothing in the slices that count")
	}
}
