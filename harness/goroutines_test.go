package harness

import (
	"context"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"vmabench/results"
	"vmabench/vmm"
	"vmabench/workload"
)

// inTurns is a trial of so many goroutines at GOMAXPROCS procs.
func inTurns(t *testing.T, design, name string, procs, goroutines int) *results.Trial {
	t.Helper()
	s := quick(results.Throughput, design, preset(t, name), procs)
	s.Goroutines, s.Timing = goroutines, Timing{Slice: 20 * time.Millisecond, Slices: 2, Warm: 1}
	r, err := child(t, "trial").Spawn(context.Background(), s, time.Minute)
	if err != nil {
		t.Fatalf("%s: %v", s.Name(), err)
	}
	if r.Name() != s.Name() || !strings.HasSuffix(r.Name(), results.GoroutinesParam+"="+strconv.Itoa(goroutines)+"-"+strconv.Itoa(procs)) {
		t.Errorf("%s: record of %s", s.Name(), r.Name())
	}
	return r
}

// TestGoroutineTrial: more goroutines than GOMAXPROCS end, all their ops count over
// one and the same time, and nothing is said of them that the system counts by
// thread.
func TestGoroutineTrial(t *testing.T) {
	var shape []string
	for _, c := range []struct{ procs, goroutines int }{{1, 8}, {1, 8}, {2, 16}, {2, 2}, {1, 1}} {
		r := inTurns(t, "fake", "mixed/write=10", c.procs, c.goroutines)
		if r.Failed != "" || len(r.Workers) != c.goroutines || r.Procs != c.procs {
			t.Fatalf("%s: %d workers, failed: %q", r.Name(), len(r.Workers), r.Failed)
		}
		if over := c.goroutines > c.procs; r.Guard.Oversubscribed != over {
			t.Errorf("%s: oversubscribed %v", r.Name(), !over)
		}
		var ops int64
		for _, w := range r.Workers {
			ops += w.Ops
			if w.CPUNS != 0 {
				t.Errorf("%s: CPU time of a goroutine", r.Name())
			}
		}
		if ops == 0 || ops != r.Ops {
			t.Errorf("%s: workers did %d ops, the record says %d", r.Name(), ops, r.Ops)
		}
		if got, want := value(r, "ns/op"), float64(r.WallNS)/float64(ops); math.Abs(got/want-1) > 1e-9 {
			t.Errorf("%s: ns/op %v, want the slices' time over all ops, %v", r.Name(), got, want)
		}
		if wall := time.Duration(r.WallNS); wall < 20*time.Millisecond { // one counts at least
			t.Errorf("%s: slices of 20 ms took %v together", r.Name(), wall)
		}
		if runtime.GOOS == "linux" && !(value(r, "cpu-ns/op") > 0) {
			t.Errorf("%s: no CPU time of the process", r.Name())
		}
		var units []string
		for _, v := range slices.Concat(r.Values, r.Events) {
			units = append(units, v.Unit)
		}
		for _, u := range append([]string{"sleeps/op", "preemptions/op"}, counterNames[:]...) {
			if slices.Contains(units, u) {
				t.Errorf("%s: %s, which the system counts by thread", r.Name(), u)
			}
		}
		if c.goroutines == 8 && shape != nil && !slices.Equal(units, shape) {
			t.Errorf("%s has %v, before %v", r.Name(), units, shape)
		}
		if c.goroutines == 8 {
			shape = units
		}
	}
}

func TestNoLatencyOfGoroutines(t *testing.T) {
	s := quick(results.Latency, "fake", preset(t, "hotvma"), 1)
	s.Goroutines = 2
	if _, err := child(t, "trial").Spawn(context.Background(), s, time.Minute); err == nil || !strings.Contains(err.Error(), "a thread each") {
		t.Errorf("error %v", err)
	}
}

// TestAnyoneEndsTheSlice: there is no worker 0, as where it has no turn, and fewer
// Ps than goroutines at the gate.
func TestAnyoneEndsTheSlice(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	w := preset(t, "hotvma")
	l, err := workload.Uniform(10)
	if err != nil {
		t.Fatal(err)
	}
	const n = 4
	streams, err := w.Compile(l, n, 1)
	if err != nil {
		t.Fatal(err)
	}
	var g gate
	var done sync.WaitGroup
	workers := make([]*worker, n)
	watch := newStopwatch(time.Now(), 0)
	for i := range workers {
		workers[i] = &worker{v: newFake(), task: vmm.NewTask(), stream: streams[i], id: i + 1, n: n, watch: watch, shared: true}
		done.Go(func() { workers[i].inTurns(&g, time.Millisecond) })
	}
	done.Wait()
	for _, w := range workers {
		w.task.Release()
		if w.begin.at != workers[0].begin.at || w.end.at != workers[0].end.at || w.end.at-w.begin.at < int64(time.Millisecond) {
			t.Errorf("worker %d had from %d to %d, worker 1 from %d to %d", w.id, w.begin.at, w.end.at, workers[0].begin.at, workers[0].end.at)
		}
	}
}

// TestLacked: of goroutines only what the process had is known. A trial in which
// it had too little is marked if others used a CPU that it might have had.
func TestLacked(t *testing.T) {
	const wall = int64(100 * time.Millisecond)
	for name, c := range map[string]struct {
		all    together
		others float64
		lacked bool
		ok     bool
	}{
		"had its CPUs":            {together{cpu: 2 * wall, wall: wall}, 1, false, true},
		"slept":                   {together{cpu: wall, wall: wall}, 0.1, true, true},
		"robbed, or slept":        {together{cpu: wall, wall: wall}, 0.5, true, false},
		"no CPU time is known of": {together{wall: wall}, 1, false, true},
	} {
		tr := trial{shared: 2, cpus: make([]seat, 2), spec: &TrialSpec{Procs: 2, Goroutines: 16, Timing: Timing{Slices: 1}}}
		sl := slice{all: c.all, workers: make([]span, 16)}
		if why := tr.judge(&sl); why != "" {
			t.Errorf("%s: the slice was rejected: %s", name, why)
		}
		tr.accepted = []slice{sl}
		if got := tr.lacked(); got != c.lacked {
			t.Errorf("%s: lacked %v", name, got)
		}
		tr.guard.wall, tr.guard.sum = 1, machine{busy: c.others, ok: true}
		var rec results.Trial
		tr.guard.finish(&tr, &rec)
		if rec.Guard.OK != c.ok {
			t.Errorf("%s: %+v", name, rec.Guard)
		}
	}
}

// TestGoroutinePlan: all numbers of goroutines of all designs stand in one group,
// with slices in which each has its turns, and never in real time.
func TestGoroutinePlan(t *testing.T) {
	c := Config{Designs: []string{"a", "b"}, Count: 1, VMAs: 10, FIFO: true, Throughput: []workload.Spec{preset(t, "hotvma")}, Procs: []int{2},
		Timing: Timing{Slice: 8 * time.Millisecond, Slices: 12, Spare: 6, Warm: 2},
		Beside: []Part{{Throughput: []workload.Spec{preset(t, "hotvma")}, Procs: []int{1, 2}, Goroutines: []int{1, 8}}}}
	p, err := NewPlan(c)
	if err != nil {
		t.Fatal(err)
	}
	groups, ids := map[int]int{}, map[string]bool{}
	for i := range p.Trials {
		s := &p.Trials[i]
		if ids[s.ID()] {
			t.Errorf("%s is there twice", s.ID())
		}
		ids[s.ID()] = true
		if s.FIFO != (s.Goroutines == 0) {
			t.Errorf("%s: real time %v", s.Name(), s.FIFO)
		}
		if s.Goroutines == 0 {
			continue
		}
		groups[s.Group]++
		each := s.Goroutines / s.Procs
		if want := (Timing{time.Duration(each) * 20 * time.Millisecond, 3, 3, 1}); s.Timing != want {
			t.Errorf("%s: %+v, want %+v", s.Name(), s.Timing, want)
		}
	}
	if len(groups) != 2 || len(ids) != 2+8 {
		t.Errorf("%d trials; of goroutines in groups %v, want 2 of 4", len(ids), groups)
	}
	for _, each := range []int{0, maxGoroutines} {
		c.Beside[0].Goroutines = []int{each}
		if _, err := NewPlan(c); err == nil {
			t.Errorf("%d goroutines for each of GOMAXPROCS 2 are planned", each)
		}
	}
}
