// Package door is compiled twice by the test: as it stands, and against
// sync/atomic itself.
package door

import "vmabench/internal/atomic"

type node struct {
	next atomic.Pointer[node]
	n    int
}

// Lock is a tiny lock with all that the real ones use.
type Lock struct {
	word   atomic.Uint32
	signed atomic.Int32
	count  atomic.Int64
	owner  atomic.Uint64
	open   atomic.Bool
	list   atomic.Pointer[node]
}

func (l *Lock) TryLock() bool { return l.word.CompareAndSwap(0, 1) }
func (l *Lock) Unlock()       { l.word.Store(0) }

func (l *Lock) Read() bool {
	if c := l.count.Add(256); c&7 != 0 {
		l.count.Add(-256)
		return false
	}
	l.owner.Store(uint64(l.signed.Load())<<2 | l.owner.Load()&2)
	return l.open.Load()
}

func (l *Lock) Push(n *node) {
	for {
		old := l.list.Load()
		n.next.Store(old)
		if l.list.CompareAndSwap(old, n) {
			return
		}
	}
}

func (l *Lock) Take() *node { return l.list.Swap(nil) }

// Every method of every type: none may turn out to be a call.

func (l *Lock) Bools() bool {
	l.open.Store(false)
	return l.open.Load() || l.open.Swap(true) || l.open.CompareAndSwap(true, false)
}

func (l *Lock) Int32s() int32 {
	l.signed.Store(1)
	if l.signed.CompareAndSwap(1, 2) {
		return l.signed.Swap(3)
	}
	return l.signed.Load() + l.signed.Add(1) + l.signed.And(6) + l.signed.Or(1)
}

func (l *Lock) Int64s() int64 {
	l.count.Store(1)
	if l.count.CompareAndSwap(1, 2) {
		return l.count.Swap(3)
	}
	return l.count.Load() + l.count.Add(1) + l.count.And(6) + l.count.Or(1)
}

func (l *Lock) Uint32s() uint32 {
	l.word.Store(1)
	if l.word.CompareAndSwap(1, 2) {
		return l.word.Swap(3)
	}
	return l.word.Load() + l.word.Add(1) + l.word.And(6) + l.word.Or(1)
}

func (l *Lock) Uint64s() uint64 {
	l.owner.Store(1)
	if l.owner.CompareAndSwap(1, 2) {
		return l.owner.Swap(3)
	}
	return l.owner.Load() + l.owner.Add(1) + l.owner.And(6) + l.owner.Or(1)
}

func (l *Lock) OrderedRead() bool {
	for {
		c := atomic.LoadRelaxed64(&l.count)
		if c&7 != 0 {
			return false
		}
		if atomic.CompareAndSwapAcquire64(&l.count, c, c+256) {
			return atomic.LoadAcquire32(&l.word) == 0
		}
	}
}

func (l *Lock) OrderedPut() bool {
	atomic.StoreRelease32(&l.word, 2)
	return atomic.AddRelease64(&l.count, -256) == 2
}

func (l *Lock) OrderedFirst() int { return atomic.LoadAcquirePointer(&l.list).n }
