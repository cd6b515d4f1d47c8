//go:build vmasim

package atomic

// Lock opens a read section of t. Sections do not nest. Without an engine the
// sequentially consistent Add is the fence that appendOpen needs.
func (r *RCU) Lock(t *Task) {
	if e := engine; e != nil {
		e.RCULock(r, t)
		return
	}
	t.rcu.seq.Add(1)
}

// Unlock closes the section.
func (r *RCU) Unlock(t *Task) {
	if e := engine; e != nil {
		e.RCUUnlock(r, t)
		return
	}
	t.rcu.seq.Add(1)
}

func barrierEverywhere() {}

func deferToEngine(r *RCU, t *Task, run func(*Task, any), arg any) bool {
	if e := engine; e != nil {
		e.RCUDefer(r, t, run, arg)
		return true
	}
	return false
}

func syncOnEngine(r *RCU, t *Task) bool {
	if e := engine; e != nil {
		e.RCUSynchronize(r, t)
		return true
	}
	return false
}
