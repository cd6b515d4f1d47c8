//go:build vmasim

package atomic

import "sync"

// rcuState is a task's own view of its RCU sections, over all domains.
type rcuState struct{ seq Uint64 }

// Without an engine the tagged build waits with a plain reader count: slow,
// simple and right.
var tagged struct {
	sync.Mutex
	readers map[*Task]bool
}

// Lock opens a read section of t. Sections do not nest.
func (r *RCU) Lock(t *Task) {
	if e := engine; e != nil {
		e.RCULock(r, t)
		return
	}
	tagged.Lock()
	defer tagged.Unlock()
	if tagged.readers == nil {
		tagged.readers = map[*Task]bool{}
	}
	tagged.readers[t] = true
}

// Unlock closes the section.
func (r *RCU) Unlock(t *Task) {
	if e := engine; e != nil {
		e.RCUUnlock(r, t)
		return
	}
	tagged.Lock()
	defer tagged.Unlock()
	delete(tagged.readers, t)
}

// Defer runs run(some task, arg) once every section open now has been left.
func (r *RCU) Defer(t *Task, run func(*Task, any), arg any) {
	if e := engine; e != nil {
		e.RCUDefer(r, t, run, arg)
		return
	}
	r.mu.Lock(t)
	r.pending = append(r.pending, deferred{run, arg})
	r.mu.Unlock()
	r.poll(t)
}

// poll runs what was pending before a moment at which no section was open.
func (r *RCU) poll(t *Task) bool {
	r.mu.Lock(t)
	ready := r.pending
	r.pending = nil
	r.mu.Unlock()
	tagged.Lock()
	idle := len(tagged.readers) == 0
	tagged.Unlock()
	if !idle {
		r.mu.Lock(t)
		r.pending = append(ready, r.pending...)
		r.mu.Unlock()
		return false
	}
	for _, d := range ready {
		d.run(t, d.arg)
	}
	return true
}

// Synchronize waits for every section that is open now and runs all that was
// deferred. The caller is in no section.
func (r *RCU) Synchronize(t *Task) {
	if e := engine; e != nil {
		e.RCUSynchronize(r, t)
		return
	}
	for r.Pending(t) > 0 && !r.poll(t) {
		Yield()
	}
}
