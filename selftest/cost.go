package selftest

import (
	"fmt"
	"io"
	"runtime"
	"time"

	"golang.org/x/perf/benchmath"

	"vmabench/harness"
	"vmabench/results"
	"vmabench/vmm"
	"vmabench/workload"
)

// Costs is what measuring adds to an operation, in nanoseconds, each from
// paired rounds of one thread.
type Costs struct {
	Clock      harness.Clock // that times operations here
	Pair       Cost          // two readings of it
	Throughput Cost          // the loop of a throughput trial over direct calls of the same subject
	Recording  Cost          // timing an operation and keeping its sample, beyond the operation and Pair
	Rounds     int           // that counted, of costRounds
}

// Cost is a median with its 95 % interval and what it may be at most; 0 is no
// limit.
type Cost struct{ NS, Lo, Hi, Limit float64 }

// Limits on what measuring adds.
const (
	throughputLimit = 3
	recordingLimit  = 6
)

const (
	costRounds = 151
	costSlice  = time.Millisecond
	// leastForInterval is how many values a median's 95 % interval needs.
	leastForInterval = 6
)

// direct performs n faults on the null address space by calls that are bound
// when the program is built, as a loop by hand would.
func direct(n int) {
	for range n {
		_ = nullFault(nil, 0, vmm.AccessRead)
	}
}

//go:noinline
func nullFault(t *vmm.Task, a vmm.Addr, x vmm.Access) error { return null{}.Fault(t, a, x) }

// MeasureCosts measures what measuring costs. Rounds in which the thread did
// not have its CPU are left out. fifo gives it a real-time priority and the
// machine half of the time.
func MeasureCosts(fifo bool) (Costs, error) {
	c := Costs{Clock: harness.BestClock()}
	spec, _ := workload.Find("ownvma")
	l, err := workload.Uniform(100)
	if err != nil {
		return c, err
	}
	streams, err := spec.Compile(l, 1, 1)
	if err != nil {
		return c, err
	}
	task := vmm.NewTask()
	defer task.Release()
	loops, err := harness.LoopsOf(null{}, task, streams[0], c.Clock)
	if err != nil {
		return c, err
	}
	var pair, throughput, recording []float64
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the pinned thread ends here
		if cpus := harness.AllowedCPUs(); len(cpus) > 0 {
			harness.Pin(cpus[0])
		}
		if fifo {
			harness.Realtime()
		}
		sides := []func(time.Duration) uint64{harness.For(direct), loops.Throughput, loops.Plain, loops.Timed, loops.Clock}
		for round := range costRounds {
			ns, ok := costRound(sides, round%2 == 1, fifo)
			if ok {
				throughput = append(throughput, ns[1]-ns[0])
				recording = append(recording, ns[3]-ns[2]-ns[4])
				pair = append(pair, ns[4])
			}
		}
	}()
	<-done
	if c.Rounds = len(pair); c.Rounds < leastForInterval {
		c.Rounds = 0
		return c, nil
	}
	c.Pair, c.Throughput, c.Recording = cost(pair, 0), cost(throughput, throughputLimit), cost(recording, recordingLimit)
	return c, nil
}

// costRound returns the nanoseconds an operation of each side, and whether the
// thread had its CPU throughout.
func costRound(sides []func(time.Duration) uint64, backwards, rest bool) (ns []float64, ok bool) {
	ns, ok = make([]float64, len(sides)), true
	for i := range sides {
		if backwards {
			i = len(sides) - 1 - i
		}
		use, start := harness.ThreadUse(), time.Now()
		ops := sides[i](costSlice)
		took, cpu := time.Since(start), harness.ThreadUse().CPU-use.CPU
		ns[i] = float64(took) / float64(ops)
		ok = ok && float64(cpu) >= 0.985*float64(took)
		if rest {
			time.Sleep(costSlice)
		}
	}
	return ns, ok
}

// cost is the median of rounds with its interval.
func cost(rounds []float64, limit float64) Cost {
	m := benchmath.AssumeNothing.Summary(benchmath.NewSample(rounds, &benchmath.DefaultThresholds), results.Confidence)
	return Cost{NS: m.Center, Lo: m.Lo, Hi: m.Hi, Limit: limit}
}

// verdict says whether the cost keeps its limit.
func (c *Cost) verdict() string {
	switch {
	case c.Limit == 0:
		return ""
	case c.Hi <= c.Limit:
		return "met"
	case c.Lo > c.Limit:
		return "NOT MET"
	}
	return "cannot be told"
}

// write prints the costs.
func (c *Costs) write(w io.Writer) {
	if c.Rounds == 0 {
		fmt.Fprintln(w, "costs       cannot be said: the thread never had its CPU for a round")
		return
	}
	line := func(name string, x *Cost, what string) {
		fmt.Fprintf(w, "%-11s %.2f ns [%.2f, %.2f]: %s", name, x.NS, x.Lo, x.Hi, what)
		if x.Limit > 0 {
			fmt.Fprintf(w, "; at most %g: %s", x.Limit, x.verdict())
		}
		fmt.Fprintln(w)
	}
	line("clock", &c.Pair, "two readings ("+string(c.Clock)+")")
	line("throughput", &c.Throughput, "what the measured loop adds to direct calls of the null address space")
	line("recording", &c.Recording, "what timing an operation and keeping its sample adds beyond the two readings; drawing arrivals and counting come between operations")
}

// failures are the limits that are surely exceeded.
func (c *Costs) failures() (out []string) {
	for name, x := range map[string]Cost{"the measured loop": c.Throughput, "timing an operation and keeping its sample": c.Recording} {
		if x.Limit > 0 && x.Lo > x.Limit {
			out = append(out, fmt.Sprintf("%s costs %.2f ns [%.2f, %.2f] an operation; at most %g may be", name, x.NS, x.Lo, x.Hi, x.Limit))
		}
	}
	return out
}
