//go:build vmasim

package explore

import (
	"fmt"
	"runtime/debug"
	"time"

	"vmabench/internal/atomic"
	"vmabench/vmm"
)

// Mode is how a scenario's interleavings are searched.
type Mode uint8

const (
	// DPOR visits one execution of every Mazurkiewicz trace: source-set dynamic
	// partial-order reduction (Abdulla, Aronis, Jonsson, Sagonas, POPL 2014)
	// with sleep sets.
	DPOR Mode = iota
	// Sleep visits the same traces by sleep sets alone (Godefroid): the
	// reference for DPOR.
	Sleep
	// DFS visits every interleaving, up to Options.Bound preemptions.
	DFS
	// PCT samples interleavings by random priorities with Options.Depth-1
	// changes (Burckhardt and others, ASPLOS 2010).
	PCT
)

func (m Mode) String() string { return [...]string{"dpor", "sleep", "dfs", "pct"}[m] }

// ParseMode is the inverse of String.
func ParseMode(s string) (Mode, error) {
	for m := DPOR; m <= PCT; m++ {
		if m.String() == s {
			return m, nil
		}
	}
	return 0, fmt.Errorf("unknown mode %q (dpor, sleep, dfs, pct)", s)
}

// Options say what is explored and for how long. The zero Options search
// exhaustively.
type Options struct {
	Mode  Mode
	Bound int // preemptions, in DFS mode; negative is no bound

	Weak     bool // relaxed and acquire loads may return older values
	Timeouts bool // a bounded Park may time out
	Clocks   bool // deadlines may pass: each look at the clock has two outcomes
	Spin     bool // CPUs says that there are many: waiting awake is worth while
	Peeks    bool // plain writes are steps too: a look without a lock (Cell.Peek) may come between any two

	Steps  int           // an execution longer than this loops for ever; 0 is 3000
	Max    int           // executions at most; 0 is no limit
	Budget time.Duration // time at most; 0 is no limit
	Seed   uint64        // of PCT
	Depth  int           // of PCT; 0 is 3

	Traces bool // collect the set of traces in Result
	Hangs  bool // threads that wait for ever are no failure
	Replay string
}

// Result is what an exploration found.
type Result struct {
	Executions int // that ran to their end
	Awaits     int // that ended with an await whose condition held later: complete elsewhere
	Pruned     int // that turned out to repeat others
	Steps      uint64
	Longest    int  // steps of the longest execution
	Complete   bool // every trace was visited
	Elapsed    time.Duration

	Failure  *Failure       // the first that was found, or nil
	Traces   map[uint64]int // executions by trace, if asked for
	Outcomes map[string]int // executions by what S.Outcome was told
}

// S is a scenario in the making: the function given to Run builds the shared
// objects and names the threads, anew for each execution. It must do the same
// each time.
type S struct {
	e      *engine
	checks []func() error
	ends   []func()
}

// Go adds a thread and returns its task. Threads start together, after the
// scenario function has returned.
func (s *S) Go(name string, body func(*vmm.Task)) *vmm.Task {
	t := s.e.addThread(name, body)
	s.e.byID = grown(s.e.byID, t)
	return t.task
}

// grown returns the table of threads by Task ID with t in it.
func grown(table []*thread, t *thread) []*thread {
	for int(t.task.ID()) >= len(table) {
		table = append(table, nil)
	}
	table[t.task.ID()] = t
	return table
}

// Check adds a condition that must hold once every thread has ended.
func (s *S) Check(f func() error) { s.checks = append(s.checks, f) }

// AtEnd adds what is to be done at the end of every execution, be it one in
// which threads hang.
func (s *S) AtEnd(f func()) { s.ends = append(s.ends, f) }

// Task returns a task for set-up and checks, outside the threads.
func (s *S) Task() *vmm.Task { return s.e.mainTask }

// Outcome tells how this execution ended, to be counted in Result.Outcomes.
// It is called from a Check.
func (s *S) Outcome(format string, args ...any) {
	if s.e.res.Outcomes == nil {
		s.e.res.Outcomes = map[string]int{}
	}
	s.e.res.Outcomes[fmt.Sprintf(format, args...)]++
}

// Fail ends the execution as a failed assertion; for thread bodies.
func (s *S) Fail(format string, args ...any) {
	s.e.Assert(fmt.Sprintf(format, args...))
}

// Run explores scenario. One exploration runs at a time in a process.
func Run(o Options, scenario func(*S)) *Result {
	if o.Steps == 0 {
		o.Steps = 3000
	}
	if o.Depth == 0 {
		o.Depth = 3
	}
	e := &engine{opt: o, res: &Result{}, scenario: scenario, mainTask: vmm.NewTask()}
	defer e.close()
	// Each execution leaves a machine or two to the collector, and next to
	// nothing is alive: collect seldom.
	defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	begin := time.Now()
	atomic.Run(e, e.explore)
	e.res.Elapsed = time.Since(begin)
	return e.res
}

// gcPercent lets some 100 MB gather.
const gcPercent = 2500

func (e *engine) close() {
	for _, t := range e.threads {
		t.stop()
		t.task.Release()
	}
	e.mainTask.Release()
}

// explore runs executions until all are done, one fails, or a limit is hit.
func (e *engine) explore() {
	if e.opt.Replay != "" {
		e.replay()
		return
	}
	if e.opt.Mode == PCT {
		e.rand = newRandomWalk(e.opt.Seed, e.opt.Depth)
	}
	begin := time.Now()
	for n := 1; ; n++ {
		e.execute()
		e.account()
		if e.failed != nil {
			e.explain()
			return
		}
		if e.rand != nil {
			e.rand.next(e)
		} else if !e.advance() {
			e.res.Complete = e.opt.Mode != DFS || e.opt.Bound < 0
			return
		}
		if e.opt.Max > 0 && n >= e.opt.Max ||
			e.opt.Budget > 0 && n%64 == 0 && time.Since(begin) > e.opt.Budget {
			return
		}
	}
}

// execute runs the scenario once, along the path and then beyond it.
func (e *engine) execute() {
	e.mem.reset()
	e.domains, e.names = e.domains[:0], e.names[:0]
	e.nthreads, e.depth = 0, 0
	e.capped, e.failed, e.next = false, nil, nil
	e.s = S{e: e, checks: e.s.checks[:0], ends: e.s.ends[:0]}
	e.direct = true
	e.guarded(func() { e.scenario(&e.s) })
	e.direct, e.starting = false, true
	for _, t := range e.threads[:e.nthreads] {
		e.cur = t
		t.resume()
	}
	e.starting = false
	e.next = e.choose(nil)
	e.dispatch()
	e.direct = true
	if e.failed == nil && !e.capped {
		e.conclude()
	}
	if e.opt.Mode == DPOR && !e.capped && e.failed == nil {
		e.reverseBlocked()
	}
	e.unwind()
}

// conclude judges an execution in which nobody can take another step.
func (e *engine) conclude() {
	e.awaits = false
	blocked := false
	for _, t := range e.threads[:e.nthreads] {
		if t.state == stuck && t.cond() {
			e.awaits = true
			return
		}
		blocked = blocked || t.state != ended
	}
	for _, f := range e.s.ends {
		f()
	}
	if blocked && e.opt.Hangs {
		return
	}
	if blocked {
		e.setFailed(Deadlock, "%s", e.whoWaits())
		return
	}
	for _, check := range e.s.checks {
		e.guarded(func() {
			if err := check(); err != nil {
				e.failf(Invariant, "%v", err)
			}
		})
	}
}

// guarded runs f outside the threads; a failure in it ends the execution.
func (e *engine) guarded(f func()) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(abort); !ok {
				e.setFailed(Panic, "set-up or check: %v\n%s", r, debug.Stack())
			}
		}
	}()
	f()
}

func (e *engine) account() {
	r := e.res
	r.Steps += uint64(e.depth)
	r.Longest = max(r.Longest, e.depth)
	switch {
	case e.capped:
		r.Pruned++
		return
	case e.awaits:
		r.Awaits++
	default:
		r.Executions++
	}
	if e.opt.Traces {
		if r.Traces == nil {
			r.Traces = map[uint64]int{}
		}
		r.Traces[e.traceHash()]++
	}
}
