package harness

import (
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"vmabench/results"
	"vmabench/vmm"
	"vmabench/workload"
)

// lived returns what a worker did in a slice of 10 ms.
type lived struct {
	cpu                    int64 // of 1000
	voluntary, involuntary int64
	parks                  uint64
	queued                 int64 // of 1000, where it is known
}

func sliceOf(workers ...lived) slice {
	const wall = int64(10 * time.Millisecond)
	var sl slice
	for _, l := range workers {
		var sp span
		sp.end.at = wall
		sp.end.use = usage{cpu: wall / 1000 * l.cpu, voluntary: l.voluntary, involuntary: l.involuntary}
		sp.end.waits.Parks = l.parks
		sp.begin.queued, sp.end.queued = -1, -1
		if l.queued > 0 {
			sp.begin.queued, sp.end.queued = 0, wall/1000*l.queued
		}
		sp.end.counts[workload.Fault] = 1000
		sl.workers = append(sl.workers, sp)
		sl.all.cpu, sl.all.wall = sl.all.cpu+sp.end.use.cpu, wall
	}
	return sl
}

// TestJudge: what was done to a worker rejects a slice, what its design made
// it do does not.
func TestJudge(t *testing.T) {
	collected := sliceOf(lived{cpu: 1000})
	collected.gcs = 1
	for name, c := range map[string]struct {
		sl   slice
		cpus int
		want string
	}{
		"both ran":                      {sliceOf(lived{cpu: 1000}, lived{cpu: 985}), 2, ""},
		"one lost its CPU":              {sliceOf(lived{cpu: 1000}, lived{cpu: 984, involuntary: 1}), 2, "worker 1 had its CPU for 98.4 %"},
		"the hypervisor had it":         {sliceOf(lived{cpu: 700}), 2, "worker 0 had its CPU for 70.0 %"},
		"one slept in a lock":           {sliceOf(lived{cpu: 1000}, lived{cpu: 300, voluntary: 9, parks: 9}), 2, ""},
		"one slept and was preempted":   {sliceOf(lived{cpu: 300, voluntary: 9, involuntary: 1, parks: 9}), 2, "worker 0 was preempted"},
		"one slept and was robbed":      {sliceOf(lived{cpu: 300, voluntary: 9, parks: 9, queued: 20}), 2, "worker 0 slept and waited for its CPU for 2.0 %"},
		"one was woken often":           {sliceOf(lived{cpu: 300, voluntary: 900, involuntary: 1, parks: 900, queued: 40}), 2, ""},
		"preempted for a moment":        {sliceOf(lived{cpu: 990, involuntary: 1}), 2, ""},
		"garbage":                       {collected, 2, "garbage was collected"},
		"no CPU time is known":          {sliceOf(lived{}), 2, ""},
		"three share two CPUs":          {sliceOf(lived{cpu: 660, involuntary: 5}, lived{cpu: 660, involuntary: 5}, lived{cpu: 660, involuntary: 5}), 2, ""},
		"three had half of two CPUs":    {sliceOf(lived{cpu: 300}, lived{cpu: 300}, lived{cpu: 400}), 2, "the workers had 50.0 % of the CPUs"},
		"three on two CPUs, one asleep": {sliceOf(lived{cpu: 300}, lived{cpu: 300}, lived{cpu: 400, parks: 1}), 2, ""},
	} {
		tr := trial{cpus: make([]seat, c.cpus), over: len(c.sl.workers) > c.cpus}
		if got := tr.judge(&c.sl); (got == "") != (c.want == "") || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestVerdict: what the guard says of a whole trial.
func TestVerdict(t *testing.T) {
	good, lost := sliceOf(lived{cpu: 1000}, lived{cpu: 1000}), sliceOf(lived{cpu: 1000}, lived{cpu: 500})
	lost.why = "worker 1 had its CPU for 50.0 % of a slice"
	slept := sliceOf(lived{cpu: 1000}, lived{cpu: 400, voluntary: 3, parks: 3})
	times := func(n int, sl slice) (out []slice) {
		for range n {
			out = append(out, sl)
		}
		return out
	}
	for name, c := range map[string]struct {
		accepted, rejected []slice
		others             float64 // -1: not others, the host took one CPU
		share              float64
		why                string
	}{
		"undisturbed":          {times(10, good), nil, 0, 1, ""},
		"replaced":             {times(10, good), times(3, lost), 0, 1, ""},
		"a few are missing":    {times(8, good), times(7, lost), 0, 1, "only 8 of 10 slices undisturbed, the last because worker 1"},
		"hardly any":           {times(1, good), times(14, lost), 0, 0.875, "only 1 of 10 slices"},
		"others, nobody slept": {times(10, good), nil, 2, 1, ""},
		"stolen beside sleep":  {times(10, slept), nil, -1, 0.7, "the host took 1.00 CPUs beside workers that slept"},
		"others beside sleep":  {times(10, slept), nil, 2, 0.7, "other processes used 2.0 CPUs beside workers that slept"},
	} {
		spec := TrialSpec{Procs: 2, Timing: Timing{Slices: 10, Spare: 5}}
		tr := &trial{spec: &spec, cpus: make([]seat, 2), accepted: c.accepted, rejected: c.rejected}
		tr.guard.wall, tr.guard.sum = 1, machine{ok: true, busy: max(0, c.others), steal: max(0, -c.others)}
		var r results.Trial
		tr.guard.finish(tr, &r)
		g := r.Guard
		if g.OK != (c.why == "") || !strings.HasPrefix(g.Why, c.why) || math.Abs(g.CPUShare-c.share) > 1e-3 ||
			g.Slices != len(c.accepted)+len(c.rejected) || g.Rejected != len(c.rejected) || g.Others != max(0, c.others) {
			t.Errorf("%s: %+v", name, g)
		}
	}
}

// TestUsed: too few slices are made up for by the first of the others, whatever
// the workers did in them.
func TestUsed(t *testing.T) {
	tr := &trial{spec: &TrialSpec{Timing: Timing{Slices: 10}}}
	for _, cpu := range []int64{300, 900, 100, 800} {
		tr.rejected = append(tr.rejected, sliceOf(lived{cpu: 1000}, lived{cpu: cpu}))
	}
	used := tr.used()
	if len(used) != 2 || used[0].workers[1].cpu() != tr.rejected[0].workers[1].cpu() || used[1].workers[1].cpu() != tr.rejected[1].workers[1].cpu() {
		t.Errorf("%d slices stand in, want the first two", len(used))
	}
	tr.accepted = append(tr.accepted, sliceOf(lived{cpu: 1000}))
	if used := tr.used(); len(used) != 2 || used[1].workers[1].cpu() != tr.rejected[0].workers[1].cpu() {
		t.Errorf("%d slices used where one counts, want that and the first of the others", len(used))
	}
	tr.accepted = append(tr.accepted, sliceOf(lived{cpu: 1000}), sliceOf(lived{cpu: 1000}))
	if used := tr.used(); len(used) != 3 {
		t.Errorf("%d slices used where three count", len(used))
	}
}

// TestLatencyStandIns: the latencies of a trial are those of the slices that its
// other values come from.
func TestLatencyStandIns(t *testing.T) {
	w := &worker{lat: new(latency), stream: workload.Stream{Role: "faulter"}}
	w.lat.all[workload.Fault] = newPair()
	tr := &trial{spec: &TrialSpec{Timing: Timing{Slices: 10}}, workers: []*worker{w}}
	record := func(accepted bool, ns int64) {
		if accepted {
			tr.accepted = append(tr.accepted, slice{})
		} else {
			tr.rejected = append(tr.rejected, slice{})
		}
		w.lat.samples = []sample{{ns, ns<<kindBits | int64(workload.Fault)}}
		tr.mergeLatency(accepted)
	}
	record(false, 100)
	record(true, 200)
	for range 5 {
		record(false, 1000)
	}
	p, ok := tr.merged("faulter", workload.Fault)
	if h := p.intended.histogram(); !ok || h.TotalCount() != 2 || h.Max() > 250 {
		t.Errorf("%d latencies up to %d, want that which counts and the first of the others", h.TotalCount(), h.Max())
	}
}

func TestProcFiles(t *testing.T) {
	busy, steal, ok := parseStat([]byte("cpu  100 20 30 4000 50 6 7 8 9 10\ncpu0 1 2 3\n"))
	if !ok || math.Abs(busy-1.63) > 1e-9 || steal != 0.08 {
		t.Errorf("stat: busy %v steal %v %v", busy, steal, ok)
	}
	for _, bad := range []string{"", "cpu 1 2", "cpu0 1 2 3 4 5 6 7 8 9", "cpu a b c d e f g h i"} {
		if _, _, ok := parseStat([]byte(bad)); ok {
			t.Errorf("stat %q was read", bad)
		}
	}
	if s, ok := parsePressure([]byte("some avg10=1.76 avg60=13.20 avg300=5.75 total=33563892\nfull avg10=0 total=1\n")); !ok || s != 33.563892 {
		t.Errorf("pressure %v %v", s, ok)
	}
	if _, ok := parsePressure([]byte("full total=1\n")); ok {
		t.Error("pressure without a some line was read")
	}
	for in, want := range map[[3]string]float64{
		{"max 100000", "", ""}:        0,
		{"150000 100000", "", ""}:     1.5,
		{"", "-1", "100000"}:          0,
		{"", "50000", "100000"}:       0.5,
		{"", "", ""}:                  0,
		{"max 100000", "50000", "10"}: 0,
	} {
		if got := cpuQuota(in[0], in[1], in[2]); got != want {
			t.Errorf("quota of %q is %v, want %v", in, got, want)
		}
	}
	if got := cpuinfo("processor: 0\nmodel name\t: Fast CPU: 3\nmodel name: other\n", "Model", "model name"); got != "Fast CPU: 3" {
		t.Errorf("cpuinfo %q", got)
	}
	if got := memTotal("MemTotal:       1024 kB\n"); got != 1<<20 {
		t.Errorf("memory %d", got)
	}
}

func TestFairness(t *testing.T) {
	for _, c := range []struct {
		x         []float64
		least, ja float64
	}{
		{[]float64{2, 2, 2}, 1, 1},
		{[]float64{1, 0}, 0, 0.5},
		{[]float64{1, 2, 3}, 1.0 / 3, 36.0 / 42},
		{[]float64{0, 0}, 1, 1},
	} {
		if l, j := fairness(c.x); math.Abs(l-c.least) > 1e-12 || math.Abs(j-c.ja) > 1e-12 {
			t.Errorf("%v: %v, %v", c.x, l, j)
		}
	}
}

// TestPerf: what this machine counts, it counts: a thread that touches fresh
// memory takes page faults.
func TestPerf(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	p := openPerf()
	defer p.close()
	if !p.has(1) {
		t.Skip("no software events here")
	}
	before := p.read()
	b := make([]byte, 64<<20)
	for i := 0; i < len(b); i += 4096 {
		b[i] = 1
	}
	runtime.KeepAlive(b)
	after := p.read()
	if n := after[1] - before[1]; n == 0 {
		t.Errorf("no page fault in 64 MiB of fresh memory")
	}
	for i := range counterNames {
		if after[i] < before[i] {
			t.Errorf("%s went backwards", counterNames[i])
		}
	}
}

// TestGate: workers that come one after the other start together, and each
// keeps the load on until the last has stamped.
func TestGate(t *testing.T) {
	const n = 3
	v := newFake()
	task := vmm.NewTask()
	defer task.Release()
	s := preset(t, "ownvma")
	l, _ := workload.Uniform(1)
	if err := s.Setup(v, task, l, n); err != nil {
		t.Fatal(err)
	}
	streams, err := s.Compile(l, n, 1)
	if err != nil {
		t.Fatal(err)
	}
	var g gate
	base := time.Now()
	time.Sleep(time.Millisecond)
	workers := make([]*worker, n)
	done := make(chan bool)
	for i := range workers {
		workers[i] = &worker{v: v, task: vmm.NewTask(), stream: streams[i], id: i, n: n, watch: newStopwatch(base, 0)}
		go func() {
			time.Sleep(time.Duration(i) * 3 * time.Millisecond)
			workers[i].throughput(&g, 2*time.Millisecond)
			done <- true
		}()
	}
	for range workers {
		<-done
	}
	for i, w := range workers {
		if w.begin.at != workers[0].begin.at || w.begin.at < int64(7*time.Millisecond) {
			t.Errorf("worker %d began at %v, worker 0 at %v", i, time.Duration(w.begin.at), time.Duration(workers[0].begin.at))
		}
		sp := span{w.begin, w.end}
		if sp.wall() < int64(2*time.Millisecond) {
			t.Errorf("worker %d's slice was %v long", i, time.Duration(sp.wall()))
		}
		if did := w.end.counts[workload.Fault]; did != w.end.stats[vmm.Success] || did > w.ops {
			t.Errorf("worker %d stamped %d ops and %d faults of %d", i, did, w.end.stats[vmm.Success], w.ops)
		}
		w.task.Release()
	}
}

func TestEnvironment(t *testing.T) {
	e := Environment()
	if e.CPUs < 1 || e.GoVersion == "" || e.CPU == "" || e.ClockNS <= 0 {
		t.Errorf("%+v", e)
	}
	seen := map[string]bool{}
	for _, f := range e.Facts {
		if f.Name == "" || f.Value == "" || seen[f.Name] {
			t.Errorf("fact %+v", f)
		}
		seen[f.Name] = true
		switch f.Verdict {
		case vOK:
			if f.Advice != "" {
				t.Errorf("%s is fine and has advice", f.Name)
			}
		case vWarn, vBad, vAbsent:
			if f.Advice == "" {
				t.Errorf("%s: verdict %s without advice", f.Name, f.Verdict)
			}
		default:
			t.Errorf("%s: verdict %q", f.Name, f.Verdict)
		}
	}
	for _, want := range []string{"cpu", "cpus", "clock", "counter", "jitter", "other processes", "hardware counters", "pinning", "cpu quota"} {
		if !seen[want] {
			t.Errorf("nothing about %s", want)
		}
	}
}

// TestStopwatch: both clocks count the same nanoseconds from the same moment.
func TestStopwatch(t *testing.T) {
	base := time.Now()
	system := newStopwatch(base, 0)
	if why := CounterUnfit(); why != "" {
		t.Skip(why)
	}
	tick, err := tickOf()
	if err != nil {
		t.Fatal(err)
	}
	counter := newStopwatch(base, tick)
	time.Sleep(50 * time.Millisecond)
	before, at, after := system.now(), counter.now(), system.now()
	const slack = int64(time.Millisecond) // of 50 ms and more: what the rate's error may add
	if at < before-slack || at > after+slack {
		t.Errorf("the counter says %v, the clock %v to %v", time.Duration(at), time.Duration(before), time.Duration(after))
	}
}
