package rwsem

import "vmabench/internal/atomic"

// RWSem is a reader-writer semaphore. The zero value is unlocked. It must not
// be copied after first use.
type RWSem struct {
	count    atomic.Int64
	owner    atomic.Uint64
	osq      atomic.Uint32 // tail of the spinners' queue: a Task's ID, 0 if empty
	waitLock atomic.SpinLock
	waiters  waitList // under waitLock
}

// Limits of the algorithm, in the kernel's values. Tests shrink them; nothing
// on a fast path reads them.
var (
	// handoffAfter is how long a waiter queues, in nanoseconds, before it asks
	// that the lock be handed to it (RWSEM_WAIT_TIMEOUT).
	handoffAfter int64 = 4e6
	// maxReaderBatch is how many readers one wake-up grants at most
	// (MAX_READERS_WAKEUP).
	maxReaderBatch = 256
	// spinTurns is how long a task spins before somebody else might need its
	// CPU, in turns of 15 to 50 ns: the stand-in for need_resched().
	spinTurns = 1 << 15
)
