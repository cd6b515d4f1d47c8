//go:build vmasim

package explore

import (
	"syscall"
	"testing"
	"time"

	"vmabench/internal/atomic"
	"vmabench/vmm"
)

// BenchmarkSteps is the speed of the search: two threads that take a spin lock
// and touch a few words. The unit to look at is steps per second of CPU time,
// which a busy machine disturbs least.
func BenchmarkSteps(b *testing.B) {
	for _, mode := range []Mode{DPOR, Sleep, DFS, PCT} {
		b.Run(mode.String(), func(b *testing.B) {
			steps, before := uint64(0), cpuTime()
			for b.Loop() {
				r := Run(Options{Mode: mode, Bound: -1, Max: 20000}, benchScenario)
				if r.Failure != nil {
					b.Fatal(r.Failure)
				}
				steps += r.Steps
			}
			b.ReportMetric(float64(steps)/(cpuTime()-before).Seconds(), "steps/cpu-s")
		})
	}
}

// cpuTime returns the CPU time that this process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// benchScenario has steps that conflict and steps that do not.
func benchScenario(s *S) {
	var shared struct {
		lock   atomic.SpinLock
		x, y   atomic.Uint32
		inside atomic.Cell[int]
	}
	for range 3 {
		s.Go("t", func(t *vmm.Task) {
			var own [8]atomic.Uint64
			for i := range own {
				own[i].Add(uint64(shared.x.Add(1)))
			}
			shared.lock.Lock(&t.Task)
			shared.inside.Set(shared.inside.Get() + 1)
			shared.lock.Unlock()
			for shared.y.Load() > 100 {
			}
		})
	}
}
