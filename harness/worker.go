package harness

import (
	"sync/atomic"
	"time"

	vmatomic "vmabench/internal/atomic"
	"vmabench/vmm"
	"vmabench/workload"
)

// clockEvery is how many short ops worker 0 performs between looks at the
// clock: 24 ns in 64 ops are 0.4 ns an op. Longer ops count for more.
const clockEvery = 64

// opCost is what an op takes off clockEvery, in faults.
var opCost = [workload.NumKinds]int{
	workload.Map: 8, workload.MapAt: 8, workload.Unmap: 8, workload.UnmapAt: 8,
	workload.Peek: 1, workload.Protect: 8, workload.Break: 8, workload.Drop: 16, workload.Fork: clockEvery, workload.Scan: clockEvery,
}

// gate is where the workers of a slice meet. Each word has a line of its own.
type gate struct {
	_       [128]byte
	stop    atomic.Bool // set by who looks at the clock, polled by all: ends the slice
	_       [127]byte
	ready   atomic.Int32 // workers at the start barrier
	_       [124]byte
	open    atomic.Int64 // clock at which the slice began, 0 before; set by the last to arrive
	_       [120]byte
	stamped atomic.Int32 // workers whose end is stamped
	_       [124]byte
	ended   atomic.Int64 // clock at which a slice of goroutines ended, 0 before; set by the first to leave
	_       [120]byte
}

// reset readies the gate for a slice. No worker may be in one.
func (g *gate) reset() {
	g.stop.Store(false)
	g.ready.Store(0)
	g.open.Store(0)
	g.stamped.Store(0)
	g.ended.Store(0)
}

// spinsBeforeYield bounds the spinning at a barrier when there are more
// workers than CPUs.
const spinsBeforeYield = 2000

// meet waits until all n workers are here and returns the common start time.
func (g *gate) meet(n int, w *stopwatch) int64 {
	if int(g.ready.Add(1)) == n {
		g.open.Store(w.now())
	}
	for i := 1; ; i++ {
		if at := g.open.Load(); at != 0 {
			return at
		}
		if i%spinsBeforeYield == 0 {
			osYield()
		}
	}
}

// counterNames are the events of the system that each worker counts, as units
// of an op; perfEvents has them in the same order.
var counterNames = [5]string{"migrations/op", "os-faults/op", "cycles/op", "instructions/op", "cache-misses/op"}

// stamp is a worker's state at one moment.
type stamp struct {
	at     int64
	use    usage
	counts [workload.NumKinds]uint64
	failed uint64
	stats  vmm.LockStats
	waits  vmatomic.WaitStats
	perf   [len(counterNames)]uint64
	queued int64 // nanoseconds in the run queue; -1 is unknown
}

// worker performs one stream. Its fields are its own while a slice runs and
// the coordinator's between slices.
type worker struct {
	_      [128]byte
	v      vmm.VMM
	task   *vmm.Task
	stream workload.Stream
	id, n  int
	watch  stopwatch

	at       int                       // next op of the stream
	ops      uint64                    // done, of all kinds
	cost     int                       // see long
	last     vmm.Addr                  // what the last Map returned
	lastOK   bool                      // and whether it is still mapped
	shared   bool                      // a goroutine among others: worker 0 may have no turn, so that each looks at the clock
	counts   [workload.NumKinds]uint64 // done, of the kinds that are not faults
	failed   uint64
	maps     []vmm.Mapping // room for Scan
	deadline int64         // when the slice ends

	begin, end stamp // of the slice that ran last
	lat        *latency
	perf       perf
	queue      RunQueue
	_          [128]byte
}

// throughput performs one slice: as many ops as fit.
func (w *worker) throughput(g *gate, slice time.Duration) {
	at := g.meet(w.n, &w.watch)
	w.deadline = at + int64(slice)
	w.begin = w.stamp()
	w.begin.at = at
	w.run(g)
	w.end = w.stamp()
	g.stamped.Add(1)
	for int(g.stamped.Load()) < w.n {
		w.one()
	}
}

// stamp is the worker's state now, with what the system counts of its thread.
func (w *worker) stamp() stamp {
	at, use := w.watch.now(), threadUsage()
	s := w.tally(at)
	s.use, s.perf = use, w.perf.read()
	if ns, ok := w.queue.Waited(); ok {
		s.queued = ns
	}
	return s
}

// tally is what the worker itself has counted; at is the clock.
func (w *worker) tally(at int64) stamp {
	s := stamp{at: at, counts: w.counts, failed: w.failed, stats: w.task.Stats, waits: w.task.Waits, queued: -1}
	s.counts[workload.Fault] = w.ops
	for _, n := range w.counts {
		s.counts[workload.Fault] -= n
	}
	return s
}

// run performs ops until the slice stops. It is the measured loop: blocks of
// clockEvery ops, after which worker 0, or every goroutine, looks at the clock. The faults are what is
// left of the ops when the others are subtracted.
func (w *worker) run(g *gate) {
	ops := w.stream.Ops
	for !g.stop.Load() {
		n := w.block(g, ops[w.at:min(w.at+clockEvery, len(ops))])
		w.ops += uint64(n)
		if w.at += n; w.at == len(ops) {
			w.at = 0
		}
		if (w.id == 0 || w.shared) && w.watch.now() >= w.deadline {
			g.stop.Store(true)
		}
	}
}

// block performs ops until they end, the slice stops or it is time to look at
// the clock, and returns how many. All that it adds to the call is the load of
// the op and of the stop word: whatever else is live in the loop would be put on
// the stack and fetched again around each call.
func (w *worker) block(g *gate, ops []workload.Op) (n int) {
	if w.stream.Outside > 0 {
		return w.apart(g, ops)
	}
	for i, op := range ops {
		if g.stop.Load() {
			return i
		}
		k, addr := op.Kind(), op.Addr()
		if k > workload.FaultIn {
			if w.change(op); w.long(k) {
				return i + 1
			}
			continue
		}
		if k == workload.FaultIn {
			addr += w.last
		}
		if w.v.Fault(w.task, addr, op.Access()) != nil {
			w.failed++
		}
	}
	return len(ops)
}

// apart is block with work between the ops.
func (w *worker) apart(g *gate, ops []workload.Op) (n int) {
	for i := range ops {
		if g.stop.Load() {
			return i
		}
		if k := w.perform(ops[i]); k > workload.FaultIn && w.long(k) {
			return i + 1
		}
		rest(w.stream.Outside)
	}
	return len(ops)
}

// long reports whether the ops that are not faults have taken as long as a
// block of faults since it last said so: it is time to look at the clock.
func (w *worker) long(k workload.Kind) bool {
	if w.cost += opCost[k]; w.cost < clockEvery {
		return false
	}
	w.cost = 0
	return true
}

// one performs the next op, whatever it is.
func (w *worker) one() workload.Kind {
	op := w.stream.Ops[w.at]
	if w.at++; w.at == len(w.stream.Ops) {
		w.at = 0
	}
	w.ops++
	return w.perform(op)
}

// perform performs an op and returns its kind.
func (w *worker) perform(op workload.Op) workload.Kind {
	k := op.Kind()
	if k > workload.FaultIn {
		w.change(op)
		return k
	}
	addr := op.Addr()
	if k == workload.FaultIn {
		addr += w.last
	}
	if w.v.Fault(w.task, addr, op.Access()) != nil {
		w.failed++
	}
	return k
}

// change performs an op that is not a fault.
func (w *worker) change(op workload.Op) {
	var err error
	k := op.Kind()
	switch k {
	case workload.Map:
		flags, file := w.mapping(op)
		w.last, err = w.v.Mmap(w.task, 0, op.Length(), op.Prot(), flags, file)
		w.lastOK = err == nil
	case workload.MapAt:
		flags, file := w.mapping(op)
		_, err = w.v.Mmap(w.task, op.Addr(), op.Length(), op.Prot(), flags|vmm.MapFixed, file)
	case workload.Unmap:
		if w.lastOK {
			err = w.v.Munmap(w.task, w.last, op.Length())
		} else {
			err = vmm.EINVAL
		}
		w.lastOK = false
	case workload.UnmapAt:
		err = w.v.Munmap(w.task, op.Addr(), op.Length())
	case workload.Protect:
		err = w.v.Mprotect(w.task, op.Addr(), op.Length(), op.Prot())
	case workload.Drop:
		err = w.v.Madvise(w.task, op.Addr(), op.Length(), vmm.DontNeed)
	case workload.Break:
		_, err = w.v.Brk(w.task, op.Addr())
	case workload.Fork:
		var child vmm.VMM
		if child, err = w.v.Fork(w.task); err == nil {
			child.Exit(w.task)
		}
	case workload.Peek:
		_, err = w.v.Peek(w.task, op.Addr())
	case workload.Scan:
		w.maps, err = w.v.Maps(w.task, w.maps[:0])
	}
	w.counts[k]++
	if err != nil {
		w.failed++
	}
}

// mapping returns the flags and the file of a Map or MapAt.
func (w *worker) mapping(op workload.Op) (flags vmm.MapFlags, file vmm.File) {
	if op.Shared() {
		flags = vmm.MapShared
	}
	if op.File() {
		file.ID = uint32(w.id) + 1
	}
	return flags, file
}

// rest is the work between two ops: turns of an empty loop, which touch no
// memory.
//
//go:noinline
func rest(turns int) {
	for range turns {
	}
}
