//go:build !vmasim

package atomic

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Task.wake, the sleep of a task that owns its thread:
//
//	value       meaning                       set by
//	wakeNone    runs, no token                the task, when it takes the token
//	wakeToken   a token is there              Unpark, by exchange
//	wakeAsleep  sleeps or is about to         the task, from wakeNone
//
// Only an exchange that found wakeAsleep has somebody to wake.
const (
	wakeNone = iota
	wakeToken
	wakeAsleep
)

// futex(2), linux/futex.h.
const (
	futexWaitPrivate = 0 | 128
	futexWakePrivate = 1 | 128
)

// OwnThread says that the task's goroutine is locked to its thread for the rest
// of the task's life: it then sleeps in the kernel as a kernel's thread does.
// By a channel, Go's scheduler would start other threads to bring the goroutine
// back to its own, and they would take CPUs away from those that are measured.
// Call it before anybody else knows the task.
func (t *Task) OwnThread() {
	t.thread = true
	t.wake.Store(wakeNone)
}

// sleep waits for a token and takes it, for at most ns nanoseconds if ns > 0;
// false if none came.
func (t *Task) sleep(ns int64) bool {
	var end int64
	if ns > 0 {
		end = Now() + ns
	}
	for !t.wake.CompareAndSwap(wakeToken, wakeNone) { // pairs with rouse
		t.wake.CompareAndSwap(wakeNone, wakeAsleep)
		var left *unix.Timespec
		if ns > 0 {
			rest := end - Now()
			if rest <= 0 {
				return t.wake.Swap(wakeNone) == wakeToken
			}
			ts := unix.NsecToTimespec(rest)
			left = &ts
		}
		// EAGAIN, EINTR and ETIMEDOUT all mean: look again.
		unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&t.wake)), futexWaitPrivate, wakeAsleep, uintptr(unsafe.Pointer(left)), 0, 0)
	}
	return true
}

// rouse is Unpark of a task that owns its thread.
func (t *Task) rouse() bool {
	old := t.wake.Swap(wakeToken) // pairs with sleep
	if old == wakeAsleep {
		unix.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&t.wake)), futexWakePrivate, 1, 0, 0, 0)
	}
	return old != wakeToken
}
