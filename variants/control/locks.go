package control

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/puzpuzpuz/xsync/v4"

	"vmabench/vmm"
)

// lock is a lock in the place of mmap_lock. The token is xsync's; others have
// none.
type lock[L any] interface {
	*L
	init()
	rlock(*vmm.Task) *xsync.RToken
	runlock(*vmm.Task, *xsync.RToken)
	Lock()
	Unlock()
}

type rwMutex struct{ sync.RWMutex }

func (l *rwMutex) init()                            {}
func (l *rwMutex) rlock(*vmm.Task) *xsync.RToken    { l.RLock(); return nil }
func (l *rwMutex) runlock(*vmm.Task, *xsync.RToken) { l.RUnlock() }

type mutex struct{ sync.Mutex }

func (l *mutex) init()                            {}
func (l *mutex) rlock(*vmm.Task) *xsync.RToken    { l.Lock(); return nil }
func (l *mutex) runlock(*vmm.Task, *xsync.RToken) { l.Unlock() }

type rbMutex struct{ *xsync.RBMutex }

func (l *rbMutex) init()                                { l.RBMutex = xsync.NewRBMutex() }
func (l *rbMutex) rlock(*vmm.Task) *xsync.RToken        { return l.RLock() }
func (l *rbMutex) runlock(_ *vmm.Task, k *xsync.RToken) { l.RUnlock(k) }

// slots is how many readers have a line of their own.
const slots = 64

// perCPU counts readers by slot.
type perCPU struct {
	readers [slots]struct {
		n atomic.Int32
		_ [124]byte
	}
	writer atomic.Bool // somebody holds mu
	mu     sync.Mutex  // the writers'; late readers wait for it
}

func (l *perCPU) init() {}

func (l *perCPU) slot(t *vmm.Task) *atomic.Int32 { return &l.readers[t.ID()%slots].n }

func (l *perCPU) rlock(t *vmm.Task) *xsync.RToken {
	n := l.slot(t)
	n.Add(1) // then the look: pairs with Lock, the other way round
	if l.writer.Load() {
		n.Add(-1)
		l.mu.Lock() // until the writer has gone
		n.Add(1)
		l.mu.Unlock()
	}
	return nil
}

func (l *perCPU) runlock(t *vmm.Task, _ *xsync.RToken) { l.slot(t).Add(-1) }

func (l *perCPU) Lock() {
	l.mu.Lock()
	l.writer.Store(true)
	for i := range l.readers {
		for l.readers[i].n.Load() != 0 {
			runtime.Gosched()
		}
	}
}

func (l *perCPU) Unlock() {
	l.writer.Store(false)
	l.mu.Unlock()
}
