//go:build vmasim

package explore

import (
	"testing"

	"vmabench/internal/atomic"
	"vmabench/vmm"
)

type vars struct{ x, y atomic.Uint32 }

// litmus are outcomes that a memory model allows or forbids.
var litmus = []struct {
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

// In the strong model every atomic is sequentially consistent; in the weak one a
// load may return what release and acquire allow.
func TestLitmus(t *testing.T) {
	for _, test := range litmus {
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

// TestPeeks: where plain writes are steps, a look without a lock finds what one
// of two has done.
func TestPeeks(t *testing.T) {
	for _, peeks := range []bool{false, true} {
		for _, mode := range []Mode{DPOR, Sleep, DFS} {
			r := Run(Options{Mode: mode, Bound: -1, Peeks: peeks}, func(s *S) {
				var a, b atomic.Cell[uint64]
				var x, y uint64
				s.Go("writer", func(*vmm.Task) { a.Set(1); b.Set(1) })
				s.Go("peek", func(*vmm.Task) { x, y = a.Peek(), b.Peek() })
				s.AtEnd(func() { s.Outcome("%d %d", x, y) })
			})
			if torn := r.Outcomes["1 0"] > 0; torn != peeks || !r.Complete {
				t.Errorf("peeks %v, %v: one of two writes seen: %v, complete: %v", peeks, mode, torn, r.Complete)
			}
		}
	}
}
