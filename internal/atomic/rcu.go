package atomic

// RCU is one domain of read-copy-update: what Defer is given runs after every
// section that was open at that moment has been left. Go's collector already
// keeps memory alive; RCU decides when an object may be used for something
// else (the kernel's call_rcu before kmem_cache_free).
//
// Readers are cheap because they order nothing: Lock and Unlock are plain
// stores to the task's own line, and the rare Defer side makes every CPU
// execute a barrier (membarrier(2), as liburcu's memb flavour) before it
// looks. Where the system has no membarrier, Lock pays for a fence.
//
// Functions run in batches, in the order in which they were deferred.
//
// Edges: Unlock -> run of a deferred function: rcuState.seq.
type RCU struct {
	mu      SpinLock      // protects what follows
	running bool          // somebody runs a batch
	queued  uint64        // functions deferred so far
	ran     uint64        // functions that have returned
	pending []deferred    // handed in since the last batch
	batch   []deferred    // waiting for the sections in waitFor
	spare   []deferred    // empty; its memory is used again
	waitFor []openSection // sections that were open when batch was closed
}

// deferBatch is how many deferred functions share one grace period and its
// membarrier.
const deferBatch = 64

// rcuState is a task's own view of its RCU sections, over all domains.
type rcuState struct {
	seq Uint64 // odd inside a section; written by the task, read by advance
}

type deferred struct {
	run func(*Task, any)
	arg any
}

type openSection struct {
	task *Task
	seq  uint64
}

// Pending returns how many deferred functions have not returned yet.
func (r *RCU) Pending(t *Task) int {
	r.mu.Lock(t)
	defer r.mu.Unlock()
	return int(r.queued - r.ran)
}

// Defer runs run(some task, arg) once every section that is open now has been
// left. It never waits: the function runs inside a later Defer or Synchronize,
// on that caller's task.
func (r *RCU) Defer(t *Task, run func(*Task, any), arg any) {
	if deferToEngine(r, t, run, arg) {
		return
	}
	if n := r.push(t, deferred{run, arg}); n%deferBatch == 0 {
		r.advance(t)
	}
}

// push returns how many functions have been deferred so far.
func (r *RCU) push(t *Task, d deferred) uint64 {
	r.mu.Lock(t)
	defer r.mu.Unlock()
	if r.pending == nil {
		r.pending, r.spare = r.spare, nil
	}
	r.pending = append(r.pending, d)
	r.queued++
	return r.queued
}

// Synchronize waits for every section that is open now, and until all that was
// deferred before has run. The caller is in no section.
func (r *RCU) Synchronize(t *Task) {
	if syncOnEngine(r, t) {
		return
	}
	last := r.push(t, deferred{func(*Task, any) {}, nil})
	for !r.ranUpTo(t, last) {
		r.advance(t)
		Yield()
	}
}

func (r *RCU) ranUpTo(t *Task, n uint64) bool {
	r.mu.Lock(t)
	defer r.mu.Unlock()
	return r.ran >= n
}

// advance closes the next batch and runs the last if its grace period is over
// and nobody else is at it.
func (r *RCU) advance(t *Task) {
	r.mu.Lock(t)
	if r.running || !r.graceOver() {
		r.mu.Unlock()
		return
	}
	ready := r.batch
	r.batch, r.pending = r.pending, nil
	r.waitFor = appendOpen(r.waitFor[:0])
	r.running = true
	r.mu.Unlock()

	for _, d := range ready {
		d.run(t, d.arg)
	}

	r.mu.Lock(t)
	r.running = false
	r.ran += uint64(len(ready))
	clear(ready)
	if r.spare == nil {
		r.spare = ready[:0]
	}
	r.mu.Unlock()
}

// graceOver reports whether the sections that batch waits for are closed.
func (r *RCU) graceOver() bool {
	for _, s := range r.waitFor {
		// Pairs with Unlock.
		if s.task.rcu.seq.Load() == s.seq {
			return false
		}
	}
	return true
}

// appendOpen appends the sections open now. The barrier makes each task's
// plain store in Lock visible, or its loads in the section later than what the
// caller unlinked. A task that is made later than lastTaskID is read opens its
// sections later too.
func appendOpen(open []openSection) []openSection {
	barrierEverywhere()
	for i := range tasks.table[:lastTaskID()+1] {
		t := tasks.table[i].Load()
		if t == nil {
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
