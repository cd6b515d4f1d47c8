//go:build vmasim

package mm

import (
	"math/rand/v2"
	"testing"
	"unsafe"

	"vmabench/internal/atomic"
	"vmabench/vmm"
)

// watcher is an engine that looks at the index after each store to a pointer,
// as a reader might at that moment. Its other methods are never called.
type watcher struct {
	atomic.Engine
	look   func()
	inLook bool
}

func (w *watcher) Pointer(op atomic.Op, _ atomic.Order, p *unsafe.Pointer, x, y unsafe.Pointer) (unsafe.Pointer, bool) {
	old, ok := atomic.ApplyPointer(op, p, x, y)
	if op == atomic.OpStore && !w.inLook {
		w.inLook = true
		w.look()
		w.inLook = false
	}
	return old, ok
}

// TestIndexAtomic looks after every store of every edit, however many leaves
// it spans: a reader finds all that was before, or all that is after.
func TestIndexAtomic(t *testing.T) {
	const span = 2000
	rng := rand.New(rand.NewPCG(1, 1))
	var x Index
	var before, after model
	var looks, sawOld, sawNew int
	var at []vmm.Addr
	w := &watcher{look: func() {
		looks++
		isOld, isNew := true, true
		for _, a := range at {
			v := x.Find(a)
			isOld = isOld && v == before.find(a)
			isNew = isNew && v == after.find(a)
		}
		switch {
		case isNew:
			sawNew++
		case isOld:
			sawOld++
		default:
			t.Fatalf("after store %d a reader finds neither what was nor what will be", looks)
		}
	}}
	atomic.Run(w, func() {
		for i := range 1500 {
			a := rng.Uint64N(span)
			long := uint64(6)
			if i%10 == 0 {
				long = span / 2
			}
			r := pages(a, min(1+rng.Uint64N(long), span-a))
			var v *VMA
			if rng.IntN(4) > 0 {
				v = new(VMA)
			}
			after = append(model(nil), before...)
			after.store(r, v)
			at = at[:0]
			for _, b := range []vmm.Addr{r.Start - page, r.Start, r.Start + page, r.End - page, r.End} {
				at = append(at, b, vmm.Addr(rng.Uint64N(span)*page))
			}
			x.Store(r, v)
			before = after
		}
	})
	if sawOld == 0 || sawNew == 0 {
		t.Errorf("%d looks found what was, %d what will be: the test looked at nothing", sawOld, sawNew)
	}
	if err := after.compare(&x); err != nil {
		t.Error(err)
	}
}
