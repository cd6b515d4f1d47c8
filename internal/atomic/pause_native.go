//go:build !vmasim

package atomic

import "runtime"

// spinsBeforeYield bounds an unbounded await before it lets other goroutines
// run: with more workers than CPUs the awaited one may need this CPU.
const spinsBeforeYield = 128

// Pause is one turn of a bounded waiting loop: about 15 to 50 ns.
func Pause(t *Task) {
	t.Waits.Spins++
	cpuRelax()
}

// AwaitSet waits until x is not 0, at most that many turns of Pause; it returns how
// many were left and whether x is. Acquire, where it is.
func AwaitSet(t *Task, x *Uint32, turns int) (left int, set bool) {
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
// n: an engine may have less patience.
func Turns(n int) int { return n }

// Yield lets another thread have this CPU (the kernel's cond_resched).
func Yield() { runtime.Gosched() }

// Until waits until cond holds. cond may only read shared memory: an engine
// evaluates it again when what it read has changed.
func Until(t *Task, cond func() bool) {
	for i := 1; !cond(); i++ {
		t.Waits.Spins++
		if i%spinsBeforeYield == 0 {
			runtime.Gosched()
		} else {
			cpuRelax()
		}
	}
}
