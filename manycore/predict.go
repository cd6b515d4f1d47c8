//go:build vmasim

package manycore

import (
	"errors"
	"fmt"
	"maps"
	"runtime"
	"runtime/debug"
	"slices"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"vmabench/internal/atomic"
	"vmabench/vmm"
	"vmabench/workload"
)

// Case is one point to predict.
type Case struct {
	Machine  *Machine
	Design   vmm.Design
	Config   vmm.Config
	MapNS    float64 // an mmap's or munmap's own time beside what is simulated
	Spec     workload.Spec
	Layout   *workload.Layout
	CPUs     int // simulated threads
	OnCPUs   int // they run on so many CPUs; 0 is one each, as far as the machine has them
	Seed     uint64
	Shared   Shared
	WarmNS   int64 // simulated time before counting begins
	WindowNS int64 // simulated time that is counted
}

// Prediction is what the simulated machine did in the window.
type Prediction struct {
	Ops      int64
	Failed   int64
	OpsPerS  float64
	CPUNS    float64 // CPU time an operation, waiting for lines and spinning included
	Roles    map[string]*RoleResult
	Events   vmm.LockStats
	Waits    atomic.WaitStats
	Accesses int64
	Lines    []LineCost // the costliest first
}

// RoleResult is what the workers of one role did.
type RoleResult struct {
	Workers []int64        // operations of each
	Ops     int64          // of all
	Latency *hdr.Histogram // simulated nanoseconds an operation
}

// simWorker is one simulated thread at its stream.
type simWorker struct {
	id     int
	v      vmm.VMM
	task   *vmm.Task
	stream workload.Stream
	kernel *kernel
	cpu    int
	mapNS  int64  // an mmap's or munmap's own time
	steady func() // called when the first counted operation begins

	at     int
	last   vmm.Addr
	lastOK bool
	maps   []vmm.Mapping
	ops    int64 // ops begun in the window
	failed int64
	hist   *hdr.Histogram
}

// Predict runs one case. It is deterministic: the same Case gives the same
// Prediction. It turns the collector off while it runs, because where new
// objects lie must not depend on when garbage is collected.
func (c *Case) Predict() (*Prediction, error) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	runtime.GC()
	sim := New(c.Machine, c.Seed)
	var workers []*simWorker
	var setupErr error
	atomic.Run(sim, func() { workers, setupErr = c.setup(sim) })
	if setupErr != nil {
		return nil, setupErr
	}
	defer func() {
		for _, w := range workers {
			w.task.Release()
		}
	}()
	for _, w := range workers {
		w.steady = sim.steady
		sim.goOn(w.cpu, &w.task.Task, func() { w.run(c.WarmNS, c.WarmNS+c.WindowNS) })
	}
	if err := sim.Run(); err != nil {
		return nil, fmt.Errorf("%s, %s, %d CPUs: %w", c.Design.Name, c.Spec.FullName(), c.CPUs, err)
	}
	return c.collect(sim, workers), nil
}

// cpu returns the CPU of thread i.
func (c *Case) cpu(i int) int {
	if c.OnCPUs > 0 {
		i %= c.OnCPUs
	}
	return c.Machine.CPU(i)
}

// setup builds the address space and the workers. No thread runs yet.
func (c *Case) setup(sim *Sim) ([]*simWorker, error) {
	boot := vmm.NewTask()
	defer boot.Release()
	boot.InFault = func(bool) {}
	config := c.Config
	config.Page = vmm.PageModel
	v := c.Design.New(config).NewVMM(boot)
	if err := c.Spec.Setup(v, boot, c.Layout, c.CPUs); err != nil {
		return nil, err
	}
	streams, err := c.streams()
	if err != nil {
		return nil, err
	}
	if err := warm(v, boot); err != nil {
		return nil, err
	}
	k := newKernel(sim, c.Shared, c.CPUs)
	workers := make([]*simWorker, c.CPUs)
	hists := map[string]*hdr.Histogram{} // one a role: one thread runs at a time
	for i := range workers {
		role := streams[i].Role
		if hists[role] == nil {
			hists[role] = hdr.New(1, 1_000_000_000, 2)
		}
		workers[i] = &simWorker{
			id: i, v: v, task: vmm.NewTask(), stream: streams[i], kernel: k, cpu: c.cpu(i), mapNS: int64(c.MapNS),
			hist: hists[role],
		}
		w := workers[i]
		w.task.InFault = func(first bool) { k.inside(w.id, w.cpu, &w.task.Task, first) }
		atomic.Kind(w.task, "task")
		workers[i].at = i * 37 % len(streams[i].Ops) // workers do not march in step
	}
	return workers, nil
}

// compiled are the streams of the case before: the designs of a workload have
// the same, and compiling takes as long as predicting.
var compiled struct {
	name    string
	cpus    int
	seed    uint64
	streams []workload.Stream
}

func (c *Case) streams() ([]workload.Stream, error) {
	name, last := c.Spec.FullName(), &compiled
	if last.name != name || last.cpus != c.CPUs || last.seed != c.Seed {
		st, err := c.Spec.Compile(c.Layout, c.CPUs, c.Seed)
		if err != nil {
			return nil, err
		}
		last.name, last.cpus, last.seed, last.streams = name, c.CPUs, c.Seed, st
	}
	return last.streams, nil
}

// warm writes once to every VMA: one gets its anon_vma at its first write, under
// mmap_lock, and a process that has run for a while has that behind it.
func warm(v vmm.VMM, t *vmm.Task) error {
	all, err := v.Maps(t, nil)
	if err != nil {
		return fmt.Errorf("first touch: %w", err)
	}
	for _, m := range all {
		if m.Prot&vmm.ProtWrite == 0 || m.File.ID != 0 {
			continue
		}
		if err := v.Fault(t, m.Start, vmm.AccessWrite); err != nil && !errors.Is(err, vmm.EFAULT) {
			return fmt.Errorf("first touch: %w", err)
		}
	}
	return nil
}

// run performs the stream until the window ends and counts what begins in it.
func (w *simWorker) run(start, end int64) {
	for atomic.Now() < start {
		_ = w.one() // warm-up; failures are counted in the window
	}
	w.task.Stats, w.task.Waits = vmm.LockStats{}, atomic.WaitStats{}
	w.steady()
	for {
		from := atomic.Now()
		if from >= end {
			return
		}
		err := w.one()
		w.ops++
		if err != nil {
			w.failed++
		}
		w.hist.RecordValue(min(atomic.Now()-from, 1_000_000_000))
	}
}

// one performs the stream's next operation.
func (w *simWorker) one() error {
	op := w.stream.Ops[w.at]
	if w.at++; w.at == len(w.stream.Ops) {
		w.at = 0
	}
	t := w.task
	if w.mapNS > 0 && op.Kind() == workload.MapAt || w.mapNS > 0 && op.Kind() == workload.UnmapAt {
		atomic.Work(w.mapNS)
	}
	switch op.Kind() {
	case workload.Fault:
		return w.fault(op.Addr(), op.Access())
	case workload.FaultIn:
		return w.fault(w.last+op.Addr(), op.Access())
	case workload.Map:
		a, err := w.v.Mmap(t, 0, op.Length(), op.Prot(), 0, vmm.File{})
		w.last, w.lastOK = a, err == nil
		return err
	case workload.MapAt:
		_, err := w.v.Mmap(t, op.Addr(), op.Length(), op.Prot(), vmm.MapFixed, vmm.File{})
		return err
	case workload.Unmap:
		if !w.lastOK {
			return vmm.EINVAL
		}
		w.lastOK = false
		return w.v.Munmap(t, w.last, op.Length())
	case workload.UnmapAt:
		return w.v.Munmap(t, op.Addr(), op.Length())
	case workload.Protect:
		return w.v.Mprotect(t, op.Addr(), op.Length(), op.Prot())
	case workload.Drop:
		return w.v.Madvise(t, op.Addr(), op.Length(), vmm.DontNeed)
	case workload.Fork:
		child, err := w.v.Fork(t)
		if err == nil {
			child.Exit(t)
		}
		return err
	}
	var err error
	w.maps, err = w.v.Maps(t, w.maps[:0])
	return err
}

// fault is one page fault with what it costs beside the address space.
func (w *simWorker) fault(addr vmm.Addr, access vmm.Access) error {
	w.kernel.outside()
	return w.v.Fault(w.task, addr, access)
}

// collect sums what the workers did.
func (c *Case) collect(sim *Sim, workers []*simWorker) *Prediction {
	p := &Prediction{Roles: map[string]*RoleResult{}}
	for _, w := range workers {
		p.Ops += w.ops
		p.Failed += w.failed
		p.Events.Add(&w.task.Stats)
		p.Waits.Spins += w.task.Waits.Spins
		p.Waits.Parks += w.task.Waits.Parks
		p.Waits.Wakes += w.task.Waits.Wakes
		r := p.Roles[w.stream.Role]
		if r == nil {
			r = &RoleResult{Latency: w.hist}
			p.Roles[w.stream.Role] = r
		}
		r.Workers = append(r.Workers, w.ops)
		r.Ops += w.ops
	}
	c.account(p, sim)
	return p
}

// account fills in what follows from the operations and from the simulation.
func (c *Case) account(p *Prediction, sim *Sim) {
	var onCPU int64
	for _, th := range sim.threads {
		p.Accesses += th.stats.Accesses
		onCPU += th.stats.BusyPS + th.stats.MissPS - th.warm
	}
	p.OpsPerS = float64(p.Ops) / (float64(c.WindowNS) * 1e-9)
	if p.Ops > 0 {
		p.CPUNS = float64(onCPU) / ps / float64(p.Ops)
	}
	p.Lines = sim.explain(p.Ops)
}

// roleNames returns the roles in a fixed order.
func (p *Prediction) roleNames() []string { return slices.Sorted(maps.Keys(p.Roles)) }
