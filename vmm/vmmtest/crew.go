package vmmtest

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"vmabench/vmm"
)

// crew is a group of workers, each a goroutine with a Task of its own, and a
// watchdog over them: a lock that lets nobody in must end as a Violation that
// says which kind of hang it is, not as a test that times out.
type crew struct {
	design  vmm.Design
	seed    uint64
	workers []*worker
	abort   atomic.Bool // workers return soon

	mu sync.Mutex // protects what follows
	vs []Violation
}

type worker struct {
	*rand.Rand
	crew *crew
	task *vmm.Task
	name string
	done atomic.Bool
	ops  atomic.Uint64 // finished operations: the watchdog's sign of life

	seen  uint64 // ops at the watchdog's last look
	stood int    // looks at which ops was the same
}

func newCrew(d vmm.Design, o Options) *crew { return &crew{design: d, seed: o.Seed} }

// add appends n workers named name.
func (c *crew) add(name string, n int) []*worker {
	for range n {
		i := uint64(len(c.workers))
		c.workers = append(c.workers, &worker{
			Rand: rand.New(rand.NewPCG(c.seed, i)), crew: c, task: vmm.NewTask(),
			name: fmt.Sprintf("%s %d", name, i),
		})
	}
	return c.workers[len(c.workers)-n:]
}

// fail records a violation and ends the crew's work.
func (c *crew) fail(kind, format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.abort.Swap(true) {
		c.vs = append(c.vs, violation(kind, format, args...)...)
	}
}

func (w *worker) fail(kind, format string, args ...any) {
	w.crew.fail(kind, w.name+": "+format, args...)
}

// want fails unless err is one of the errors; it reports whether it was. A
// worker asks only for what is certain unless others disturb it.
func (w *worker) want(op string, err error, errs ...error) bool {
	for _, e := range errs {
		if err == e {
			return true
		}
	}
	want := ""
	for _, e := range errs {
		want += " " + errText(e)
	}
	w.fail(NoExclusion, "%s = %s, want%s", op, errText(err), want)
	return false
}

func errText(err error) string {
	if err == nil {
		return "ok"
	}
	return errName(err)
}

// live counts an operation and reports whether to go on.
func (w *worker) live() bool {
	w.ops.Add(1)
	return !w.crew.abort.Load()
}

// run starts body for each worker behind one barrier and watches until all
// have ended. It returns what was found; after a deadlock, goroutines remain.
func (c *crew) run(body func(w *worker)) []Violation {
	var start, end sync.WaitGroup
	start.Add(1)
	for _, w := range c.workers {
		end.Add(1)
		go func() {
			defer end.Done()
			defer w.done.Store(true)
			defer func() {
				if e := recover(); e != nil {
					w.fail(WrongResult, "panic: %v", e)
				}
			}()
			start.Wait()
			body(w)
		}()
	}
	start.Done()
	if c.watch() {
		end.Wait()
		for _, w := range c.workers {
			w.task.Release()
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.vs
}

const (
	lookEvery  = 20 * time.Millisecond
	stuckAfter = 50   // looks without progress, every unfinished worker asleep
	hangAfter  = 1500 // looks without progress, somebody spinning
	starved    = 250  // looks that one stood still while others went on
)

// watch returns true when all workers have ended, false if they never will.
func (c *crew) watch() bool {
	var last uint64
	for still := 0; ; still++ {
		for range 20 {
			if c.finished() {
				return true
			}
			time.Sleep(lookEvery / 20)
		}
		if ops := c.progress(); ops != last {
			last, still = ops, 0
			c.lookForStarved()
			continue
		}
		if c.asleep() && still >= stuckAfter || still >= hangAfter {
			return c.diagnose(last)
		}
	}
}

// lookForStarved fails for a worker that stands still while others go on and
// on.
func (c *crew) lookForStarved() {
	for _, w := range c.workers {
		ops := w.ops.Load()
		if w.done.Load() || ops != w.seen {
			w.stood = 0
		} else if w.stood++; w.stood == starved {
			w.fail(WriterStarved, "stood still for %v in one operation while others went on", starved*lookEvery)
		}
		w.seen = ops
	}
}

func (c *crew) finished() bool {
	for _, w := range c.workers {
		if !w.done.Load() {
			return false
		}
	}
	return true
}

func (c *crew) progress() (sum uint64) {
	for _, w := range c.workers {
		sum += w.ops.Load()
	}
	return sum
}

// asleep reports whether every unfinished worker sleeps in Park.
func (c *crew) asleep() bool {
	for _, w := range c.workers {
		if !w.done.Load() && w.task.OnCPU() {
			return false
		}
	}
	return true
}

// diagnose tells a lost wake-up from a deadlock. A wake-up without cause is
// always allowed, so waking everybody must change nothing: if it sets somebody
// free, a wake-up was lost.
func (c *crew) diagnose(before uint64) bool {
	stuck := ""
	for _, w := range c.workers {
		if !w.done.Load() {
			stuck += fmt.Sprintf(" %s (asleep: %t)", w.name, !w.task.OnCPU())
		}
	}
	for range stuckAfter {
		c.wakeAll()
		time.Sleep(lookEvery)
		if c.finished() || c.progress() != before {
			c.fail(LostWakeup, "no progress until woken without cause:%s", stuck)
			for !c.finished() {
				c.wakeAll()
				time.Sleep(lookEvery / 20)
			}
			return true
		}
	}
	c.fail(Deadlock, "no progress:%s", stuck)
	return false
}

func (c *crew) wakeAll() {
	for _, w := range c.workers {
		if !w.done.Load() {
			w.task.Unpark()
		}
	}
}

// finish checks what remains when a crew has ended without a violation.
func finish(vs []Violation, p *player) []Violation {
	if len(vs) > 0 {
		return vs
	}
	for i, v := range p.spaces {
		if err := v.Check(p.task); err != nil {
			return violation(Invariant, "s%d.check: %v", i, err)
		}
	}
	p.close()
	return nil
}
