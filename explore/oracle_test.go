//go:build vmasim

package explore

import (
	"strings"
	"testing"

	"vmabench/internal/atomic"
	"vmabench/vmm"
)

// object is what the oracles' programs share.
type object struct {
	flag atomic.Uint32
	data atomic.Cell[int]
}

func fresh() *object {
	o := new(object)
	atomic.Name(o, "o")
	return o
}

// oracles are the smallest programs that deserve each verdict.
var oracles = []struct {
	want Kind
	in   string // in the message or the timeline
	f    func(*S)
}{
	{DataRace, "o.data", func(s *S) {
		o := fresh()
		s.Go("writer", func(*vmm.Task) { o.data.Set(1); atomic.StoreRelaxed32(&o.flag, 1) })
		s.Go("reader", func(*vmm.Task) {
			if atomic.LoadAcquire32(&o.flag) == 1 {
				o.data.Get()
			}
		})
	}},
	{"", "", func(s *S) {
		o := fresh()
		s.Go("writer", func(*vmm.Task) { o.data.Set(1); atomic.StoreRelease32(&o.flag, 1) })
		s.Go("reader", func(*vmm.Task) {
			if atomic.LoadAcquire32(&o.flag) == 1 {
				o.data.Get()
			}
		})
	}},
	{UseAfterFree, "o.flag", func(s *S) {
		o := fresh()
		s.Go("owner", func(*vmm.Task) { atomic.Free(o) })
		s.Go("user", func(*vmm.Task) { o.flag.Load() })
	}},
	{UseAfterFree, "took again", func(s *S) {
		o := fresh()
		s.Go("owner", func(*vmm.Task) { atomic.Free(o); o2 := o; atomic.Reuse(o2); o.flag.Store(1) })
		s.Go("user", func(*vmm.Task) {
			if atomic.LoadRelaxed32(new(atomic.Uint32)) == 0 {
				o.flag.Load()
			}
		})
	}},
	{DoubleFree, "o", func(s *S) {
		o := fresh()
		for range 2 {
			s.Go("owner", func(*vmm.Task) { atomic.Free(o) })
		}
	}},
	{Assertion, "flag", func(s *S) {
		o := fresh()
		s.Go("a", func(*vmm.Task) { o.flag.Add(1) })
		s.Go("b", func(*vmm.Task) { atomic.Assert(o.flag.Load() == 0, "flag is clear") })
	}},
	{Deadlock, "sleeps", func(s *S) { // announce after the test: a lost wake-up
		o := fresh()
		var waiter atomic.Pointer[atomic.Task]
		s.Go("waiter", func(t *vmm.Task) {
			if o.flag.Load() == 0 {
				waiter.Store(&t.Task)
				t.Park()
			}
		})
		s.Go("waker", func(*vmm.Task) {
			o.flag.Store(1)
			if w := waiter.Load(); w != nil {
				w.Unpark()
			}
		})
	}},
	{Deadlock, "spin lock", func(s *S) {
		var a, b atomic.SpinLock
		s.Go("ab", func(t *vmm.Task) { a.Lock(&t.Task); b.Lock(&t.Task); b.Unlock(); a.Unlock() })
		s.Go("ba", func(t *vmm.Task) { b.Lock(&t.Task); a.Lock(&t.Task); a.Unlock(); b.Unlock() })
	}},
	{Deadlock, "awaits", func(s *S) {
		o := fresh()
		s.Go("a", func(t *vmm.Task) { atomic.Until(&t.Task, func() bool { return o.flag.Load() == 2 }) })
		s.Go("b", func(*vmm.Task) { o.flag.Store(1) })
	}},
	{EndlessLoop, "", func(s *S) {
		o := fresh()
		s.Go("a", func(*vmm.Task) {
			for o.flag.Load() == 0 {
			}
		})
	}},
	{Invariant, "two", func(s *S) {
		o := fresh()
		for range 2 {
			s.Go("t", func(*vmm.Task) { o.flag.Store(o.flag.Load() + 1) })
		}
		s.Check(func() error {
			if o.flag.Load() != 2 {
				return errTwo
			}
			return nil
		})
	}},
	{Panic, "index out of range", func(s *S) {
		o := fresh()
		s.Go("t", func(*vmm.Task) { _ = []int{}[o.flag.Load()] })
	}},
	{UseAfterFree, "rcu", func(s *S) { // a pointer kept beyond the section
		var rcu atomic.RCU
		var p atomic.Pointer[object]
		p.Store(fresh())
		s.Go("reader", func(t *vmm.Task) {
			rcu.Lock(&t.Task)
			o := p.Load()
			rcu.Unlock(&t.Task)
			if o != nil {
				o.flag.Load()
			}
		})
		s.Go("writer", func(t *vmm.Task) {
			rcu.Defer(&t.Task, func(_ *atomic.Task, o any) { atomic.Free(o.(*object)) }, p.Swap(nil))
		})
	}},
	{"", "", func(s *S) {
		var rcu atomic.RCU
		var p atomic.Pointer[object]
		p.Store(fresh())
		s.Go("reader", func(t *vmm.Task) {
			rcu.Lock(&t.Task)
			if o := p.Load(); o != nil {
				o.flag.Load()
			}
			rcu.Unlock(&t.Task)
		})
		s.Go("writer", func(t *vmm.Task) {
			rcu.Defer(&t.Task, func(_ *atomic.Task, o any) { atomic.Free(o.(*object)) }, p.Swap(nil))
			rcu.Synchronize(&t.Task)
		})
	}},
}

// Each oracle finds the smallest program that deserves it, and its schedule
// replays to the same verdict.
func TestOracles(t *testing.T) {
	for i, test := range oracles {
		r := Run(Options{}, test.f)
		if test.want == "" {
			if r.Failure != nil || !r.Complete {
				t.Errorf("%d: %v", i, r.Failure)
			}
			continue
		}
		if r.Failure == nil || r.Failure.Kind != test.want {
			t.Errorf("%d: got %v, want %s", i, r.Failure, test.want)
			continue
		}
		if !strings.Contains(r.Failure.Msg+r.Failure.Trace, test.in) {
			t.Errorf("%d: %q is not in %v\n%s", i, test.in, r.Failure, r.Failure.Trace)
		}
		again := Run(Options{Replay: r.Failure.Schedule}, test.f)
		if again.Failure.Kind != r.Failure.Kind || again.Failure.Trace != r.Failure.Trace {
			t.Errorf("%d: replay of %s: %v\n%s", i, r.Failure.Schedule, again.Failure, again.Failure.Trace)
		}
		t.Logf("%v\n%s%s", r.Failure, r.Failure.Trace, r.Failure.Schedule)
	}
}

type testError string

func (e testError) Error() string { return string(e) }

const errTwo = testError("not two")
