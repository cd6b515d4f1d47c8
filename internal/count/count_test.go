//go:build vmasim

package count

import (
	"testing"

	"vmabench/internal/atomic"
)

type object struct {
	a atomic.Uint32
	_ [60]byte
	b atomic.Uint32
	c atomic.Cell[int]
	p atomic.Pointer[int]
	_ [40]byte
}

// onLines returns an object that starts on a line.
func onLines() *object { return &new([1024]object)[0] }

func TestCounts(t *testing.T) {
	o := onLines()
	Run(func(e *Engine) {
		got := e.Of(func() {
			o.a.Add(1)
			o.a.CompareAndSwap(1, 2)
			o.a.CompareAndSwap(1, 3)
			o.b.Load()
			o.p.Store(nil)
			o.c.Set(o.c.Get() + 1)
		}, nil)
		want := Counts{CAS: 2, Failed: 1, Add: 1, Loads: 1, Stores: 1, Reads: 1, Writes: 1, Lines: 2, Dirty: 2}
		if got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
		if got = e.Of(func() { o.b.Load() }, nil); got != (Counts{Loads: 1, Lines: 1}) {
			t.Errorf("one load: %+v", got)
		}
	})
}

// TestBefore: what somebody else does ahead of the first write is seen and not
// counted.
func TestBefore(t *testing.T) {
	o := onLines()
	Run(func(e *Engine) {
		var saw bool
		got := e.Of(func() {
			o.a.Load()
			saw = o.a.CompareAndSwap(7, 8)
		}, func() { o.a.Store(7) })
		if !saw || got.CAS != 1 || got.Stores != 0 {
			t.Errorf("exchanged %v, %+v", saw, got)
		}
	})
}

// TestGo: another thread runs until it waits, and on when it is told to.
func TestGo(t *testing.T) {
	k := new(atomic.Task)
	k.Init()
	defer k.Release()
	o := onLines()
	Run(func(e *Engine) {
		resume := e.Go(func() {
			o.a.Store(1)
			k.Park()
			atomic.Until(k, func() bool { return o.b.Load() == 1 })
			o.a.Store(2)
		})
		if !resume() || o.a.Load() != 1 {
			t.Error("went on without a token")
		}
		k.Unpark()
		if !resume() {
			t.Error("went on before the condition held")
		}
		o.b.Store(1)
		if resume() || o.a.Load() != 2 {
			t.Error("did not end")
		}
	})
}
