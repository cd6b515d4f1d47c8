package atomic

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

// churn defers enough for n batches to close.
func churn(r *RCU, t *Task, n int) {
	for range n * deferBatch {
		r.Defer(t, func(*Task, any) {}, nil)
	}
}

func mark(p *bool) func(*Task, any) { return func(*Task, any) { *p = true } }

// What was deferred inside somebody's section waits for the end of it, however
// many batches come after.
func TestDeferWaitsForSection(t *testing.T) {
	var r RCU
	reader, writer := newTask(t), newTask(t)
	ran := false
	r.Lock(reader)
	r.Defer(writer, mark(&ran), nil)
	churn(&r, writer, 5)
	if ran {
		t.Fatal("ran inside a section that was open")
	}
	r.Unlock(reader)
	churn(&r, writer, 3)
	if !ran {
		t.Error("did not run after the section")
	}
	r.Synchronize(writer)
	if n := r.Pending(writer); n != 0 {
		t.Errorf("%d pending after Synchronize", n)
	}
}

// Later sections, of the same reader or of others, keep nothing waiting.
func TestDeferIgnoresLaterSections(t *testing.T) {
	var r RCU
	reader, late, writer := newTask(t), newTask(t), newTask(t)
	ran := false
	r.Lock(reader)
	r.Defer(writer, mark(&ran), nil)
	churn(&r, writer, 1) // closes the batch
	r.Unlock(reader)
	r.Lock(reader)
	r.Lock(late)
	churn(&r, writer, 2)
	if !ran {
		t.Error("waits for sections that were opened later")
	}
	r.Unlock(reader)
	r.Unlock(late)
	r.Synchronize(writer)
	if !ran {
		t.Error("never ran")
	}
}

func TestDeferRunsInOrder(t *testing.T) {
	var r RCU
	k := newTask(t)
	next := 0
	for i := range 10 * deferBatch {
		r.Defer(k, func(_ *Task, arg any) {
			if arg.(int) != next {
				t.Errorf("%d ran when %d was due", arg, next)
			}
			next++
		}, i)
	}
	r.Synchronize(k)
	if next != 10*deferBatch {
		t.Errorf("%d ran, want %d", next, 10*deferBatch)
	}
}

// No batch starts before the last has returned, whoever would run it.
func TestDeferRunsOneBatchAtATime(t *testing.T) {
	var r RCU
	a, b := newTask(t), newTask(t)
	entered, release := make(chan bool), make(chan bool)
	r.Defer(a, func(*Task, any) { entered <- true; <-release }, nil)
	done := make(chan bool)
	go func() {
		churn(&r, a, 2)
		done <- true
	}()
	<-entered
	ran := false
	r.Defer(b, mark(&ran), nil)
	churn(&r, b, 4)
	if ran {
		t.Error("a later function ran first")
	}
	release <- true
	<-done
	r.Synchronize(b)
	if !ran {
		t.Error("the later function never ran")
	}
}

// The section of the task with the highest ID counts as well.
func TestDeferSeesTheLastTask(t *testing.T) {
	var r RCU
	var reader, writer *Task
	for reader == nil || writer == nil {
		if k := newTask(t); k.ID() == lastTaskID() {
			reader = k
		} else {
			writer = k
		}
	}
	ran := false
	r.Lock(reader)
	r.Defer(writer, mark(&ran), nil)
	churn(&r, writer, 3)
	if ran {
		t.Error("ran inside a section that was open")
	}
	r.Unlock(reader)
	r.Synchronize(writer)
}

// A deferred function may defer.
func TestDeferInsideDeferred(t *testing.T) {
	var r RCU
	k := newTask(t)
	ran := false
	r.Defer(k, func(k *Task, _ any) { r.Defer(k, mark(&ran), nil) }, nil)
	r.Synchronize(k)
	r.Synchronize(k)
	if !ran {
		t.Error("the inner function never ran")
	}
}

func TestSynchronizeWaitsForSections(t *testing.T) {
	for _, pending := range []bool{false, true} {
		t.Run(fmt.Sprint("pending=", pending), func(t *testing.T) {
			var r RCU
			reader, writer := newTask(t), newTask(t)
			var left Bool
			ran := false
			r.Lock(reader)
			if pending {
				r.Defer(writer, mark(&ran), nil)
			}
			done := make(chan bool)
			go func() {
				r.Synchronize(writer)
				done <- left.Load()
			}()
			time.Sleep(5 * time.Millisecond) // gives an early return time to show
			left.Store(true)
			r.Unlock(reader)
			if !<-done {
				t.Error("returned inside a section that was open")
			}
			if ran != pending {
				t.Errorf("deferred function ran: %v, want %v", ran, pending)
			}
		})
	}
}

// Deferring makes no garbage once the batches have their memory.
func TestDeferReusesMemory(t *testing.T) {
	var r RCU
	k := newTask(t)
	f := func(*Task, any) {}
	n := testing.AllocsPerRun(20, func() {
		for range 4 * deferBatch {
			r.Defer(k, f, nil)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations in 4 batches", n)
	}
	r.Synchronize(k)
}

// object is what readers may look at until it is freed.
type object struct{ freed Bool }

func TestRCUStress(t *testing.T) { rcuStress(t) }

// rcuStress replaces an object under readers that check, inside their section,
// that it is not freed; updaters run each other's deferred functions.
func rcuStress(t *testing.T) {
	const updates = 6000
	var r RCU
	var current Pointer[object]
	current.Store(new(object))
	var stop Bool
	var freed, sections Uint32
	var readers, updaters sync.WaitGroup
	for range 2 {
		k := newTask(t)
		readers.Go(func() {
			for n := 0; !stop.Load(); n++ {
				r.Lock(k)
				o := current.Load()
				if n%64 == 0 {
					Yield()
				}
				if o.freed.Load() {
					t.Error("an object was freed inside a section that could see it")
					stop.Store(true)
				}
				r.Unlock(k)
				sections.Add(1)
			}
		})
	}
	for range 2 {
		k := newTask(t)
		updaters.Go(func() {
			for range updates {
				old := current.Swap(new(object))
				r.Defer(k, func(_ *Task, o any) {
					o.(*object).freed.Store(true)
					freed.Add(1)
				}, old)
			}
			r.Synchronize(k)
		})
	}
	updaters.Wait()
	stop.Store(true)
	readers.Wait()
	if got := freed.Load(); got != 2*updates {
		t.Errorf("%d objects freed, want %d", got, 2*updates)
	}
	if sections.Load() == 0 {
		t.Error("no reader ran")
	}
}
