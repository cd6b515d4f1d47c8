package targets

import (
	"slices"
	"time"

	"vmabench/harness"
	"vmabench/variants/mmaponly"
	"vmabench/variants/refcount"
	"vmabench/variants/rwsem"
	"vmabench/vmm"
	"vmabench/workload"
)

// overFloor is a fault against one that takes no lock.
func overFloor(n int, stream func(arenaNo, n int) []vmm.Addr) func(*Env) pair {
	return func(e *Env) pair {
		s := stream(0, n)
		floor := e.space(refcount.NoLock(vmm.Config{}), 1, n)
		return pair{a: one(e.Faults(e.Refcount(1, n), s)), b: one(e.Faults(floor, s))}
	}
}

// direct returns the loop of faults without the interface Between.
func (e *Env) direct(v vmm.VMM, stream []vmm.Addr) func(n int) {
	t, at := e.Task(), 0
	return func(n int) {
		next, failed := refcount.FaultDirect(v, t, stream, at, n)
		at = next
		none(failed)
	}
}

// ownVMAs is a side of two threads that fault in VMAs of their own, and one of
// one of them.
func ownVMAs(d vmm.Design) func(*Env) (both, alone *side) {
	return func(e *Env) (both, alone *side) {
		v := e.space(d.New(vmm.Config{}), 2, 500)
		a, b := LocalPages(0, 500), LocalPages(1, 500)
		return two(e.Faults(v, a), e.Faults(v, b)), one(e.Faults(v, a))
	}
}

// scaling is the throughput of two threads over that of one.
func scaling(d vmm.Design) func(*Env) pair {
	return func(e *Env) pair {
		both, alone := ownVMAs(d)(e)
		return pair{a: both, b: alone, ratio: throughput}
	}
}

// ownSpaces is scaling in two address spaces of two machines, which share nothing
// that this module made: what the CPUs allow.
func ownSpaces(d vmm.Design) func(*Env) pair {
	return func(e *Env) pair {
		v, w := e.space(d.New(vmm.Config{}), 1, 500), e.space(d.New(vmm.Config{}), 1, 500)
		s, other := LocalPages(0, 500), LocalPages(0, 500)
		return pair{a: two(e.Faults(v, s), e.Faults(w, other)), b: one(e.Faults(v, s)), ratio: throughput}
	}
}

// throughput is that of two threads over that of one, by the times of an op.
func throughput(two, one float64) float64 { return 2 * one / two }

// How often writers come beside a fault: a mapper is inside an operation for a
// share of the time; an mprotect of the same VMA, which may have to sleep until
// the fault has left, starts at intervals.
const (
	mapperDuty    = 0.25
	protectPeriod = 200 * time.Microsecond
)

// besideMapper is a random fault beside a thread that maps and unmaps elsewhere.
func besideMapper(d vmm.Design, n int, duty float64) func(*Env) pair {
	return func(e *Env) pair {
		v, w := e.space(d.New(vmm.Config{}), 1, n), e.space(d.New(vmm.Config{}), 1, n)
		s := RandomPages(0, n)
		beside := fullRate(e.mapper(v))
		if duty < 1 {
			beside = paced(duty, e.mapper(v))
		}
		return pair{a: one(e.Faults(v, s)).with(beside), b: one(e.Faults(w, s))}
	}
}

// globalBesideMapper is a fault beside the same mapper in two designs.
func globalBesideMapper(e *Env) pair {
	v, w := e.space(mmaponly.Design.New(vmm.Config{}), 1, 1000), e.Refcount(1, 1000)
	s := RandomPages(0, 1000)
	return pair{a: one(e.Faults(v, s)).with(fullRate(e.mapper(v))), b: one(e.Faults(w, s)).with(fullRate(e.mapper(w)))}
}

// mapperBesideFaults is the mapper of globalBesideMapper, whose faults are beside it.
func mapperBesideFaults(e *Env) pair {
	v, w := e.space(mmaponly.Design.New(vmm.Config{}), 1, 1000), e.Refcount(1, 1000)
	s := RandomPages(0, 1000)
	return pair{a: one(e.MapUnmap(v)).with(e.Faults(v, s)), b: one(e.MapUnmap(w)).with(e.Faults(w, s))}
}

// window is how many faults share a look at the clock where percentiles are
// asked for, so that the clock is a small part of what it measures.
const window = 8

// percentile makes s report a percentile of the time of a fault.
func (e *Env) percentile(v vmm.VMM, stream []vmm.Addr, q float64) *side {
	base, loop := time.Now(), e.Faults(v, stream)
	var times []time.Duration
	s := one(func(n int) {
		last := time.Since(base)
		for range n {
			loop(window)
			now := time.Since(base)
			if len(times) < cap(times) {
				times = append(times, now-last)
			}
			last = now
		}
	})
	times = make([]time.Duration, 0, 1<<18)
	s.before = func() { times = times[:0] }
	s.value = func() float64 {
		slices.Sort(times)
		return float64(times[int(q*float64(len(times)-1))]) / window
	}
	return s
}

// hotPages is the size of the one VMA that a fault shares with an mprotect.
const hotPages = 512

// besideProtect is a percentile of a fault in a VMA that another thread splits
// and joins again by mprotect, against the same alone.
func besideProtect(q float64) func(*Env) pair {
	return func(e *Env) pair {
		var vs [2]vmm.VMM
		t := e.Task()
		stream := make([]vmm.Addr, hotPages)
		for i := range stream {
			stream[i] = arena(0) + vmm.Addr(i)*vmm.PageSize
		}
		for i := range vs {
			vs[i] = refcount.Design.New(vmm.Config{}).NewVMM(t)
			must(vs[i].Mmap(t, arena(0), (hotPages+8)*vmm.PageSize, readWrite, vmm.MapFixed, vmm.File{}))
			for _, a := range stream {
				check(vs[i].Fault(t, a, vmm.AccessWrite))
			}
		}
		wt, at := e.Task(), arena(0)+(hotPages+4)*vmm.PageSize
		toggle := func() {
			check(vs[0].Mprotect(wt, at, vmm.PageSize, vmm.ProtRead))
			check(vs[0].Mprotect(wt, at, vmm.PageSize, readWrite))
		}
		return pair{a: e.percentile(vs[0], stream, q).withEvery(protectPeriod, toggle), b: e.percentile(vs[1], stream, q)}
	}
}

// harnessPass is the loop of a throughput trial against one by hand.
func harnessPass(e *Env) pair {
	s, ok := workload.Find("ownvma")
	if !ok {
		panic("targets: no workload ownvma")
	}
	l := must(workload.Uniform(1000))
	streams := must(s.Compile(l, 1, 1))
	t := e.Task()
	v := refcount.Design.New(vmm.Config{}).NewVMM(t)
	check(s.Setup(v, t, l, 1))
	ops := streams[0].Ops
	for _, op := range ops {
		check(v.Fault(t, op.Addr(), op.Access()))
	}
	at := 0
	hand := func(n int) {
		i, failed := at, 0
		for range n {
			if v.Fault(t, ops[i].Addr(), ops[i].Access()) != nil {
				failed++
			}
			if i++; i == len(ops) {
				i = 0
			}
		}
		at = i
		none(failed)
	}
	pass := &side{threads: []*thread{{pass: harness.Pass(v, e.Task(), streams[0])}}}
	return pair{a: pass, b: one(hand)}
}

var faultTargets = []Target{
	{
		Name:      "fault/itself",
		Doc:       "two address spaces of one design: what is a difference here is one of the measurement",
		Excellent: Between(0.985, 1.015), Allowed: Between(0.97, 1.03),
		pair: func(e *Env) pair {
			s := LocalPages(0, 1000)
			return pair{a: one(e.Faults(e.Refcount(1, 1000), s)), b: one(e.Faults(e.Refcount(1, 1000), s))}
		},
	},
	{
		Name:      "fault-by-interface/fault-by-direct-call",
		Doc:       "what the one interface call of the contract costs",
		Excellent: AtMost(1.03), Allowed: AtMost(1.10),
		pair: func(e *Env) pair {
			v, s := e.Refcount(1, 1000), LocalPages(0, 1000)
			return pair{a: one(e.Faults(v, s)), b: one(e.direct(v, s))}
		},
	},
	{
		Name:      "fault-local/no-lock-floor",
		Doc:       "a fault of a present page against one without VMA lock and RCU section, 1000 VMAs, 64 faults in each; the floor has the page-table lock",
		Excellent: AtMost(2.5), Allowed: AtMost(4), pair: overFloor(1000, LocalPages),
	},
	{
		Name:      "fault-random/no-lock-floor",
		Doc:       "the same at random",
		Excellent: AtMost(1.35), Allowed: AtMost(1.8), pair: overFloor(1000, RandomPages),
	},
	{
		Name:      "fault-rwsem/fault-refcount",
		Doc:       "the two VMA locks within a fault, one thread",
		Excellent: Between(0.75, 1.10), Allowed: Between(0.75, 1.10),
		pair: func(e *Env) pair {
			s := LocalPages(0, 1000)
			return pair{a: one(e.Faults(e.space(rwsem.Design.New(vmm.Config{}), 1, 1000), s)), b: one(e.Faults(e.Refcount(1, 1000), s))}
		},
	},
	{
		Name:      "fault-2-threads-own-VMAs/1-thread",
		Doc:       "time of each of two threads that share nothing but the index: more than 1 is false sharing",
		Excellent: AtMost(1.03), Allowed: AtMost(1.10), threads: 2,
		pair: func(e *Env) pair { a, b := ownVMAs(refcount.Design)(e); return pair{a: a, b: b} },
	},
	{
		Name:      "throughput-2-threads/1-thread-refcount",
		Doc:       "faults in VMAs of their own",
		Excellent: AtLeast(1.94), Allowed: AtLeast(1.8), threads: 2, pair: scaling(refcount.Design),
	},
	{
		Name: "throughput-2-threads/1-thread-rwsem",
		Doc:  "the same", Excellent: AtLeast(1.94), Allowed: AtLeast(1.8), threads: 2, pair: scaling(rwsem.Design),
	},
	{
		Name:      "throughput-2-threads-2-spaces/1-thread-rwsem",
		Doc:       "the same in two address spaces, which share nothing: what the CPUs allow",
		Excellent: Anything, Allowed: Anything, threads: 2, pair: ownSpaces(rwsem.Design),
	},
	{
		Name:      "throughput-2-threads/1-thread-mmaponly",
		Doc:       "the same under one lock: printed as found",
		Excellent: Anything, Allowed: Anything, threads: 2, pair: scaling(mmaponly.Design),
	},
	{
		Name:      "fault-beside-mapper/alone-refcount",
		Doc:       "random faults in 1000 VMAs while another thread maps and unmaps elsewhere for 25 % of the time",
		Excellent: AtMost(1.8), Allowed: AtMost(3), threads: 2, pair: besideMapper(refcount.Design, 1000, mapperDuty),
	},
	{
		Name: "fault-beside-mapper/alone-rwsem",
		Doc:  "the same", Excellent: AtMost(1.8), Allowed: AtMost(3), threads: 2, pair: besideMapper(rwsem.Design, 1000, mapperDuty),
	},
	{
		Name:      "fault-beside-full-rate-mapper/alone-refcount",
		Doc:       "the same without a pause",
		Excellent: Anything, Allowed: Anything, threads: 2, pair: besideMapper(refcount.Design, 1000, 1),
	},
	{
		Name:      "fault-beside-full-rate-mapper/alone-10-VMAs",
		Doc:       "the same in 10 VMAs, whose index is one leaf",
		Excellent: Anything, Allowed: Anything, threads: 2, pair: besideMapper(refcount.Design, 10, 1),
	},
	{
		Name:      "fault-mmaponly-beside-mapper/refcount-beside-mapper",
		Doc:       "one lock against VMA locks, the mapper without a pause; who of the two pays for one lock is luck, so see the next line too",
		Excellent: Anything, Allowed: Anything, threads: 2, pair: globalBesideMapper,
	},
	{
		Name:      "mapper-mmaponly-beside-faults/refcount-beside-faults",
		Doc:       "the mapper of the same: readers that come without a pause keep a writer out",
		Excellent: Anything, Allowed: Anything, threads: 2, pair: mapperBesideFaults,
	},
	{
		Name:      "fault-p50-beside-mprotect/alone",
		Doc:       "the median fault while another thread splits and joins the same VMA by two mprotect every 200 µs",
		Excellent: AtMost(1.3), Allowed: AtMost(2), threads: 2, pair: besideProtect(0.50),
	},
	{
		Name:      "fault-p99-beside-mprotect/alone",
		Doc:       "the 99th percentile of the same",
		Excellent: Anything, Allowed: Anything, threads: 2, pair: besideProtect(0.99),
	},
	{
		Name:      "fault-p99.9-beside-mprotect/alone",
		Doc:       "the 99.9th percentile: of the windows of 8 faults that are timed, an mprotect hits one in some 500",
		Excellent: Anything, Allowed: Anything, threads: 2, pair: besideProtect(0.999),
	},
	{
		Name:      "harness-throughput-pass/hand-loop",
		Doc:       "the measured loop of a throughput trial against a plain loop over the same stream",
		Excellent: AtMost(1.02), Allowed: AtMost(1.05), pair: harnessPass,
	},
}
