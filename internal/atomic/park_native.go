//go:build !vmasim

package atomic

import "time"

// The token is a channel of one slot that the Task owns for life: parking
// allocates nothing, needs no runtime internals, and a testing/synctest bubble
// sees that a parked task is durably blocked. A task that owns its thread has a
// word instead (thread_linux.go).
func (t *Task) initToken() {
	if t.token == nil {
		t.token = make(chan struct{}, 1)
	}
}

// Park sleeps until a token is there and takes it. A token that was left
// before makes it return at once, so announce, test, Park loses no wake-up.
// It may also return without cause (Kill, a token left over): callers loop.
func (t *Task) Park() {
	t.Waits.Parks++
	t.parked.Store(1)
	if t.thread {
		t.sleep(0)
	} else {
		<-t.token
	}
	t.parked.Store(0)
}

// Unpark leaves a token for t and wakes it if it sleeps; false if a token was
// there already.
func (t *Task) Unpark() bool {
	if t.thread {
		return t.rouse()
	}
	select {
	case t.token <- struct{}{}:
		return true
	default:
		return false
	}
}

// ParkTimeout is Park with a bound; it reports whether a token came.
func (t *Task) ParkTimeout(ns int64) bool {
	t.Waits.Parks++
	t.parked.Store(1)
	defer t.parked.Store(0)
	if t.thread {
		return t.sleep(ns)
	}
	timer := time.NewTimer(time.Duration(ns))
	defer timer.Stop()
	select {
	case <-t.token:
		return true
	case <-timer.C:
		return false
	}
}

var clockBase = time.Now()

// Now returns the machine's clock in nanoseconds.
func Now() int64 { return int64(time.Since(clockBase)) }

// Work keeps the task's CPU busy for about ns nanoseconds.
func Work(ns int64) {
	if ns <= 0 {
		return
	}
	for end := Now() + ns; Now() < end; {
	}
}

func engineCPUs() int { return 0 }
