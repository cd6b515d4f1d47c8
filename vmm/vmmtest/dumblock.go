package vmmtest

import (
	"slices"

	"vmabench/internal/atomic"
	"vmabench/vmm"
)

// rwLock is what the Dumb design puts around its model. An error is EINTR.
type rwLock interface {
	Lock(t *vmm.Task) error
	Unlock(t *vmm.Task)
	RLock(t *vmm.Task) error
	RUnlock(t *vmm.Task)
}

// queueLock is a reader/writer lock that is right and no more: one queue,
// served in order, leading readers together.
type queueLock struct {
	mu      atomic.SpinLock // protects what follows
	readers int
	writer  bool
	queue   []*lockWaiter

	noWake int // broken: every so many grants nobody is woken; 0 is never
	grants int // counts them
}

type lockWaiter struct {
	task    *vmm.Task
	write   bool
	granted atomic.Uint32 // 0 to 1 by the granter; read by the waiter
}

func (l *queueLock) Lock(t *vmm.Task) error  { return l.acquire(t, true) }
func (l *queueLock) RLock(t *vmm.Task) error { return l.acquire(t, false) }

func (l *queueLock) Unlock(t *vmm.Task) {
	l.mu.Lock(&t.Task)
	l.writer = false
	l.grant()
	l.mu.Unlock()
}

func (l *queueLock) RUnlock(t *vmm.Task) {
	l.mu.Lock(&t.Task)
	l.readers--
	l.grant()
	l.mu.Unlock()
}

// admits reports whether the lock could be had now, but for the queue.
func (l *queueLock) admits(write bool) bool {
	return !l.writer && (!write || l.readers == 0)
}

func (l *queueLock) take(write bool) {
	if write {
		l.writer = true
	} else {
		l.readers++
	}
}

func (l *queueLock) acquire(t *vmm.Task, write bool) error {
	l.mu.Lock(&t.Task)
	if l.admits(write) && len(l.queue) == 0 {
		l.take(write)
		l.mu.Unlock()
		return nil
	}
	w := &lockWaiter{task: t, write: write}
	l.queue = append(l.queue, w)
	l.mu.Unlock()
	for w.granted.Load() == 0 {
		if t.FatalSignal() && l.leave(t, w) {
			return vmm.EINTR
		}
		t.Park()
	}
	return nil
}

// leave takes w out of the queue; false if it was granted meanwhile.
func (l *queueLock) leave(t *vmm.Task, w *lockWaiter) bool {
	l.mu.Lock(&t.Task)
	defer l.mu.Unlock()
	i := slices.Index(l.queue, w)
	if i < 0 {
		return false
	}
	l.queue = slices.Delete(l.queue, i, i+1)
	l.grant()
	return true
}

// grant gives the lock to the head of the queue, as far as it will go. l.mu is
// held.
func (l *queueLock) grant() {
	for len(l.queue) > 0 && l.admits(l.queue[0].write) {
		w := l.queue[0]
		l.queue = l.queue[1:]
		l.take(w.write)
		w.granted.Store(1)
		if l.grants++; l.noWake == 0 || l.grants%l.noWake != 0 {
			w.task.Unpark()
		}
	}
}

// politeLock starves writers: behind another task's read, one steps in only
// after a while in which no reader came.
type politeLock struct {
	queueLock
	came atomic.Uint64 // readers so far
	last atomic.Uint32 // the ID of the last
}

// politeFor is how long the readers must stay away.
const politeFor = 500e6 // ns: longer than a busy machine lets readers stand still

func (l *politeLock) RLock(t *vmm.Task) error {
	l.came.Add(1)
	l.last.Store(t.ID())
	return l.queueLock.RLock(t)
}

func (l *politeLock) Lock(t *vmm.Task) error {
	seen, since := l.came.Load(), atomic.Now()
	for id := l.last.Load(); id != 0 && id != t.ID() && atomic.Now()-since < politeFor; id = l.last.Load() {
		if n := l.came.Load(); n != seen {
			seen, since = n, atomic.Now()
		}
		atomic.Yield()
	}
	return l.queueLock.Lock(t)
}

// noLock excludes nobody.
type noLock struct{}

func (noLock) Lock(*vmm.Task) error  { atomic.Yield(); return nil }
func (noLock) Unlock(*vmm.Task)      {}
func (noLock) RLock(*vmm.Task) error { return nil }
func (noLock) RUnlock(*vmm.Task)     {}
