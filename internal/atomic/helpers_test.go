package atomic

import "testing"

func newTask(tb testing.TB) *Task {
	t := new(Task)
	t.Init()
	tb.Cleanup(t.Release)
	return t
}
