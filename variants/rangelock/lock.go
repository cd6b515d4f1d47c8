package rangelock

import (
	"unsafe"

	"vmabench/internal/atomic"
	"vmabench/vmm"
)

// rangeLock is the range lock of an address space: the ranges that are held and
// waited for, each with the number of earlier ones that it conflicts with. Ranges
// conflict if they overlap and are not both for reading. Who has none is the
// holder; who leaves takes itself off the later ones' numbers. So the order of
// arrival is the order of conflicting holders, and nobody starves.
type rangeLock struct {
	guard    atomic.SpinLock     // protects what follows, and the nodes in the tree
	root     atomic.Cell[*node]  // see tree.go
	arrivals atomic.Cell[uint64] // ranges asked for so far
	_        [128 - 3*8]byte     // alone on its lines: everybody comes here
}

// node is one range that a task holds or waits for. The kernel's lies on the
// task's stack; here a task has one for life, two cache lines of its own, since it
// is in one range lock at a time.
//
// What a search reads is on the first line, so that a task that watches state is
// not disturbed by it. All but state and in is under the guard.
type node struct {
	start, end  atomic.Cell[vmm.Addr]
	reach       atomic.Cell[vmm.Addr] // the furthest end in the subtree
	writeReach  atomic.Cell[vmm.Addr] // the same among those for writing; 0 is none
	left, right atomic.Cell[*node]
	arrival     atomic.Cell[uint64]
	write       atomic.Cell[bool]

	up        atomic.Cell[*node]
	conflicts atomic.Cell[int]   // earlier ranges in the way
	next      atomic.Cell[*node] // in a leaver's chain of those to let in
	task      *atomic.Task       // whose it is; immutable
	in        *rangeLock         // where it is held or waits, nil is nowhere: the task's alone
	state     atomic.Uint32
	_         [20]byte
}

// Sizes as promised: a wrong one does not compile.
var (
	_ [0]struct{} = [unsafe.Sizeof(rangeLock{}) - 128]struct{}{}
	_ [0]struct{} = [unsafe.Sizeof(node{}) - 128]struct{}{}
	_ [0]struct{} = [unsafe.Offsetof(node{}.up) - 64]struct{}{}
)

// Values of node.state.
//
//	value    meaning                                 who sets it
//	granted  the range is held, or the node is idle  its task, if nothing is in the way;
//	                                                 else who took the last out of it (release)
//	waiting  earlier ranges are in the way           its task, under the guard
//	asleep   the same, and the task sleeps or will   its task, CAS from waiting
const (
	waiting = iota
	granted
	asleep
)

// spinTurns is how long a task watches before it sleeps, if another CPU may let
// it in: about what a wake-up costs.
const spinTurns = 400

// own returns t's node.
func own(t *vmm.Task) *node {
	if n, ok := t.Frame.(*node); ok {
		return n
	}
	return newSlow(t)
}

// newSlow gives t its node.
//
//go:noinline
func newSlow(t *vmm.Task) *node {
	n := &node{task: &t.Task}
	n.state.Store(granted)
	atomic.Name(n, "range")
	t.Frame = n
	return n
}

// acquire takes r for t, which holds no range, after all earlier ones that
// conflict. A fatal signal ends a killable wait: vmm.EINTR.
func (l *rangeLock) acquire(t *vmm.Task, r vmm.Range, write, killable bool) error {
	n := own(t)
	if atomic.Checking {
		atomic.Assert(n.in == nil, "a task takes a second range")
	}
	n.in = l
	l.guard.Lock(&t.Task)
	alone := l.admit(n, r, write)
	l.guard.Unlock()
	if alone {
		return nil
	}
	return l.awaitSlow(t, n, killable)
}

// admit puts n into the tree for r, with the number of those in its way, and
// reports whether that is none. The guard is held.
func (l *rangeLock) admit(n *node, r vmm.Range, write bool) bool {
	n.start.Set(r.Start)
	n.end.Set(r.End)
	n.write.Set(write)
	n.arrival.Set(l.arrivals.Get() + 1)
	l.arrivals.Set(n.arrival.Get())
	k := l.root.Get().countConflicts(n)
	n.conflicts.Set(k)
	if k > 0 {
		n.state.Store(waiting)
	}
	l.insert(n)
	return k == 0
}

// awaitSlow waits until n is granted.
func (l *rangeLock) awaitSlow(t *vmm.Task, n *node, killable bool) error {
	turns := 0
	if atomic.CPUs() > 1 {
		turns = atomic.Turns(spinTurns)
	}
	if _, ok := atomic.AwaitSet(&t.Task, &n.state, turns); ok {
		return nil
	}
	if !n.state.CompareAndSwap(waiting, asleep) {
		return nil
	}
	// Acquire: pairs with the release in wake.
	for atomic.LoadAcquire32(&n.state) != granted {
		if killable && t.FatalSignal() {
			return l.giveUp(t, n)
		}
		t.Park()
	}
	return nil
}

// giveUp takes the killed waiter n out, unless it was let in meanwhile.
func (l *rangeLock) giveUp(t *vmm.Task, n *node) error {
	l.guard.Lock(&t.Task)
	if n.conflicts.Get() == 0 { // a leaver has it in its chain
		l.guard.Unlock()
		atomic.Until(&t.Task, func() bool { return atomic.LoadAcquire32(&n.state) == granted })
		return nil
	}
	n.state.Store(granted) // idle
	l.leave(t, n)
	return vmm.EINTR
}

// release lets go of the range that t holds.
func (l *rangeLock) release(t *vmm.Task) {
	n := own(t)
	if atomic.Checking {
		atomic.Assert(n.in == l && n.state.Load() == granted, "a range is let go that is not held")
	}
	l.guard.Lock(&t.Task)
	l.leave(t, n)
}

// leave takes n out and lets in who waited for it alone. The guard is held, and
// free on return: sending a wake-up takes long.
func (l *rangeLock) leave(t *vmm.Task, n *node) {
	l.remove(n)
	first := l.root.Get().discount(n, nil)
	l.guard.Unlock()
	n.in = nil
	if first != nil {
		wake(t, first)
	}
}

// wake lets the chain's tasks in. A node is its task's again once it is granted,
// so the chain is read one step ahead.
func wake(t *vmm.Task, first *node) {
	for n := first; n != nil; {
		next, k := n.next.Get(), n.task
		// Release, and an answer to the CAS in awaitSlow: who sleeps is woken.
		if n.state.Swap(granted) == asleep && k.Unpark() {
			t.Waits.Wakes++
		}
		n = next
	}
}
