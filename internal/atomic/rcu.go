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
// Edges: Unlock -> run of a deferred function: rcuState.seq.
type RCU struct {
	mu      SpinLock      // protects what follows
	pending []deferred    // handed in since the last batch
	batch   []deferred    // waiting for the sections in waitFor
	waitFor []openSection // sections that were open when batch was closed
}

// deferBatch is how many deferred functions share one grace period and its
// membarrier.
const deferBatch = 64

type deferred struct {
	run func(*Task, any)
	arg any
}

type openSection struct {
	task *Task
	seq  uint64
}

// Pending returns how many deferred functions have not run.
func (r *RCU) Pending(t *Task) int {
	r.mu.Lock(t)
	defer r.mu.Unlock()
	return len(r.pending) + len(r.batch)
}
