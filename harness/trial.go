package harness

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"

	"vmabench/results"
	"vmabench/vmm"
)

// Subjects finds the constructor of a design by name.
type Subjects func(name string) (vmm.Design, bool)

// RunTrial runs one trial in this process, whose GOMAXPROCS, collector and
// thread affinities it changes: it is meant for a child process of one trial.
// The returned record is complete but for the guard's attempts.
func RunTrial(s *TrialSpec, find Subjects) (*results.Trial, error) {
	t := s.result()
	t.Started = time.Now().UTC().Format(time.RFC3339Nano)
	newMachine := func(vmm.Config) vmm.Machine { return nil }
	if s.Design != "" {
		d, ok := find(s.Design)
		if !ok {
			return nil, fmt.Errorf("unknown design %q", s.Design)
		}
		newMachine = d.New
	}
	runtime.GOMAXPROCS(s.Procs)
	if s.Kind == results.Footprint {
		return t, footprint(s, newMachine, t)
	}
	if s.Kind == results.Latency && s.Goroutines > 0 {
		return nil, errors.New("the workers of a latency trial have a thread each")
	}
	tr, err := setup(s, newMachine)
	if err != nil {
		return nil, err
	}
	defer tr.close()
	defer tr.onHang(os.Stderr)()
	tr.measure()
	tr.guard.finish(tr, t)
	if s.Kind == results.Latency {
		tr.reportLatency(t)
	} else {
		tr.reportThroughput(t)
	}
	if tr.v != nil {
		if err := tr.v.Check(tr.task); err != nil {
			return nil, fmt.Errorf("the address space is corrupt after the run: %w", err)
		}
	}
	return t, nil
}

// trial is a running throughput or latency trial.
type trial struct {
	spec    *TrialSpec
	v       vmm.VMM
	task    *vmm.Task
	workers []*worker
	gate    gate
	base    time.Time
	cpus    []seat
	turns   int  // of cpus, from the first on, that workers take turns on
	over    bool // more threads than CPUs
	shared  int  // CPUs that workers share as goroutines; 0 is a thread each
	guard   guard

	start    []chan struct{} // one slot a worker: perform for length
	length   time.Duration
	done     sync.WaitGroup // workers in a slice
	exited   sync.WaitGroup
	warm     []slice
	accepted []slice
	rejected []slice
	due      uint64 // heap bytes allocated when garbage was last collected
	kept     [][]byte
}

// collectAt is how much garbage may gather before it is collected between
// slices. Together with the warm-up it keeps a slice on memory that this
// process has touched before.
const collectAt = 24 << 20

// memoryLimit is where the collector runs inside a slice rather than let the
// process eat the machine; a trial in which it did is marked.
const memoryLimit = 4 << 30

func setup(s *TrialSpec, newMachine func(vmm.Config) vmm.Machine) (*trial, error) {
	l, err := s.layout()
	if err != nil {
		return nil, err
	}
	n := s.workers()
	streams, err := s.Workload.Compile(l, n, s.Seed)
	if err != nil {
		return nil, err
	}
	tr := &trial{spec: s, base: time.Now(), cpus: seats(AllowedCPUs(), topologyOf), task: vmm.NewTask()}
	tr.over, tr.turns = s.Procs > len(tr.cpus), among(tr.cpus, s.Procs)
	tr.kept = s.scatter()
	if m := newMachine(s.Config); m != nil {
		tr.v = m.NewVMM(tr.task)
		if err := s.Workload.Setup(tr.v, tr.task, l, n); err != nil {
			return nil, err
		}
	}
	watch := newStopwatch(tr.base, s.TickNS)
	for i := range streams {
		w := &worker{v: tr.v, task: vmm.NewTask(), stream: streams[i], id: i, n: n, watch: watch, shared: s.Goroutines > 0}
		if s.Config.Page == vmm.PageZero {
			w.task.Zero = make([]byte, vmm.PageSize)
		}
		if s.Kind == results.Latency {
			w.lat = newLatency(s, w)
		}
		tr.workers = append(tr.workers, w)
		tr.start = append(tr.start, make(chan struct{}, 1))
	}
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(memoryLimit)
	tr.launch()
	return tr, nil
}

// launch starts the workers and waits until those with threads have their CPUs.
func (tr *trial) launch() {
	tr.exited.Add(len(tr.workers))
	if tr.spec.Goroutines > 0 {
		tr.confine()
		for i, w := range tr.workers {
			go tr.share(w, tr.start[i])
		}
		return
	}
	ready := make(chan error, len(tr.workers))
	for i := range tr.workers {
		go tr.work(i, ready)
	}
	for range tr.workers {
		if e := <-ready; e != nil {
			tr.guard.note("%v", e)
		}
	}
}

// work is a worker's thread: one slice for each token, until the channel is
// closed. Repetitions start at different CPUs, so that no design keeps one.
func (tr *trial) work(i int, ready chan<- error) {
	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
	defer tr.exited.Done()
	ready <- tr.place(tr.cpus[(i+tr.spec.Rep)%tr.turns].cpu)
	w := tr.workers[i]
	w.task.OwnThread()
	w.perf, w.queue = openPerf(), OpenRunQueue()
	defer w.perf.close()
	defer w.queue.Close()
	for range tr.start[i] {
		if w.lat != nil {
			w.openLoop(&tr.gate, tr.length)
		} else {
			w.throughput(&tr.gate, tr.length)
		}
		tr.done.Done()
	}
	w.task.Release()
}

// place puts the calling thread on its CPU.
func (tr *trial) place(cpu int) error {
	if err := pin(cpu); err != nil {
		return fmt.Errorf("threads are not pinned: %w", err)
	}
	// Two real-time threads of one CPU could wait for each other for ever.
	if tr.spec.FIFO && !tr.over {
		if err := realtime(); err != nil {
			return fmt.Errorf("no real-time scheduling: %w", err)
		}
	}
	return nil
}

// measure runs the slices: the warm-up, then as many as the plan wants, and
// spare ones in place of those in which a worker did not get its CPU.
func (tr *trial) measure() {
	timing := tr.spec.Timing
	runtime.GC()
	for range timing.Warm {
		tr.warm = append(tr.warm, tr.slice())
	}
	runtime.GC()
	tr.due = allocated()
	tr.guard.reset()
	for n := 0; n < timing.Slices+timing.Spare && len(tr.accepted) < timing.Slices; n++ {
		sl := tr.slice()
		if sl.why = tr.judge(&sl); sl.why == "" {
			tr.accepted = append(tr.accepted, sl)
		} else {
			tr.rejected = append(tr.rejected, sl)
		}
		tr.mergeLatency(sl.why == "")
	}
}

// runIn is how long the workers perform before a slice whose process had
// stopped: others have used the caches since, which hold some megabytes.
const runIn = time.Millisecond / 2

// slice waits for the process's turn, lets all workers perform one slice and
// returns what they did.
func (tr *trial) slice() slice {
	if tr.spec.Turns {
		stopSelf()
	}
	if allocated()-tr.due >= collectAt {
		runtime.GC()
		tr.due = allocated()
	}
	tr.guard.start()
	if tr.spec.Turns {
		tr.perform(runIn)
	}
	gcs, allocs := collections(), allocated()
	all := meter(func() { tr.perform(tr.spec.Timing.Slice) })
	tr.guard.stop()
	sl := slice{workers: make([]span, len(tr.workers)), all: all, gcs: collections() - gcs, alloc: allocated() - allocs}
	for i, w := range tr.workers {
		sl.workers[i] = span{w.begin, w.end}
	}
	if tr.spec.FIFO {
		time.Sleep(tr.spec.Timing.Slice)
	}
	return sl
}

// perform lets all workers perform for d.
func (tr *trial) perform(d time.Duration) {
	tr.length = d
	tr.gate.reset()
	tr.done.Add(len(tr.workers))
	for _, c := range tr.start {
		c <- struct{}{}
	}
	tr.done.Wait()
}

func (tr *trial) close() {
	for _, c := range tr.start {
		close(c)
	}
	tr.exited.Wait()
	tr.task.Release()
}

// allocated returns the bytes allocated on the heap since the process began.
func allocated() uint64 { return readMetric("/gc/heap/allocs:bytes") }

// collections returns the number of collections since the process began.
func collections() uint64 { return readMetric("/gc/cycles/total:gc-cycles") }

func readMetric(name string) uint64 {
	s := [1]metrics.Sample{{Name: name}}
	metrics.Read(s[:])
	if s[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return s[0].Value.Uint64()
}
