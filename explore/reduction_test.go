//go:build vmasim

package explore

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"vmabench/internal/atomic"
	"vmabench/vmm"
)

// program is a random small program: what each thread does, by opcode.
type program struct {
	threads [][]instr
	weak    bool
}

type instr struct{ op, x, v int }

const (
	opLoad = iota
	opStore
	opAdd
	opCAS
	opLocked // lock, add, unlock
	opTry
	opWake
	opSleep
	opAwait
	opSection
	opDefer
	opAcquire
	opRelease
	opNap
	opSync
	opLate
	opPlain
	opPeek
	opCodes
)

func randomProgram(rng *rand.Rand, threads, length int, codes []int) program {
	var p program
	for range threads {
		var th []instr
		for range 1 + rng.IntN(length) {
			th = append(th, instr{codes[rng.IntN(len(codes))], rng.IntN(2), rng.IntN(3)})
		}
		p.threads = append(p.threads, th)
	}
	return p
}

// running is a program in one execution.
type running struct {
	mem           [2]atomic.Uint32
	plain         [3]atomic.Cell[uint64] // each thread's own, looked at by others
	locked, calls atomic.Uint32
	lock          atomic.SpinLock
	rcu           atomic.RCU
	saw           []string
	tasks         []*vmm.Task
}

// scenario runs the program; its outcome is what every thread saw and what was
// left in memory. A hang is an outcome as well.
func (p program) scenario(s *S) {
	r := &running{saw: make([]string, len(p.threads)), tasks: make([]*vmm.Task, len(p.threads))}
	for i, th := range p.threads {
		r.tasks[i] = s.Go(fmt.Sprintf("t%d", i), func(t *vmm.Task) {
			for _, in := range th {
				if !r.word(i, in) {
					r.wait(t, i, in)
				}
			}
		})
	}
	s.AtEnd(func() {
		s.Outcome("%v %d %d %d %d", r.saw, r.mem[0].Load(), r.mem[1].Load(), r.locked.Load(), r.calls.Load())
	})
}

func (r *running) see(i int, v any) { r.saw[i] += fmt.Sprint(v, " ") }

// word performs thread i's instruction if it is about words of memory.
func (r *running) word(i int, in instr) bool {
	x := &r.mem[in.x]
	switch in.op {
	case opLoad:
		r.see(i, x.Load())
	case opStore:
		x.Store(uint32(in.v))
	case opAdd:
		r.see(i, x.Add(1))
	case opCAS:
		r.see(i, x.CompareAndSwap(uint32(in.v), 2))
	case opAcquire:
		r.see(i, atomic.LoadAcquire32(x))
	case opRelease:
		atomic.StoreRelease32(x, uint32(in.v))
	case opPlain:
		r.plain[i].Set(uint64(in.v))
	case opPeek:
		r.see(i, r.plain[in.v].Peek())
	default:
		return false
	}
	return true
}

// wait performs it if it is about locks, sleep, time and RCU.
func (r *running) wait(t *vmm.Task, i int, in instr) {
	switch in.op {
	case opLocked:
		r.lock.Lock(&t.Task)
		r.see(i, r.locked.Add(1))
		r.lock.Unlock()
	case opTry:
		if ok := r.lock.TryLock(); ok {
			r.see(i, r.locked.Add(10))
			r.lock.Unlock()
		}
	case opWake:
		r.tasks[(i+1)%len(r.tasks)].Unpark()
	case opSleep:
		r.tasks[i].Park()
		r.see(i, "woken")
	case opAwait:
		atomic.Until(&t.Task, func() bool { return r.mem[in.x].Load() != 0 })
		r.see(i, "seen")
	case opSection:
		r.rcu.Lock(&t.Task)
		r.see(i, r.calls.Load())
		r.rcu.Unlock(&t.Task)
	case opDefer:
		r.rcu.Defer(&t.Task, func(*atomic.Task, any) { r.calls.Add(1) }, nil)
	case opNap:
		r.see(i, t.ParkTimeout(1000))
	case opSync:
		r.rcu.Synchronize(&t.Task)
		r.see(i, r.calls.Load())
	case opLate:
		r.see(i, atomic.Now() > 0)
	}
}

func explored(t *testing.T, p program, m Mode, max int) *Result {
	t.Helper()
	r := Run(Options{Mode: m, Bound: -1, Traces: true, Max: max, Weak: p.weak, Hangs: true, Timeouts: true, Clocks: true, Peeks: true}, p.scenario)
	if r.Failure != nil {
		t.Fatalf("%v: %+v\n%v\n%s", m, p.threads, r.Failure, r.Failure.Trace)
	}
	return r
}

// compare holds DPOR against sleep sets, trace by trace, and both against
// brute force, outcome by outcome.
func compare(t *testing.T, p program) (traces int) {
	t.Helper()
	d, s := explored(t, p, DPOR, 0), explored(t, p, Sleep, 0)
	if !maps.Equal(d.Traces, s.Traces) {
		missed, extra := 0, 0
		for h := range s.Traces {
			if d.Traces[h] == 0 {
				missed++
			}
		}
		for h, n := range d.Traces {
			if s.Traces[h] == 0 || n > 1 {
				extra++
			}
		}
		t.Fatalf("%+v: %d traces by DPOR, %d by sleep sets: %d missed, %d twice or unknown",
			p.threads, len(d.Traces), len(s.Traces), missed, extra)
	}
	for _, n := range d.Traces {
		if n != 1 {
			t.Fatalf("%+v: a trace was visited %d times", p.threads, n)
		}
	}
	if b := explored(t, p, DFS, 20000); b.Complete {
		if got, want := outcomes(d), outcomes(b); !maps.Equal(got, want) {
			t.Fatalf("%+v:\nDPOR        %v\nbrute force %v", p.threads, got, want)
		}
	}
	return len(d.Traces)
}

func outcomes(r *Result) map[string]bool {
	m := map[string]bool{}
	for o := range r.Outcomes {
		m[o] = true
	}
	return m
}

func TestReductionOfRandomPrograms(t *testing.T) {
	all := make([]int, opCodes)
	for i := range all {
		all[i] = i
	}
	sets := map[string][]int{
		"words": {opLoad, opStore, opAdd, opCAS},
		"locks": {opLoad, opStore, opLocked, opTry},
		"sleep": {opLoad, opStore, opWake, opSleep, opAwait, opNap, opLate},
		"rcu":   {opLoad, opStore, opSection, opDefer, opSync},
		"all":   all,
		"weak":  {opLoad, opStore, opAcquire, opRelease, opAdd, opCAS},
		"peeks": {opLoad, opStore, opPlain, opPeek},
	}
	programs := map[string]int{"words": 300, "locks": 100, "sleep": 150, "rcu": 60, "all": 40, "weak": 150, "peeks": 150}
	for name, codes := range sets {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(77, 13))
			traces := 0
			for range programs[name] {
				threads := 2 + rng.IntN(2)
				length := 3
				if name == "rcu" {
					length = 5 - threads
				}
				p := randomProgram(rng, threads, length, codes)
				p.weak = name == "weak"
				traces += compare(t, p)
			}
			t.Log(traces, "traces")
		})
	}
}
