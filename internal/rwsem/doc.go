// Package rwsem is the rw_semaphore of Linux up to 7.0: 40 bytes, readers or
// one writer, a FIFO of sleepers that spinning writers may overtake. It is the
// mmap_lock of every design and the per-VMA lock of one.
//
// It follows kernel/locking/rwsem.c and osq_lock.c of Linux 7.0 without
// CONFIG_PREEMPT_RT (7.1 and later shrink the struct to 32 bytes).
//
// # Values of count
//
//	bits 8-62  readers, 256 each; a reader that fails has its 256 in for a moment
//	bit 0      a writer has the lock
//	bit 1      the wait list is not empty
//	bit 2      hand-off: spinners and later writers keep off
//	bit 63     guard: too many readers, new ones take the slow path
//
//	count              meaning
//	0                  free
//	1                  a writer
//	256*n              n readers
//	2 (+ 256*n)        free (n readers), somebody queues: the last out wakes
//	3                  a writer, somebody queues
//	6 (+ 256*n or 1)   as 2 and 3, and a waiter that has queued for 4 ms is next
//
// Readers take the fast path only where bits 0, 1, 2 and 63 are clear. Bits 1
// and 2 change under waitLock alone.
//
// # Values of owner
//
//	0             nobody known: free, or a holder that has not written it yet
//	id<<2         the writer with that Task ID
//	id<<2 | 1     readers; id is the last that came, who may have left (a hint)
//	... | 2       spinning on the present owner was given up (nonspinnable)
//
// # Fields
//
//	offset  field     written                                    read
//	0       count     by anybody, RMW                            by anybody
//	8       owner     plain store by the holder; RMW of bit 1    spinners, reports
//	16      osq       RMW by spinners                            spinners
//	20      waitLock  by whoever queues, leaves or wakes         the same
//	24      waiters   under waitLock                             under waitLock
//
// # Edges
//
//	count    release in UpRead, UpWrite, DowngradeWrite -> acquire in each way of taking the lock
//	State    release in deliver -> acquire in awaitGrant: a granted reader sees what the waker saw
//	Locked   release in osqUnlock -> acquire in osqLock
//
// # Cost
//
// A read pair is two RMWs on count (CAS or XADD, XADD) with a load and a plain
// store of owner between them; a write pair two RMWs and two plain stores. All
// of it is on one line if the object does not straddle two.
//
// # Differences from Linux
//
//   - A task is preempted without notice. Linux takes a descheduled owner as
//     not worth a spin at once; here only one that sleeps in Park is seen
//     (Task.OnCPU), and a spinner gives up after about a millisecond
//     (spinTurns), which also stands in for need_resched.
//   - No real-time tasks: no extra hand-off and no spinning rules for them.
//   - The wait node and the spinner node lie in the Task, not on the stack and
//     not per CPU. The first pass over a batch of readers takes them off the
//     list under waitLock; the second, which tells them, runs after it.
//   - A hand-off falls due after 4 ms exactly, not at the next tick.
//   - A task that owns its thread sleeps in futex(2), and a wake-up costs that
//     call if it sleeps; any other task sleeps by a Go channel.
package rwsem
