package vmmtest

import (
	"runtime"
	"sync/atomic"
	"time"

	door "vmabench/internal/atomic"
	"vmabench/vmm"
)

func yield() { runtime.Gosched() }

// checkReadersShare: faults on resident pages of one VMA, and nothing else,
// wait for nobody: none may ever sleep. (One that spins is found where threads
// are switched on purpose.)
func checkReadersShare(d vmm.Design, o Options) []Violation {
	const (
		base    = vmm.Addr(0x4000_0000)
		apart   = vmm.Addr(2 << 20) // page tables of their own: their locks do not count here
		readers = 4
	)
	p := newPlayer(d, vmm.Config{})
	v := p.spaces[0]
	if _, err := v.Mmap(p.task, base, uint64(readers*apart), 3, vmm.MapFixed, vmm.File{ID: 1}); err != nil {
		return violation(WrongResult, "mmap: %v", err)
	}
	c := newCrew(d, o)
	for i := range c.add("reader", readers) {
		if err := v.Fault(p.task, base+vmm.Addr(i)*apart, vmm.AccessWrite); err != nil {
			return violation(WrongResult, "fault: %v", err)
		}
	}
	vs := c.run(func(w *worker) {
		at := base
		for i := range c.workers {
			if c.workers[i] == w {
				at += vmm.Addr(i) * apart
			}
		}
		for i := 0; i < 20_000 && w.live(); i++ {
			w.want("fault on a resident page", v.Fault(w.task, at, vmm.Access(i%2)), nil)
			if i%16 == 0 {
				yield()
			}
			if w.task.Waits.Parks > 0 {
				w.fail(ReadersBlock, "a fault on a resident page slept, and only such faults run")
			}
		}
	})
	return finish(vs, p)
}

// checkWriterProgress: however many faults there are, a mapper gets in.
// Starved is a mapper past which the readers took both a long time and very
// many faults; either alone can be the machine's doing.
func checkWriterProgress(d vmm.Design, o Options) []Violation {
	const (
		starvedAfter  = time.Second
		starvedFaults = 20_000
		at            = vmm.Addr(0x4000_0000)
	)
	p := newPlayer(d, vmm.Config{})
	v := p.spaces[0]
	if _, err := v.Mmap(p.task, at, 4*vmm.PageSize, 3, vmm.MapFixed, vmm.File{}); err != nil {
		return violation(WrongResult, "mmap: %v", err)
	}
	if err := v.Fault(p.task, at, vmm.AccessWrite); err != nil {
		return violation(WrongResult, "fault: %v", err)
	}
	c := newCrew(d, o)
	mapper := c.add("mapper", 1)[0]
	readers := c.add("reader", 4)
	var done atomic.Uint64 // the mapper's finished steps
	var since atomic.Int64 // when the one under way began
	clock := time.Now()
	since.Store(int64(time.Hour))
	return finish(c.run(func(w *worker) {
		if w == mapper {
			for _, r := range readers {
				for r.ops.Load() < 8 && !c.abort.Load() {
					yield() // until all are at it
				}
			}
			since.Store(int64(time.Since(clock)))
			for i := 0; i < o.scale(200) && w.live(); i++ {
				w.want("mprotect beside faults", v.Mprotect(w.task, at+vmm.PageSize, vmm.PageSize, vmm.Prot(1+i%2)), nil)
				since.Store(int64(time.Since(clock)))
				done.Add(1)
			}
			return
		}
		step, passed := done.Load(), 0
		for !mapper.done.Load() && w.live() {
			w.want("fault beside mprotect", v.Fault(w.task, at, vmm.AccessRead), nil)
			yield()
			if n := done.Load(); n != step {
				step, passed = n, 0
			}
			passed++
			if waited := time.Since(clock) - time.Duration(since.Load()); passed > starvedFaults/len(readers) && waited > starvedAfter {
				w.fail(WriterStarved, "a mapper waited %v while this reader alone made %d faults", waited, passed)
			}
		}
	}), p)
}

// isMeasured: d is a proposal, in the build that measures.
func isMeasured(d vmm.Design) bool { return !d.Control && !door.Simulated }

// checkAllocs: a fault on a resident page allocates nothing, and a pair of mmap
// and munmap only the index's own garbage.
func checkAllocs(d vmm.Design, o Options) []Violation {
	const at = vmm.Addr(0x2000_0000)
	p := newPlayer(d, vmm.Config{})
	defer p.close()
	v := p.spaces[0]
	for i := range 64 { // so that the index has inner nodes
		if _, err := v.Mmap(p.task, at+vmm.Addr(i*2*vmm.PageSize), vmm.PageSize, 3, vmm.MapFixed, vmm.File{}); err != nil {
			return violation(WrongResult, "mmap: %v", err)
		}
	}
	fault := func() {
		for i := range 64 {
			if err := v.Fault(p.task, at+vmm.Addr(i*2*vmm.PageSize), vmm.AccessWrite); err != nil {
				panic(err)
			}
		}
	}
	fault()
	if n := bytesPerRun(100, fault); n > 0 {
		return violation(Allocates, "64 faults on resident pages allocate %d bytes", n)
	}
	pair := func() {
		if _, err := v.Mmap(p.task, at+vmm.PageSize, vmm.PageSize, vmm.ProtRead, vmm.MapFixed, vmm.File{}); err != nil {
			panic(err)
		}
		if err := v.Munmap(p.task, at+vmm.PageSize, vmm.PageSize); err != nil {
			panic(err)
		}
	}
	for range 256 { // until the slabs hold what waits for a grace period
		pair()
	}
	if n := bytesPerRun(o.scale(2000), pair); n > 2*bytesPerEdit {
		return violation(Allocates, "a pair of mmap and munmap allocates %d bytes, more than %d an edit", n, bytesPerEdit)
	}
	return nil
}

// bytesPerEdit bounds what one change of the index leaves to the collector.
const bytesPerEdit = 320

// bytesPerRun returns how many bytes a call of f allocates, on average.
func bytesPerRun(runs int, f func()) uint64 {
	var before, after runtime.MemStats
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	runtime.ReadMemStats(&before)
	for range runs {
		f()
	}
	runtime.ReadMemStats(&after)
	return (after.TotalAlloc - before.TotalAlloc) / uint64(runs)
}
