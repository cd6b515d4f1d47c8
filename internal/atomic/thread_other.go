//go:build !vmasim && !linux

package atomic

// OwnThread says that the task's goroutine is locked to its thread. Here it
// sleeps by its channel all the same.
func (t *Task) OwnThread() {}

func (t *Task) sleep(int64) bool { return false }
func (t *Task) rouse() bool      { return false }
