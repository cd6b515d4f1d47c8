package manycore

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Host is what this machine was measured to cost, in nanoseconds.
type Host struct {
	CPUs              int
	LoadHit, RMWHit   float64 // one thread, own line
	PingPong          float64 // one way between the first two CPUs
	Contended         float64 // service time of an add that both make in a loop
	Wake              float64 // from the wake to the sleeper's first instruction, waker's part included
	rounds, perRounds int
}

// MeasureHost measures this machine: medians of rounds, at least 1, of about
// 10 ms each. It needs two CPUs.
func MeasureHost(rounds int) (*Host, error) {
	cpus, err := allowedCPUs()
	if err != nil {
		return nil, err
	}
	if len(cpus) < 2 {
		return nil, fmt.Errorf("the host has one CPU: nothing is shared")
	}
	h := &Host{CPUs: len(cpus), rounds: max(1, rounds), perRounds: 200_000}
	h.LoadHit = h.median(func() float64 { return h.alone(cpus[0], func(w *word) { w.v.Load() }) })
	h.RMWHit = h.median(func() float64 { return h.alone(cpus[0], func(w *word) { w.v.Add(1) }) })
	if h.PingPong, err = h.overlapped(func() (float64, float64) { return h.pingPong(cpus[0], cpus[1]) }); err != nil {
		return nil, err
	}
	if h.Contended, err = h.overlapped(func() (float64, float64) { return h.contended(cpus[0], cpus[1]) }); err != nil {
		return nil, err
	}
	h.Wake = h.median(func() float64 { return h.wake(cpus[0], cpus[1]) })
	return h, nil
}

// word is a counter on lines of its own.
type word struct {
	_ [128]byte
	v atomic.Uint64
	_ [128]byte
}

func (h *Host) median(f func() float64) float64 {
	var xs []float64
	for range h.rounds {
		xs = append(xs, f())
	}
	slices.Sort(xs)
	return xs[len(xs)/2]
}

func (h *Host) alone(cpu int, op func(*word)) float64 {
	var ns float64
	onCPUs(func() {
		w := new(word)
		start := time.Now()
		for range h.perRounds {
			op(w)
		}
		ns = float64(time.Since(start)) / float64(h.perRounds)
	}, cpu)
	return ns
}

// ErrBusy says that two threads never ran side by side.
var ErrBusy = errors.New("the host is too busy: two threads did not run side by side in any round")

// minShare is the part of a round that both threads must have had their CPUs.
const minShare = 0.97

// overlapped is median over the rounds in which both threads really ran, of at
// most ten times as many tries.
func (h *Host) overlapped(f func() (ns, share float64)) (float64, error) {
	var xs []float64
	for try := 0; try < 10*h.rounds && len(xs) < h.rounds; try++ {
		if ns, share := f(); share >= minShare {
			xs = append(xs, ns)
		}
	}
	if len(xs) == 0 {
		return 0, ErrBusy
	}
	slices.Sort(xs)
	return xs[len(xs)/2], nil
}

func (h *Host) pingPong(a, b int) (ns, share float64) {
	w, n := new(word), uint64(h.perRounds/20)
	turn := func(me uint64) func() {
		return func() {
			for i := me; i < 2*n; i += 2 {
				for w.v.Load() != i {
				}
				w.v.Store(i + 1)
			}
		}
	}
	wall, share := timedBoth(turn(0), turn(1), a, b)
	return wall / float64(2*n), share
}

func (h *Host) contended(a, b int) (ns, share float64) {
	w := new(word)
	add := func() {
		for range h.perRounds / 2 {
			w.v.Add(1)
		}
	}
	wall, share := timedBoth(add, add, a, b)
	return wall / float64(h.perRounds), share
}

// timedBoth runs f and g at once and returns the longer one's wall time in
// nanoseconds and the smaller share of CPU time.
func timedBoth(f, g func(), a, b int) (wall, share float64) {
	var walls, cpus [2]float64
	var ready atomic.Int32
	timed := func(i int, f func()) func() {
		return func() {
			ready.Add(1)
			for ready.Load() < 2 {
			}
			start, cpu := time.Now(), threadCPU()
			f()
			walls[i], cpus[i] = float64(time.Since(start)), threadCPU()-cpu
		}
	}
	both(timed(0, f), timed(1, g), a, b)
	return max(walls[0], walls[1]), min(cpus[0]/walls[0], cpus[1]/walls[1])
}

func threadCPU() float64 {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts) != nil {
		return 0
	}
	return float64(ts.Nano())
}

// wake bounces a token between two pinned threads: each hop is one wake-up.
func (h *Host) wake(a, b int) float64 {
	const hops = 200
	ping, pong := make(chan struct{}), make(chan struct{})
	var ns float64
	both(func() {
		start := time.Now()
		for range hops {
			ping <- struct{}{}
			<-pong
		}
		ns = float64(time.Since(start)) / (2 * hops)
	}, func() {
		for range hops {
			<-ping
			pong <- struct{}{}
		}
	}, a, b)
	return ns
}

// both runs f and g at once, each on its CPU.
func both(f, g func(), a, b int) {
	done := make(chan struct{})
	go func() {
		onCPUs(g, b)
		close(done)
	}()
	onCPUs(f, a)
	<-done
}

// onCPUs runs f on a thread that may run on that CPU alone.
func onCPUs(f func(), cpu int) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // not unlocked: the pinned thread ends with the goroutine
		var set unix.CPUSet
		set.Set(cpu)
		_ = unix.SchedSetaffinity(0, &set) // unpinned it is only less exact
		f()
	}()
	<-done
}

func allowedCPUs() ([]int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil, fmt.Errorf("reading the CPUs of this process: %w", err)
	}
	var out []int
	for c := range 1024 {
		if set.IsSet(c) {
			out = append(out, c)
		}
	}
	return out, nil
}

// Write writes the machine file of the host. What was not measured is a guess
// and says so.
func (h *Host) Write(w io.Writer) error {
	hold := max(0, h.PingPong/max(h.Contended, 1)-1) * h.RMWHit
	_, err := fmt.Fprintf(w, `title this host, %d CPUs, by its own measured costs
sockets 1 # guess
clusters 1 # guess
cores %d # CPUs of the process
threads 1 # guess
load-hit %.2f # measured: load in a loop, one thread
store-hit 1 # guess
rmw-hit %.2f # measured: locked add in a loop, one thread
latency.core %.1f # measured between the first two CPUs
latency.cluster %.1f # measured: ping-pong, one way
latency.socket %.1f # measured between the first two CPUs
latency.remote %.1f # measured between the first two CPUs
occupancy.core %.1f # latency less the message: guess
occupancy.cluster %.1f # latency less the message: guess
occupancy.socket %.1f # latency less the message: guess
occupancy.remote %.1f # latency less the message: guess
hold %.1f # from the contended add: one add is served every %.1f ns
local-first 0 # one cluster
llc 20 # guess
dram 90 # guess
pause 40 # guess
park 1500 # guess
unpark 1500 # guess
wake %.0f # measured: hand-over of a token between pinned threads
quantum 3e6 # guess
switch 1500 # guess
smt-work 1 # guess
jitter 0.1 # guess
buffered-stores false # Go's stores are exchanges
`, h.CPUs, h.CPUs, h.LoadHit, h.RMWHit, h.PingPong, h.PingPong, h.PingPong, h.PingPong,
		0.94*h.PingPong, 0.94*h.PingPong, 0.94*h.PingPong, 0.94*h.PingPong, hold, h.Contended, h.Wake)
	return err
}
