//go:build !vmasim

package atomic

// A package that has the types of sync/atomic from here can inline their
// methods only if this package inlined them itself: the compiler hands on a
// foreign body that it used, and no other. Without this function x.Store in a
// lock would be a call. It never runs; door_test.go shows its effect.
func inlineMethods(b *Bool, i *Int32, l *Int64, u *Uint32, q *Uint64, p *Pointer[int]) {
	b.Store(b.Load() && b.Swap(true) && b.CompareAndSwap(true, false))
	i.Store(i.Load() + i.Add(1) + i.Swap(1) + i.And(1) + i.Or(1))
	l.Store(l.Load() + l.Add(1) + l.Swap(1) + l.And(1) + l.Or(1))
	u.Store(u.Load() + u.Add(1) + u.Swap(1) + u.And(1) + u.Or(1))
	q.Store(q.Load() + q.Add(1) + q.Swap(1) + q.And(1) + q.Or(1))
	p.Store(p.Swap(p.Load()))
	if i.CompareAndSwap(0, 1) && l.CompareAndSwap(0, 1) && u.CompareAndSwap(0, 1) &&
		q.CompareAndSwap(0, 1) && p.CompareAndSwap(nil, nil) {
		return
	}
}

var _ = inlineMethods
