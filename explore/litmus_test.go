//go:build vmasim

package explore

import (
	"strings"
	"testing"

	"vmabench/internal/atomic"
	"vmabench/vmm"
)

// Litmus tests: outcomes that a memory model allows and forbids. In the strong
// model every atomic is sequentially consistent; in the weak one a load may
// return what release and acquire allow.
func TestLitmus(t *testing.T) {
	type vars struct{ x, y atomic.Uint32 }
	tests := []struct {
		name    string
		threads []func(*vars) uint32
		result  string // the interesting outcome
		strong  bool   // allowed in the strong model
		weak    bool   // allowed in the weak one
	}{
		{"message passing, relaxed", []func(*vars) uint32{
			func(v *vars) uint32 { atomic.StoreRelaxed32(&v.x, 1); atomic.StoreRelaxed32(&v.y, 1); return 0 },
			func(v *vars) uint32 { return atomic.LoadRelaxed32(&v.y)*10 + atomic.LoadRelaxed32(&v.x) },
		}, "0 10", false, true},
		{"message passing, release alone", []func(*vars) uint32{
			func(v *vars) uint32 { atomic.StoreRelaxed32(&v.x, 1); atomic.StoreRelease32(&v.y, 1); return 0 },
			func(v *vars) uint32 { return atomic.LoadRelaxed32(&v.y)*10 + atomic.LoadRelaxed32(&v.x) },
		}, "0 10", false, true},
		{"message passing, release and acquire", []func(*vars) uint32{
			func(v *vars) uint32 { atomic.StoreRelaxed32(&v.x, 1); atomic.StoreRelease32(&v.y, 1); return 0 },
			func(v *vars) uint32 { return atomic.LoadAcquire32(&v.y)*10 + atomic.LoadRelaxed32(&v.x) },
		}, "0 10", false, false},
		{"message passing through an RMW", []func(*vars) uint32{
			func(v *vars) uint32 { atomic.StoreRelaxed32(&v.x, 1); atomic.StoreRelease32(&v.y, 1); return 0 },
			func(v *vars) uint32 { atomic.AddRelaxed32(&v.y, 1); return 0 },
			func(v *vars) uint32 { return atomic.LoadAcquire32(&v.y)*10 + atomic.LoadRelaxed32(&v.x) },
		}, "0 0 20", false, false},
		{"store buffering, acquire loads", []func(*vars) uint32{
			func(v *vars) uint32 { atomic.StoreRelease32(&v.x, 1); return atomic.LoadAcquire32(&v.y) },
			func(v *vars) uint32 { atomic.StoreRelease32(&v.y, 1); return atomic.LoadAcquire32(&v.x) },
		}, "0 0", false, true},
		{"store buffering, Go's atomics", []func(*vars) uint32{
			func(v *vars) uint32 { v.x.Store(1); return v.y.Load() },
			func(v *vars) uint32 { v.y.Store(1); return v.x.Load() },
		}, "0 0", false, false},
		{"coherence of reads", []func(*vars) uint32{
			func(v *vars) uint32 { atomic.StoreRelaxed32(&v.x, 1); return 0 },
			func(v *vars) uint32 { return atomic.LoadRelaxed32(&v.x)*10 + atomic.LoadRelaxed32(&v.x) },
		}, "0 10", false, false},
		{"independent reads of independent writes, acquire", []func(*vars) uint32{
			func(v *vars) uint32 { atomic.StoreRelease32(&v.x, 1); return 0 },
			func(v *vars) uint32 { atomic.StoreRelease32(&v.y, 1); return 0 },
			func(v *vars) uint32 { return atomic.LoadAcquire32(&v.x)*10 + atomic.LoadAcquire32(&v.y) },
			func(v *vars) uint32 { return atomic.LoadAcquire32(&v.y)*10 + atomic.LoadAcquire32(&v.x) },
		}, "0 0 10 10", false, true},
	}
	for _, test := range tests {
		for _, weak := range []bool{false, true} {
			want := test.strong || weak && test.weak
			for _, mode := range []Mode{DPOR, Sleep, DFS} {
				r := Run(Options{Mode: mode, Bound: -1, Weak: weak}, func(s *S) {
					v := new(vars)
					got := make([]uint32, len(test.threads))
					for i, f := range test.threads {
						s.Go("t", func(*vmm.Task) { got[i] = f(v) })
					}
					s.AtEnd(func() { s.Outcome("%v", got) })
				})
				if !r.Complete {
					t.Fatalf("%s: not complete: %v", test.name, r.Failure)
				}
				if _, ok := r.Outcomes["["+test.result+"]"]; ok != want {
					t.Errorf("%s, weak %v, %v: %s seen: %v, want %v", test.name, weak, mode, test.result, ok, want)
				}
			}
		}
	}
}

// Each oracle finds the smallest program that deserves it, and its schedule
// replays to the same verdict.
func TestOracles(t *testing.T) {
	type object struct {
		flag atomic.Uint32
		data atomic.Cell[int]
	}
	fresh := func() *object {
		o := new(object)
		atomic.Name(o, "o")
		return o
	}
	tests := []struct {
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
	for i, test := range tests {
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
