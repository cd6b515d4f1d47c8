package harness

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"vmabench/internal/tsc"
	"vmabench/results"
)

// probes measures what only running can tell: who else is here, whether two
// threads really run side by side, what a clock costs and how long a thread is
// kept from its loop.
func (b *book) probes() {
	var g guard
	g.start()
	b.clock()
	b.jitter()
	b.sideBySide()
	g.stop()
	others, steal, pressure := g.machine()
	switch {
	case !g.sum.ok:
		b.add("other processes", "not visible", vAbsent, "they may take CPUs unseen")
	case others > 0.5:
		b.add("other processes", fmt.Sprintf("%.1f CPUs", others), vBad, "stop them: slices in which a worker lost its CPU are thrown away, and few will be left")
	case others > 0.1:
		b.add("other processes", fmt.Sprintf("%.1f CPUs", others), vWarn, "more slices will be thrown away")
	default:
		b.add("other processes", fmt.Sprintf("%.1f CPUs", others), vOK, "")
	}
	if !g.sum.ok {
		b.add("steal", "not visible", vAbsent, "the host may give these CPUs to others unseen")
	} else if steal > 0.02 {
		b.add("steal", fmt.Sprintf("%.0f %% of a CPU", steal*100), vBad, "the host gives these CPUs to others: measure elsewhere")
	} else {
		b.add("steal", fmt.Sprintf("%.0f %% of a CPU", steal*100), vOK, "")
	}
	if !g.sum.psi {
		b.add("cpu pressure", "not visible", vAbsent, "boot with psi=1 to see whether tasks wait for CPUs")
	} else if pressure > 0.1 {
		b.add("cpu pressure", fmt.Sprintf("%.0f %% of the time", pressure*100), vWarn, "tasks wait for CPUs while this looks")
	} else {
		b.add("cpu pressure", fmt.Sprintf("%.0f %% of the time", pressure*100), vOK, "")
	}
	b.counters()
	b.scheduling()
}

// clock measures what reading the clock costs and what two readings in a row
// show.
func (b *book) clock() {
	cost, between := floor(newStopwatch(time.Now(), 0))
	b.env.ClockNS = between
	value := fmt.Sprintf("%.0f ns a reading, %.0f ns between two", cost, between)
	if cost > 100 {
		b.add("clock", value, vWarn, "latencies below a few of these are the clock's")
	} else {
		b.add("clock", value, vOK, "")
	}
	if why := CounterUnfit(); why != "" {
		b.add("counter", "not used: "+why, vAbsent, "nothing: latencies are timed by the clock of the system")
		return
	}
	rate, ok := tsc.Calibrate(calibration)
	if !ok {
		b.add("counter", "not used: it does not count", vAbsent, "nothing: latencies are timed by the clock of the system")
		return
	}
	cost, between = floor(newStopwatch(time.Now(), rate.NSPerTick))
	b.env.Counter = &results.Counter{NSPerTick: rate.NSPerTick, PPM: rate.PPM, FloorNS: between}
	value = fmt.Sprintf("invariant, %.4f GHz to %.1f ppm, %.0f ns a reading, %.0f ns between two", 1/rate.NSPerTick, rate.PPM, cost, between)
	b.add("counter", value, vOK, "")
}

// floor returns what a reading costs and what two in a row show: the median of
// many, in nanoseconds.
func floor(w stopwatch) (cost, between float64) {
	const n = 20_000
	deltas := make([]int64, n)
	last := w.now()
	start := last
	for i := range deltas {
		now := w.now()
		deltas[i] = now - last
		last = now
	}
	slices.Sort(deltas)
	return float64(last-start) / n, float64(deltas[n/2])
}

// jitter runs a loop that only reads the clock and reports how long the
// machine kept it away.
func (b *book) jitter() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	base := time.Now()
	const length = 100 * time.Millisecond
	var worst, lost, last int64
	events := 0
	for last < int64(length) {
		now := int64(time.Since(base))
		if d := now - last; d > 10_000 {
			events++
			lost += d
			worst = max(worst, d)
		}
		last = now
	}
	value := fmt.Sprintf("%d gaps above 10 µs in 100 ms, the longest %v, %.1f %% of the time in all",
		events, time.Duration(worst).Round(time.Microsecond), float64(lost)/float64(last)*100)
	switch {
	case worst > int64(5*time.Millisecond):
		b.add("jitter", value, vBad, "another thread had this CPU: the tail of every latency is the machine's")
	case lost > last/100:
		b.add("jitter", value, vWarn, "compare every tail with the idle loop that is drawn beside it")
	default:
		b.add("jitter", value, vOK, "")
	}
}

// sideBySide compares two pinned threads with one: two CPUs do twice the work.
func (b *book) sideBySide() {
	cpus := AllowedCPUs()
	if len(cpus) < 2 {
		b.add("two threads", "one CPU", vAbsent, "take a machine with two")
		return
	}
	old := runtime.GOMAXPROCS(max(3, runtime.GOMAXPROCS(0)))
	defer runtime.GOMAXPROCS(old)
	var one, two, slowest float64 // the best of both rates: others only make them less
	quickest := math.Inf(1)
	for range 6 {
		rate, burst := spin(cpus[:1])
		one, quickest = max(one, rate), min(quickest, burst)
		rate, burst = spin(cpus[:2])
		two, quickest, slowest = max(two, rate), min(quickest, burst), max(slowest, burst)
	}
	best := two / one
	value := fmt.Sprintf("two pinned threads do %.2f times the work of one", best)
	switch {
	case best >= 1.9:
		b.add("two threads", value, vOK, "")
	case best >= 1.6:
		b.add("two threads", value, vWarn, "the CPUs are busy, or siblings of one core: scaling will look worse than it is")
	default:
		b.add("two threads", value, vBad, "the threads do not run side by side: contention disappears and every lock looks good")
	}
	if slow := slowest / quickest; slow > maxSlow {
		b.add("core to itself", fmt.Sprintf("arithmetic took up to %.2f times as long while both worked", slow), vWarn,
			"at times these CPUs are siblings, of each other or of another guest's: two threads look slower than they are then")
	} else {
		b.add("core to itself", "yes, whenever this looked", vOK, "")
	}
}

// maxSlow is what the clock rate of a loaded machine may do to arithmetic; a
// sibling does more.
const maxSlow = 1.2

// spin runs bursts of arithmetic on each CPU for 10 ms. It returns the bursts
// per nanosecond of all of them together, and the CPU time of a burst of the
// thread that took longest: what another thread on the CPU takes away shows in
// the first, what one on the same core does in the second too.
func spin(cpus []int) (rate, burst float64) {
	var ready atomic.Int32
	var wg sync.WaitGroup
	rates, bursts := make([]float64, len(cpus)), make([]float64, len(cpus))
	for i, cpu := range cpus {
		wg.Go(func() {
			runtime.LockOSThread() // never unlocked: the pinned thread ends here
			pin(cpu)
			ready.Add(1)
			for int(ready.Load()) < len(cpus) {
			}
			base, use, n := time.Now(), threadUsage(), 0.0
			for time.Since(base) < 10*time.Millisecond {
				Burst()
				n++
			}
			rates[i] = n / float64(time.Since(base))
			bursts[i] = float64(threadUsage().cpu-use.cpu) / n
		})
	}
	wg.Wait()
	for i := range cpus {
		rate += rates[i]
		burst = max(burst, bursts[i])
	}
	return rate, burst
}
