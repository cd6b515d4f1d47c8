package atomic

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
)

// MaxTasks bounds the Tasks alive at once: a Task's ID must fit the queue tail
// of a 4-byte spinner queue and the owner word beside two flag bits.
const MaxTasks = 1 << 14

// Task is what the kernel calls current: the thread that a lock is taken for.
// Locks take it explicitly. Its methods belong to its own thread, but for
// Unpark, Kill, OnCPU and the accessors, which anybody may call.
//
// A Task is used by one goroutine at a time and released by Release.
type Task struct {
	id     uint32 // immutable; > 0; unique among the Tasks alive
	killed Uint32 // 1 after Kill; written by anybody, read by the task's waits
	parked Uint32 // 1 while asleep in Park; written by the task, read by spinners
	//lint:ignore U1000 engines sleep otherwise, and the layout is the same
	wake Uint32 // the sticky wake-up of a task that owns its thread: wakeNone, wakeToken, wakeAsleep

	token  chan struct{} // one slot, the sticky wake-up of any other task
	thread bool          // sleeps by wake; set by OwnThread before anybody else knows the task

	rcu rcuState // written by the task, read by RCU.Defer

	// OSQ is the task's node in the one spinner queue it can stand in at a
	// time. Written and read under the rules of internal/rwsem.
	OSQ struct {
		Next   Pointer[Task]
		Prev   Pointer[Task]
		Locked Uint32
	}

	// Waiter is the task's node in the one wait list it can stand in at a
	// time (the kernel's on-stack rwsem_waiter), so that waiting allocates
	// nothing. Written and read under the rules of internal/rwsem.
	Waiter struct {
		Next, Prev Cell[*Task]
		Deadline   Cell[int64]
		Write      Cell[bool]
		Handoff    Cell[bool]
		State      Uint32
	}

	// Waits counts what this task's waits cost; written by the task alone.
	Waits WaitStats
}

// WaitStats counts a task's waits. A spin is one turn of a bounded waiting
// loop, a park one sleep, a wake one token that this task left. The rest
// are the kernel's rwsem lock events: reads had past a queue, write locks won
// by spinning, and hand-offs that this task asked for or was given.
type WaitStats struct {
	Spins, Parks, Wakes uint64

	ReadSteals, SpinLocks, Handoffs uint64
}

var tasks struct {
	sync.Mutex
	free  []uint32
	next  uint32
	table [MaxTasks]atomic.Pointer[Task]
}

// Init makes t a live task. It panics when MaxTasks are alive: that is a bug
// of the caller, not a condition to handle.
func (t *Task) Init() {
	tasks.Lock()
	defer tasks.Unlock()
	var id uint32
	if n := len(tasks.free); n > 0 {
		id, tasks.free = tasks.free[n-1], tasks.free[:n-1]
	} else if tasks.next+1 < MaxTasks {
		tasks.next++
		id = tasks.next
	} else {
		panic(fmt.Sprintf("atomic: more than %d tasks alive", MaxTasks-1))
	}
	t.id = id
	t.thread = false
	t.initToken()
	tasks.table[id].Store(t)
	countCPUs()
}

// Release ends t's life and lets its ID be used again.
func (t *Task) Release() {
	tasks.Lock()
	defer tasks.Unlock()
	tasks.table[t.id].Store(nil)
	tasks.free = append(tasks.free, t.id)
	t.id = 0
}

// ID returns t's number, from 1 to MaxTasks-1.
func (t *Task) ID() uint32 { return t.id }

// TaskByID returns the live task with that number, or nil.
func TaskByID(id uint32) *Task {
	if id == 0 || id >= MaxTasks {
		return nil
	}
	return tasks.table[id].Load()
}

// OnCPU reports whether t is not asleep in Park. It is the stand-in for the
// kernel's owner_on_cpu: Go cannot tell that a goroutine was descheduled
// otherwise, so a preempted owner looks as if it ran.
func (t *Task) OnCPU() bool { return t.parked.Load() == 0 }

// Kill delivers a fatal signal: killable waits of t end with an error.
func (t *Task) Kill() {
	t.killed.Store(1)
	t.Unpark()
}

// FatalSignal reports whether t was killed (the kernel's fatal_signal_pending).
func (t *Task) FatalSignal() bool { return t.killed.Load() != 0 }

// ClearSignal makes a killed task usable again.
func (t *Task) ClearSignal() { t.killed.Store(0) }

// KillOn kills t when ctx ends, until stop is called. It is how a context
// reaches a killable wait.
func (t *Task) KillOn(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, t.Kill)
}
