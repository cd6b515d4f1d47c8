package vmm

import "vmabench/internal/atomic"

// Task is the thread that performs operations: the kernel's current. Nothing
// is counted on a line that two threads share: a Task's statistics are its own
// and lie on its own cache lines.
//
// A Task is used by one goroutine at a time. Operations of different Tasks may
// run at once on one VMM.
type Task struct {
	_ [128]byte // no neighbour on our first line, nor on its pair
	atomic.Task

	// Stats counts this task's lock events.
	Stats LockStats
	// Zero is the page that page=zero clears at each first touch: set by the
	// driver, used by the task alone; nil clears nothing.
	Zero []byte
	// InFault is what a simulated fault does beside what is in the source, with its
	// lock held: called by each fault of page=model that was let in, first where
	// it put a new page in place.
	InFault func(first bool)
	// Frame is what a design keeps for the task where the kernel would use the
	// task's stack: made by the design at the task's first need, used by its rules.
	Frame any

	_ [128]byte
}

// NewTask returns a live task. Release it when its thread ends.
func NewTask() *Task {
	t := new(Task)
	t.Init()
	return t
}
