//go:build vmasim

package atomic

import (
	"fmt"
	"slices"
	"testing"
	"unsafe"
)

// recorder is an engine that performs each access at once and notes it.
type recorder struct {
	Engine // the methods that the test does not expect
	log    []string
}

func (r *recorder) note(format string, args ...any) {
	r.log = append(r.log, fmt.Sprintf(format, args...))
}

func (r *recorder) Word(op Op, ord Order, p unsafe.Pointer, size uintptr, x, y uint64) (uint64, bool) {
	r.note("%v %v %d", op, ord, size)
	old, _, ok := Apply(op, p, size, x, y)
	return old, ok
}

func (r *recorder) Pointer(op Op, ord Order, p *unsafe.Pointer, x, y unsafe.Pointer) (unsafe.Pointer, bool) {
	r.note("%v %v pointer", op, ord)
	return ApplyPointer(op, p, x, y)
}

func (r *recorder) Plain(_ unsafe.Pointer, size uintptr, write bool) {
	r.note("plain %d write=%v", size, write)
}

func (r *recorder) Assert(msg string) { r.note("assert %s", msg) }

// accesses does one of each; the values it returns must not depend on who
// performs them.
func accesses() (values []any) {
	v := func(x ...any) { values = append(values, x...) }
	var u Uint32
	var i Int32
	var q Uint64
	var l Int64
	var b Bool
	var p Pointer[int]
	var c Cell[int16]
	n := new(int)
	u.Store(6)
	v(u.Load(), u.Add(^uint32(0)), u.Swap(12), u.And(5), u.Or(3), u.CompareAndSwap(7, 1), u.CompareAndSwap(8, 1), u.Load())
	i.Store(-6)
	v(i.Load(), i.Add(-1), i.Swap(-12), i.And(-5), i.Or(3), i.CompareAndSwap(-13, -1), i.CompareAndSwap(7, 1), i.Load())
	q.Store(1 << 40)
	v(q.Load(), q.Add(^uint64(0)), q.Swap(12), q.And(5), q.Or(3), q.CompareAndSwap(7, 1), q.CompareAndSwap(8, 1), q.Load())
	l.Store(-1 << 40)
	v(l.Load(), l.Add(-1), l.Swap(-12), l.And(-5), l.Or(3), l.CompareAndSwap(-13, -1), l.CompareAndSwap(7, 1), l.Load())
	b.Store(true)
	v(b.Load(), b.Swap(false), b.CompareAndSwap(true, false), b.CompareAndSwap(false, true), b.Load())
	p.Store(n)
	v(p.Load() == n, p.Swap(nil) == n, p.CompareAndSwap(n, nil), p.CompareAndSwap(nil, n), p.Load() == n)
	c.Set(3)
	v(c.Get())
	return values
}

// An engine sees every access and the program sees the values that it would
// see without one.
func TestEngineSeesAccesses(t *testing.T) {
	want := accesses()
	r := new(recorder)
	var got []any
	Run(r, func() {
		if !Running() {
			t.Error("an engine runs, Running says no")
		}
		got = accesses()
	})
	if Running() {
		t.Error("no engine runs, Running says yes")
	}
	if !slices.Equal(got, want) {
		t.Errorf("through the engine:\n%v\nwithout:\n%v", got, want)
	}
	if len(r.log) != 4*9+6+6+2 {
		t.Errorf("the engine saw %d accesses:\n%q", len(r.log), r.log)
	}
}

// Each ordered form tells the engine the order in its name.
func TestEngineSeesOrders(t *testing.T) {
	var u Uint32
	var q Uint64
	var l Int64
	var p Pointer[int]
	r := new(recorder)
	var want []string
	Run(r, func() {
		for _, c := range []struct {
			want string
			f    func()
		}{
			{"load relaxed 4", func() { LoadRelaxed32(&u) }},
			{"load acquire 4", func() { LoadAcquire32(&u) }},
			{"store relaxed 4", func() { StoreRelaxed32(&u, 1) }},
			{"store release 4", func() { StoreRelease32(&u, 1) }},
			{"add relaxed 4", func() { AddRelaxed32(&u, 1) }},
			{"add acquire 4", func() { AddAcquire32(&u, 1) }},
			{"add release 4", func() { AddRelease32(&u, 1) }},
			{"cas relaxed 4", func() { CompareAndSwapRelaxed32(&u, 1, 1) }},
			{"cas acquire 4", func() { CompareAndSwapAcquire32(&u, 1, 1) }},
			{"cas release 4", func() { CompareAndSwapRelease32(&u, 1, 1) }},
			{"load relaxed 8", func() { LoadRelaxed64(&l) }},
			{"load acquire 8", func() { LoadAcquire64(&l) }},
			{"store relaxed 8", func() { StoreRelaxed64(&q, 1) }},
			{"store release 8", func() { StoreRelease64(&l, 1) }},
			{"add relaxed 8", func() { AddRelaxed64(&l, 1) }},
			{"add acquire 8", func() { AddAcquire64(&l, 1) }},
			{"add release 8", func() { AddRelease64(&l, 1) }},
			{"cas relaxed 8", func() { CompareAndSwapRelaxed64(&l, 1, 1) }},
			{"cas acquire 8", func() { CompareAndSwapAcquire64(&l, 1, 1) }},
			{"load relaxed pointer", func() { LoadRelaxedPointer(&p) }},
			{"load acquire pointer", func() { LoadAcquirePointer(&p) }},
			{"store release pointer", func() { StoreReleasePointer(&p, nil) }},
			{"assert broken", func() { Assert(false, "broken"); Assert(true, "fine") }},
		} {
			want = append(want, c.want)
			c.f()
		}
	})
	if !slices.Equal(r.log, want) {
		t.Errorf("the engine saw\n%q\nwant\n%q", r.log, want)
	}
}

func TestAssertWithoutEngine(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a broken assertion went by")
		}
	}()
	Assert(false, "broken")
}

// cpusEngine says how many CPUs its machine has, and is impatient.
type cpusEngine struct{ recorder }

func (*cpusEngine) CPUs() int       { return 5 }
func (*cpusEngine) Turns(n int) int { return n / 10 }

func TestEngineMachine(t *testing.T) {
	Run(new(recorder), func() {
		if CPUs() != MaxTasks {
			t.Errorf("CPUs() = %d in an engine that does not say", CPUs())
		}
		if Turns(40) != 40 {
			t.Errorf("Turns(40) = %d in an engine that does not say", Turns(40))
		}
	})
	Run(new(cpusEngine), func() {
		if CPUs() != 5 {
			t.Errorf("CPUs() = %d in an engine that says 5", CPUs())
		}
		if Turns(40) != 4 {
			t.Errorf("Turns(40) = %d in an engine that says 4", Turns(40))
		}
	})
}
