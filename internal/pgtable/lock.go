package pgtable

import "vmabench/internal/atomic"

// lockPair takes the locks of two PTE pages, which may be one, in an order
// that every taker shares. Two movers in opposite directions cannot deadlock.
func lockPair(t *atomic.Task, a, b *page) {
	if a == b {
		a.lock.Lock(t)
		return
	}
	if a.number > b.number {
		a, b = b, a
	}
	a.lock.Lock(t)
	b.lock.Lock(t)
}

func unlockPair(a, b *page) {
	a.lock.Unlock()
	if a != b {
		b.lock.Unlock()
	}
}
