//go:build !vmasim

package atomic

// rcuState is a task's own view of its RCU sections, over all domains.
type rcuState struct {
	seq Uint64 // odd inside a section; written by the task, read by Defer
}

// Lock opens a read section of t. Sections do not nest.
// Pairs with the barrier in open.
func (r *RCU) Lock(t *Task) {
	storeSeq(&t.rcu.seq, loadOwn(&t.rcu.seq)+1)
	if rcuFenced {
		t.rcu.seq.Add(0)
	}
}

// Unlock closes the section. Release: what was read in the section was read
// before Defer can see it closed.
func (r *RCU) Unlock(t *Task) { storeSeqRelease(&t.rcu.seq, loadOwn(&t.rcu.seq)+1) }

// InSection reports whether t is inside a read section; for assertions.
func (t *Task) InSection() bool { return t.rcu.seq.Load()&1 == 1 }

// Defer runs run(some task, arg) once every section that is open now has been
// left. It never waits: the function runs inside a later Defer or Synchronize,
// on that caller's task.
func (r *RCU) Defer(t *Task, run func(*Task, any), arg any) {
	r.mu.Lock(t)
	r.pending = append(r.pending, deferred{run, arg})
	var ready []deferred
	if len(r.pending) >= deferBatch {
		ready = r.advance()
	}
	r.mu.Unlock()
	for _, d := range ready {
		d.run(t, d.arg)
	}
}

// advance returns the batch if its grace period is over and closes the next.
// r.mu is held.
func (r *RCU) advance() []deferred {
	for _, s := range r.waitFor {
		if s.task.rcu.seq.Load() == s.seq {
			return nil
		}
	}
	ready := r.batch
	r.batch, r.pending = r.pending, nil
	r.waitFor = appendOpen(r.waitFor[:0])
	return ready
}

// Synchronize waits for every section that is open now and runs all that was
// deferred. The caller is in no section.
func (r *RCU) Synchronize(t *Task) {
	for r.Pending(t) > 0 {
		r.mu.Lock(t)
		ready := r.advance()
		r.mu.Unlock()
		for _, d := range ready {
			d.run(t, d.arg)
		}
		Yield()
	}
}

// appendOpen appends the sections open now. The barrier makes each task's
// plain store in Lock visible, or its loads in the section later than what the
// caller unlinked.
func appendOpen(open []openSection) []openSection {
	barrierEverywhere()
	for i := range tasks.table {
		t := tasks.table[i].Load()
		if t == nil {
			if uint32(i) > lastTaskID() {
				break
			}
			continue
		}
		if seq := t.rcu.seq.Load(); seq&1 == 1 {
			open = append(open, openSection{t, seq})
		}
	}
	return open
}

func lastTaskID() uint32 {
	tasks.Lock()
	defer tasks.Unlock()
	return tasks.next
}
