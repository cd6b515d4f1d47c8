//go:build !vmasim

package atomic

// Lock opens a read section of t. Sections do not nest.
// Pairs with the barrier in appendOpen.
func (r *RCU) Lock(t *Task) {
	storeSeq(&t.rcu.seq, loadOwn(&t.rcu.seq)+1)
	if rcuFenced {
		t.rcu.seq.Add(0)
	}
}

// Unlock closes the section. Release: what was read in the section was read
// before advance can see it closed.
func (r *RCU) Unlock(t *Task) { storeSeqRelease(&t.rcu.seq, loadOwn(&t.rcu.seq)+1) }

func deferToEngine(*RCU, *Task, func(*Task, any), any) bool { return false }
func syncOnEngine(*RCU, *Task) bool                         { return false }
