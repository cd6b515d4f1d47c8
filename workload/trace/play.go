package trace

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"vmabench/vmm"
)

// advice is what madvise's names mean to a VMM.
var advice = map[string]vmm.Advice{
	"MADV_DONTNEED": vmm.DontNeed, "MADV_FREE": vmm.Free, "MADV_WILLNEED": vmm.WillNeed, "MADV_DONTFORK": vmm.DontFork,
}

// Lower returns the ops that a replay performs: those that succeeded, with a
// brk as the mmap or munmap that it is.
func (t *Trace) Lower() []Op {
	var s space
	out := make([]Op, 0, len(t.Ops))
	for i := range t.Ops {
		if o, ok := s.lower(t.Ops[i]); ok {
			out = append(out, o)
		}
	}
	return out
}

// Build maps the first mappings into v.
func (t *Trace) Build(v vmm.VMM, task *vmm.Task) error {
	for _, m := range t.Initial {
		flags := vmm.MapFixedNoReplace
		if m.Shared {
			flags |= vmm.MapShared
		}
		if m.GrowsDown {
			flags |= vmm.MapGrowsDown
		}
		if _, err := v.Mmap(task, m.Start, m.Len(), m.Prot, flags, m.File); err != nil {
			return fmt.Errorf("first mappings: mmap %v: %w", m, err)
		}
	}
	return nil
}

// Do performs o on v, in which everything before it was done in order.
func (o *Op) Do(v vmm.VMM, task *vmm.Task) (err error) {
	switch o.Kind {
	case Mmap:
		flags := o.Flags
		if flags&vmm.MapFixed == 0 {
			flags |= vmm.MapFixedNoReplace
		}
		_, err = v.Mmap(task, o.Addr, o.Len, o.Prot, flags, o.File)
	case Munmap:
		err = v.Munmap(task, o.Addr, o.Len)
	case Mprotect:
		err = v.Mprotect(task, o.Addr, o.Len, o.Prot)
	case Mremap:
		var how vmm.RemapFlags
		if o.Addr != o.Old {
			how = vmm.RemapMayMove | vmm.RemapFixed
		}
		_, err = v.Mremap(task, o.Old, o.OldLen, o.Len, how, o.Addr)
	case Madvise:
		err = v.Madvise(task, o.Addr, o.Len, advice[o.Advice])
	case Fault:
		err = v.Fault(task, o.Addr, o.Access)
	case KernelFault:
		err = v.FaultKernel(task, o.Addr, o.Access)
	case Fork:
		var child vmm.VMM
		if child, err = v.Fork(task); err == nil {
			child.Exit(task)
		}
	}
	return err
}

// Played is how a replay went.
type Played struct {
	Took   time.Duration
	Done   [numKinds]int
	Failed [numKinds]int // of those done
	First  error         // the first failure
}

// Failures returns how many ops failed, and of them those that are not faults.
func (p *Played) Failures() (all, calls int) {
	for k, n := range p.Failed {
		all += n
		if Kind(k) != Fault && Kind(k) != KernelFault {
			calls += n
		}
	}
	return all, calls
}

func (p *Played) do(o *Op, v vmm.VMM, task *vmm.Task) {
	p.Done[o.Kind]++
	if err := o.Do(v, task); err != nil {
		p.Failed[o.Kind]++
		if p.First == nil {
			p.First = fmt.Errorf("%v: %w", o, err)
		}
	}
}

func (p *Played) add(q *Played) {
	for k := range p.Done {
		p.Done[k] += q.Done[k]
		p.Failed[k] += q.Failed[k]
	}
	p.First = errors.Join(p.First, q.First)
}

// Play performs the trace on v, which holds the first mappings, in the order
// in which it was recorded and as fast as it goes. One goroutine does
// everything, each thread's ops as a Task of its own.
func (t *Trace) Play(v vmm.VMM) *Played {
	tasks := newTasks(t.Threads())
	defer release(tasks)
	ops := t.Lower()
	p := new(Played)
	began := time.Now()
	for i := range ops {
		p.do(&ops[i], v, tasks[ops[i].Thread])
	}
	p.Took = time.Since(began)
	return p
}

// PlayTimed performs the trace on v with its timing: a goroutine for each
// thread, each op no earlier than it was begun when it was recorded. Threads
// do not wait for each other, so that ops that depend on each other may come
// in another order where the design is slower than the process was.
func (t *Trace) PlayTimed(v vmm.VMM) *Played {
	tasks := newTasks(t.Threads())
	defer release(tasks)
	own := make([][]Op, len(tasks))
	for _, o := range t.Lower() {
		own[o.Thread] = append(own[o.Thread], o)
	}
	parts := make([]Played, len(tasks))
	var done sync.WaitGroup
	began := time.Now()
	for i := range tasks {
		done.Go(func() {
			for j := range own[i] {
				await(began.Add(own[i][j].At))
				parts[i].do(&own[i][j], v, tasks[i])
			}
		})
	}
	done.Wait()
	p := &Played{Took: time.Since(began)}
	for i := range parts {
		p.add(&parts[i])
	}
	return p
}

// await sleeps until shortly before at, then yields.
func await(at time.Time) {
	const coarse = 200 * time.Microsecond
	if d := time.Until(at); d > coarse {
		time.Sleep(d - coarse)
	}
	for time.Until(at) > 0 {
		runtime.Gosched()
	}
}

func newTasks(n int) []*vmm.Task {
	tasks := make([]*vmm.Task, n)
	for i := range tasks {
		tasks[i] = vmm.NewTask()
	}
	return tasks
}

func release(tasks []*vmm.Task) {
	for _, t := range tasks {
		t.Release()
	}
}
