package harness

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"vmabench/results"
	"vmabench/vmm"
	"vmabench/workload"
)

func preset(t *testing.T, name string) workload.Spec {
	t.Helper()
	s, ok := workload.Find(name)
	if !ok {
		t.Fatalf("no workload %q", name)
	}
	return s
}

func quick(kind results.Kind, design string, w workload.Spec, procs int) *TrialSpec {
	return &TrialSpec{Kind: kind, Design: design, Workload: w, VMAs: 10, Procs: procs, Seed: 1,
		Timing: Timing{Slice: 2 * time.Millisecond, Slices: 4, Spare: 4, Warm: 1}}
}

func value(t *results.Trial, unit string) float64 {
	for _, v := range append(t.Values, t.Events...) {
		if v.Unit == unit {
			return v.Value
		}
	}
	return math.NaN()
}

// TestThroughputTrial runs every preset in a child, alone and with more workers
// than CPUs among others, and holds the record to its own arithmetic.
func TestThroughputTrial(t *testing.T) {
	for i, w := range workload.Presets() {
		for _, procs := range [][]int{{1, 3}, {2}}[i%2] {
			s := quick(results.Throughput, "fake", w, procs)
			r, err := child(t, "trial").Spawn(context.Background(), s, time.Minute)
			if err != nil {
				t.Fatalf("%s: %v", s.Name(), err)
			}
			if r.Failed != "" {
				t.Fatalf("%s failed: %s", s.Name(), r.Failed)
			}
			if r.Name() != s.Name() || r.Kind != results.Throughput || len(r.Workers) != procs {
				t.Errorf("%s: record of %s with %d workers", s.Name(), r.Name(), len(r.Workers))
			}
			var ops, cpu int64
			for _, w := range r.Workers {
				ops += w.Ops
				cpu += w.CPUNS
				if w.Ops == 0 && w.Role != "forker" && w.Role != "scanner" && r.Guard.OK {
					t.Errorf("%s: a worker did nothing", s.Name())
				}
			}
			if ops != r.Ops {
				t.Errorf("%s: workers did %d ops, the record says %d", s.Name(), ops, r.Ops)
			}
			if got, want := value(r, "cpu-ns/op"), float64(cpu)/float64(ops); cpu > 0 && math.Abs(got/want-1) > 1e-9 {
				t.Errorf("%s: cpu-ns/op %v, want %v", s.Name(), got, want)
			}
			if got := value(r, "ns/op") * value(r, "ops/s"); math.Abs(got/1e9-1) > 1e-9 {
				t.Errorf("%s: ns/op times ops/s is %v", s.Name(), got)
			}
			// Wall time over all operations, were the workers' times equal.
			if got, want := value(r, "ns/op"), float64(r.WallNS)/float64(ops); got > want*1.0001 {
				t.Errorf("%s: ns/op %v above the longest worker's %v", s.Name(), got, want)
			}
			if g := r.Guard; g.Slices < s.Timing.Slices || g.Slices > s.Timing.Slices+s.Timing.Spare || g.Slices-g.Rejected > s.Timing.Slices {
				t.Errorf("%s: %d slices, %d rejected, of %+v", s.Name(), g.Slices, g.Rejected, s.Timing)
			}
		}
	}
}

func TestFootprintTrial(t *testing.T) {
	s := quick(results.Footprint, "fake", workload.Spec{Name: "footprint", Bench: "Footprint"}, 1)
	s.VMAs = 100
	r, err := child(t, "trial").Spawn(context.Background(), s, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Name(); got != "Footprint/variant=fake/vmas=100-1" {
		t.Errorf("name %s", got)
	}
	if value(r, "B/vma") != 192 || value(r, "slab-B/vma") != 196 || value(r, "mm-B") != 1024 {
		t.Errorf("values %v", r.Values)
	}
	if heap := value(r, "heap-B/vma"); heap < 100 || heap > 10_000 {
		t.Errorf("%v heap bytes for a VMA of 16 map entries", heap)
	}
}

// TestStallIsOnRecord runs an open loop against a VMM that stalls for 10 ms
// every 1000 ops, which is once in each slice. At 20,000 ops a second 200
// arrivals fall into each stall, so a fifth of all ops wait, evenly spread from
// 0 to 10 ms: p90 is 5 ms and p99 is 9.5 ms. A clock that starts with the op
// sees one slow op in 1000.
func TestStallIsOnRecord(t *testing.T) {
	w := preset(t, "ownvma")
	w.Roles[0].RateHz = 20_000
	s := quick(results.Latency, "stall", w, 1)
	s.Arrivals = Constant
	s.Timing = Timing{Slice: 50 * time.Millisecond, Slices: 12}
	r, err := child(t, "trial").Spawn(context.Background(), s, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	hist := func(timed string) *hdrhistogram.Histogram {
		for _, h := range r.Hists {
			if h.Timed == timed && h.Op == "fault" {
				d, err := hdrhistogram.Decode([]byte(h.V2))
				if err != nil {
					t.Fatal(err)
				}
				return d
			}
		}
		t.Fatalf("no histogram of %s starts", timed)
		return nil
	}
	intended, actual := hist("intended"), hist("actual")
	if n := intended.TotalCount(); n != actual.TotalCount() || n < 2500 { // three slices at least
		t.Fatalf("%d and %d ops recorded, want about 1000 in each slice", n, actual.TotalCount())
	}
	// A stall is at least 10 ms long; a busy machine only makes it longer.
	if p := intended.ValueAtQuantile(90); p < int64(4500*time.Microsecond) {
		t.Errorf("p90 from the intended start is %v, want 5ms", time.Duration(p))
	}
	if p := intended.ValueAtQuantile(99); p < int64(9*time.Millisecond) {
		t.Errorf("p99 from the intended start is %v, want 9.5ms", time.Duration(p))
	}
	slow := int64(0)
	for _, b := range actual.Distribution() {
		if b.From >= int64(stallTime) {
			slow += b.Count
		}
	}
	if slow < 2 || slow > 50 {
		t.Errorf("%d ops took 10 ms themselves, want one a slice and what the machine adds", slow)
	}
	if actual.Max() < int64(stallTime) || intended.Max() < int64(stallTime) {
		t.Errorf("the longest wait is %v", time.Duration(intended.Max()))
	}
}

// TestArrivals: a constant rate has one gap, a Poisson process gaps of the same
// mean and of the same standard deviation.
func TestArrivals(t *testing.T) {
	w := &worker{}
	w.stream.RateHz = 1e6
	for _, a := range []Arrivals{Constant, Poisson} {
		l := newLatency(&TrialSpec{Arrivals: a, Seed: 3, RateX: 2}, w)
		const n = 100_000
		sum, squares := 0.0, 0.0
		for range n {
			at := l.arrive()
			gap := at - l.next
			l.next = at
			sum += gap
			squares += gap * gap
		}
		mean := sum / n
		sd := math.Sqrt(squares/n - mean*mean)
		want := map[Arrivals]float64{Constant: 0, Poisson: 500}[a]
		if math.Abs(mean-500) > 10 || math.Abs(sd-want) > 10 {
			t.Errorf("%s arrivals at 2 MHz: gaps of %.1f ± %.1f ns, want 500 ± %.0f", a, mean, sd, want)
		}
	}
}

// TestDrive performs exactly the ops it is asked for.
func TestDrive(t *testing.T) {
	l, _ := workload.Uniform(10)
	s := preset(t, "ownvma")
	v := newFake()
	d := vmm.Design{New: func(vmm.Config) vmm.Machine { return fakeMachine{func() *fakeVMM { return v }} }}
	var faults, began, ended atomic.Int64
	v.onFault = func(*vmm.Task) { faults.Add(1) }
	err := Drive(d, &s, l, 3, 100, func() { began.Add(1) }, func() { ended.Add(1) })
	if err != nil || faults.Load() != 100 || began.Load() != 1 || ended.Load() != 1 {
		t.Errorf("%d faults, began %d, ended %d, error %v", faults.Load(), began.Load(), ended.Load(), err)
	}
	v = newFake()
	v.corrupt = true
	if err := Drive(d, &s, l, 1, 1, func() {}, func() {}); err == nil {
		t.Error("a corrupt address space went unnoticed")
	}
}

func TestIdleControl(t *testing.T) {
	s := quick(results.Latency, "", idleLoop(), 2)
	r, err := child(t, "trial").Spawn(context.Background(), s, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if r.Name() != "IdleLatency/variant=idle/workload=idle/vmas=10-2" {
		t.Errorf("name %s", r.Name())
	}
	if len(r.Hists) != 2 || r.Hists[0].Op != "idle" || r.Hists[0].Count == 0 || r.Hists[0].RateHz != 400_000 {
		t.Errorf("histograms %+v", r.Hists)
	}
	if math.IsNaN(value(r, "p99-ns")) {
		t.Errorf("values %v", r.Values)
	}
}

// TestChildFails: each way in which a child can fail gives one line that says
// which.
func TestChildFails(t *testing.T) {
	w := preset(t, "ownvma")
	for _, c := range []struct{ mode, design, want string }{
		{"garbage", "fake", "wrote no result"},
		{"other", "fake", "another trial"},
		{"trial", "nosuch", `unknown design "nosuch"`},
		{"trial", "corrupt", "the address space is corrupt after the run: page 7 is in two VMAs"},
		{"trial", "exit", "ended with status 7"},
		{"trial", "panic", "panic: lost its mind"},
	} {
		_, err := child(t, c.mode).Spawn(context.Background(), quick(results.Throughput, c.design, w, 2), time.Minute)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s %s: error %v, want %q in one line", c.mode, c.design, err, c.want)
		}
	}
	if _, err := (Command{"/nonexistent"}).Spawn(context.Background(), quick(results.Throughput, "fake", w, 1), time.Minute); err == nil ||
		!strings.Contains(err.Error(), "did not start") {
		t.Errorf("a command that is not there: %v", err)
	}
}

// TestWatchdog: a child that hangs is killed and who holds which lock
// and where its goroutines are is in the report.
func TestWatchdog(t *testing.T) {
	s := quick(results.Throughput, "hang", preset(t, "ownvma"), 2)
	_, err := child(t, "trial").Spawn(context.Background(), s, 3*time.Second)
	f, ok := err.(*Failure)
	if !ok {
		t.Fatalf("error %v", err)
	}
	if !strings.Contains(f.Why, "hung for 3s") || !strings.Contains(f.Why, "sync.Mutex.Lock, locked to thread in harness.(*fakeVMM).Fault < harness.(*worker).block < harness.(*worker).run") {
		t.Errorf("report %q", f.Why)
	}
	if !strings.Contains(f.Why, "worker 1 is task") || !strings.Contains(f.Why, "mmap_lock is held for write by task 1") {
		t.Errorf("no word of who holds what in %q", f.Why)
	}
	if !strings.Contains(f.Dump, "goroutine ") {
		t.Errorf("no traceback in the dump")
	}
}

// TestLostChange: operations that nobody else can make fail, and that fail,
// are the design's fault; where others can make them fail they are counted.
func TestLostChange(t *testing.T) {
	for name, want := range map[string]string{"ownvma": "no exclusion: ", "mprotect-overlap": ""} {
		for _, kind := range []results.Kind{results.Throughput, results.Latency} {
			r, err := child(t, "trial").Spawn(context.Background(), quick(kind, "lossy", preset(t, name), 2), time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(r.Failed, want) || (want == "") != (r.Failed == "") || value(r, "failed/op") == 0 {
				t.Errorf("%s %s: %q, %v operations failed", kind, name, r.Failed, value(r, "failed/op"))
			}
		}
	}
}

// TestLocksOfMany: of a thousand workers those that wait, and what is held, are
// named; the time after which they count as hung has room for their turns.
func TestLocksOfMany(t *testing.T) {
	var b strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&b, "locks: worker %d is task %d, which runs\n", i, i+1)
	}
	b.WriteString("locks: worker 1000 is task 1001, which waits to write mmap_lock\nlocks: mmap_lock is held for read by 3\n")
	got := strings.Split(locks(b.String()), "; ")
	if len(got) != maxLockLines+1 || got[0] != "worker 1000 is task 1001, which waits to write mmap_lock" || got[1] != "mmap_lock is held for read by 3" ||
		got[2] != "worker 0 is task 1, which runs" || got[maxLockLines] != fmt.Sprintf("and %d more", 1002-maxLockLines) {
		t.Errorf("%q", got)
	}
	few, many := quick(results.Throughput, "fake", preset(t, "pft"), 1), quick(results.Throughput, "fake", preset(t, "pft"), 1000*runtime.NumCPU())
	if slices := time.Duration(many.Timing.Slices + many.Timing.Warm); many.Timeout()-few.Timeout() < 1000*slices*turnTime/2 {
		t.Errorf("1000 threads a CPU have %v, one thread %v", many.Timeout(), few.Timeout())
	}
}

// TestPrintHeld: a worker that sleeps says what it waits for, if that is known.
func TestPrintHeld(t *testing.T) {
	k := vmm.NewTask()
	ended := make(chan struct{})
	go func() { k.Park(); close(ended) }()
	for k.OnCPU() {
		runtime.Gosched()
	}
	tr := &trial{workers: []*worker{{id: 3, task: k}}, v: newFake()}
	var b strings.Builder
	tr.printHeld(&b)
	if want := fmt.Sprintf("worker 3 is task %d, which waits to read mmap_lock", k.ID()); !strings.Contains(b.String(), want) {
		t.Errorf("%q is not in %q", want, b.String())
	}
	k.Unpark()
	<-ended
	k.Release()
}
