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

// scenario runs the program; its outcome is what every thread saw and what was
// left in memory. A hang is an outcome as well.
func (p program) scenario(s *S) {
	var mem [2]atomic.Uint32
	var locked, calls atomic.Uint32
	var lock atomic.SpinLock
	var rcu atomic.RCU
	saw := make([]string, len(p.threads))
	tasks := make([]*vmm.Task, len(p.threads))
	for i, th := range p.threads {
		tasks[i] = s.Go(fmt.Sprintf("t%d", i), func(t *vmm.Task) {
			see := func(v any) { saw[i] += fmt.Sprint(v, " ") }
			for _, in := range th {
				x := &mem[in.x]
				switch in.op {
				case opLoad:
					see(x.Load())
				case opStore:
					x.Store(uint32(in.v))
				case opAdd:
					see(x.Add(1))
				case opCAS:
					see(x.CompareAndSwap(uint32(in.v), 2))
				case opLocked:
					lock.Lock(&t.Task)
					see(locked.Add(1))
					lock.Unlock()
				case opTry:
					if ok := lock.TryLock(); ok {
						see(locked.Add(10))
						lock.Unlock()
					}
				case opWake:
					tasks[(i+1)%len(tasks)].Unpark()
				case opSleep:
					tasks[i].Park()
					see("woken")
				case opAwait:
					atomic.Until(&t.Task, func() bool { return x.Load() != 0 })
					see("seen")
				case opSection:
					rcu.Lock(&t.Task)
					see(calls.Load())
					rcu.Unlock(&t.Task)
				case opDefer:
					rcu.Defer(&t.Task, func(*atomic.Task, any) { calls.Add(1) }, nil)
				case opNap:
					see(t.ParkTimeout(1000))
				case opSync:
					rcu.Synchronize(&t.Task)
					see(calls.Load())
				case opLate:
					see(atomic.Now() > 0)
				case opAcquire:
					see(atomic.LoadAcquire32(x))
				case opRelease:
					atomic.StoreRelease32(x, uint32(in.v))
				}
			}
		})
	}
	s.AtEnd(func() {
		s.Outcome("%v %d %d %d %d", saw, mem[0].Load(), mem[1].Load(), locked.Load(), calls.Load())
	})
}

func explored(t *testing.T, p program, m Mode, max int) *Result {
	t.Helper()
	r := Run(Options{Mode: m, Bound: -1, Traces: true, Max: max, Weak: p.weak, Hangs: true, Timeouts: true, Clocks: true}, p.scenario)
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
	}
	programs := map[string]int{"words": 300, "locks": 100, "sleep": 150, "rcu": 60, "all": 40, "weak": 150}
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
