package rangelock

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"vmabench/internal/addrspace"
	"vmabench/vmm"
)

func newTasks(tb testing.TB, n int) []*vmm.Task {
	ts := make([]*vmm.Task, n)
	for i := range ts {
		ts[i] = vmm.NewTask()
		tb.Cleanup(ts[i].Release)
	}
	return ts
}

// asked is a range of the model: a list in order of arrival.
type asked struct {
	n          *node
	start, end vmm.Addr
	write      bool
}

func (a asked) excludes(b asked) bool {
	return (a.write || b.write) && max(a.start, b.start) < min(a.end, b.end)
}

// enter is acquire up to its wait.
func (l *rangeLock) enter(t *vmm.Task, r vmm.Range, write bool) {
	l.guard.Lock(&t.Task)
	l.admit(own(t), r, write)
	l.guard.Unlock()
}

// TestTree: whatever comes and goes, each range waits for as many as a list says,
// and who leaves lets in exactly those that it was the last in the way of.
func TestTree(t *testing.T) {
	tasks := newTasks(t, 200)
	rng := rand.New(rand.NewPCG(7, 7))
	for round := range 20 {
		var l rangeLock
		var list []asked
		span := uint64(4) << rng.IntN(10)
		for step := range 2000 {
			if i := rng.IntN(len(tasks)); i >= len(list) {
				k := tasks[slices.IndexFunc(tasks, func(k *vmm.Task) bool {
					return !slices.ContainsFunc(list, func(a asked) bool { return a.n == own(k) })
				})]
				a := vmm.Addr(rng.Uint64N(span))
				r := asked{own(k), a, a + 1 + vmm.Addr(rng.Uint64N(1+span/8)), rng.IntN(3) == 0}
				l.enter(k, vmm.Range{Start: r.start, End: r.end}, r.write)
				list = append(list, r)
			} else {
				gone := list[i] // a holder, or a waiter that was killed
				list = slices.Delete(list, i, i+1)
				l.remove(gone.n)
				var let []*node
				for c := l.root.Get().discount(gone.n, nil); c != nil; c = c.next.Get() {
					let = append(let, c)
				}
				checkLetIn(t, list, i, gone, let)
			}
			if step%8 == 0 {
				checkTree(t, &l, list)
			}
		}
		if t.Failed() {
			t.Fatalf("in round %d, over %d addresses", round, span)
		}
	}
}

// checkLetIn: gone was at i in the list.
func checkLetIn(t *testing.T, list []asked, i int, gone asked, let []*node) {
	for j := i; j < len(list); j++ {
		want := list[j].excludes(gone) && before(list, j) == 0
		if got := slices.Contains(let, list[j].n); got != want {
			t.Errorf("let in: %t, want %t", got, want)
		}
	}
	for _, n := range let {
		if !slices.ContainsFunc(list[i:], func(a asked) bool { return a.n == n }) {
			t.Error("let in what came before, or is not there")
		}
	}
}

// before returns how many ranges are in the way of list[j].
func before(list []asked, j int) (k int) {
	for _, a := range list[:j] {
		if a.excludes(list[j]) {
			k++
		}
	}
	return k
}

func checkTree(t *testing.T, l *rangeLock, list []asked) {
	t.Helper()
	var last vmm.Addr
	n := 0
	l.root.Get().each(func(x *node) {
		if n++; x.start.Get() < last {
			t.Error("not in order")
		}
		last = x.start.Get()
		for _, c := range []*node{x.left.Get(), x.right.Get()} {
			if c != nil && (c.up.Get() != x || c.priority() > x.priority()) {
				t.Error("not a heap, or a wrong parent")
			}
		}
		if x.sum() {
			t.Error("a wrong reach")
		}
	})
	if r := l.root.Get(); r != nil && r.up.Get() != nil {
		t.Error("the root has a parent")
	}
	if n != len(list) {
		t.Errorf("%d nodes, want %d", n, len(list))
	}
	for j, a := range list {
		if got, want := a.n.conflicts.Get(), before(list, j); got != want {
			t.Errorf("%d ranges are in the way, want %d", got, want)
		}
	}
}

// TestDepth: a search is short although the ranges come in order.
func TestDepth(t *testing.T) {
	var l rangeLock
	for i, k := range newTasks(t, 1000) {
		l.enter(k, vmm.Range{Start: vmm.Addr(i), End: vmm.Addr(i + 1)}, true)
	}
	deepest := 0
	l.root.Get().each(func(n *node) {
		d := 0
		for ; n != nil; n = n.up.Get() {
			d++
		}
		deepest = max(deepest, d)
	})
	if deepest > 40 {
		t.Errorf("1000 ranges lie %d deep", deepest)
	}
}

// waiter is a task that asks for a range in a goroutine.
type waiter struct {
	*vmm.Task
	err  error
	done chan struct{}
}

func (l *rangeLock) ask(t *testing.T, k *vmm.Task, r vmm.Range, write, killable bool) *waiter {
	w := &waiter{Task: k, done: make(chan struct{})}
	go func() { w.err = l.acquire(k, r, write, killable); close(w.done) }()
	for own(k).state.Load() != asleep {
		select {
		case <-w.done:
			return w
		default:
			runtime.Gosched()
		}
	}
	return w
}

func (w *waiter) in() bool {
	select {
	case <-w.done:
		return true
	default:
		return false
	}
}

func span(a, b vmm.Addr) vmm.Range { return vmm.Range{Start: a, End: b} }

// TestOrder: who overlaps waits for all that came earlier, waiters too, and for
// nobody else.
func TestOrder(t *testing.T) {
	var l rangeLock
	k := newTasks(t, 6)
	want := func(w *waiter, in bool, what string) {
		t.Helper()
		if w.in() != in {
			t.Errorf("%s: in: %t, want %t", what, !in, in)
		}
	}
	for _, k := range k {
		own(k) // so that state can be looked at
	}
	reader := l.ask(t, k[0], span(0, 10), false, false)
	want(reader, true, "a first reader")
	want(l.ask(t, k[1], span(5, 15), false, false), true, "a reader beside it")
	writer := l.ask(t, k[2], span(8, 12), true, false)
	want(writer, false, "a writer behind two readers")
	late := l.ask(t, k[3], span(9, 10), false, false)
	want(late, false, "a reader behind a writer that waits")
	want(l.ask(t, k[4], span(0, 8), false, false), true, "a reader beside them")
	want(l.ask(t, k[5], span(20, 30), true, false), true, "a writer elsewhere")
	l.release(k[0])
	want(writer, false, "one of two readers has left")
	l.release(k[1])
	<-writer.done
	want(late, false, "the writer is inside")
	l.release(k[2])
	<-late.done
	for _, i := range []int{3, 4, 5} {
		l.release(k[i])
	}
	if l.root.Get() != nil {
		t.Error("somebody is left")
	}
}

// TestKilled: a fatal signal ends a killable wait, and who waited for the killed
// one goes on.
func TestKilled(t *testing.T) {
	var l rangeLock
	k := newTasks(t, 4)
	for _, k := range k {
		own(k)
	}
	l.ask(t, k[0], span(0, 10), false, false)
	killed := l.ask(t, k[1], span(0, 10), true, true)
	behind := l.ask(t, k[2], span(0, 10), false, true)
	k[1].Kill()
	<-killed.done
	<-behind.done
	if killed.err != vmm.EINTR || behind.err != nil {
		t.Errorf("errors are %v and %v", killed.err, behind.err)
	}
	stubborn := l.ask(t, k[3], span(0, 10), true, false)
	k[3].Kill()
	runtime.Gosched()
	if stubborn.in() {
		t.Error("a signal ended a wait that cannot be killed")
	}
	l.release(k[0])
	l.release(k[2])
	<-stubborn.done
	l.release(k[3])
}

// TestHeld: a process that hangs can say who holds which range, and who waits.
func TestHeld(t *testing.T) {
	k := newTasks(t, 3)
	for _, k := range k {
		own(k)
	}
	v := NewMachine(vmm.Config{}).NewVMM(k[2]).(*space)
	l := v.locks.ranges
	l.ask(t, k[0], span(0x1000, 0x2000), false, false)
	waiter := l.ask(t, k[1], span(0, 0x3000), true, false)
	want := fmt.Sprintf("range %v is held for read by task %d", span(0x1000, 0x2000), k[0].ID())
	if got := v.Held(); !slices.Equal(got, []string{want}) {
		t.Errorf("held: %q, want %q", got, want)
	}
	if got := v.Waits(k[1]); got != "waits for a range behind 1 earlier" {
		t.Errorf("the waiter: %q", got)
	}
	if got := v.Waits(k[0]); got != "" {
		t.Errorf("the holder: %q", got)
	}
	if v.Check(k[2]) == nil {
		t.Error("nothing is wrong with a range that is left")
	}
	l.release(k[0])
	<-waiter.done
	l.release(k[1])
	if err := v.Check(k[2]); err != nil {
		t.Error(err)
	}
}

// TestTouched: a change holds a page on each side and all of what that lies in.
func TestTouched(t *testing.T) {
	const p = vmm.PageSize
	k := newTasks(t, 1)[0]
	v := NewMachine(vmm.Config{}).NewVMM(k)
	for i, at := range []vmm.Range{span(110, 112), span(112, 116), span(120, 124)} {
		prot := vmm.ProtRead | vmm.Prot(i%2)<<1
		if _, err := v.Mmap(k, at.Start*p, uint64(at.End-at.Start)*p, prot, vmm.MapFixed, vmm.File{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ r, want vmm.Range }{
		{span(113, 114), span(112, 116)},
		{span(112, 114), span(110, 116)},
		{span(112, 116), span(110, 117)},
		{span(116, 119), span(112, 120)},
		{span(117, 118), span(116, 119)},
		{span(116, 120), span(112, 124)},
		{span(130, 131), span(129, 132)},
		{span(0, 1), span(0, 2)},
	} {
		got := addrspace.Of(v).Touched(span(c.r.Start*p, c.r.End*p))
		if want := span(c.want.Start*p, c.want.End*p); got != want {
			t.Errorf("a change of %v touches %v, want %v", c.r, got, want)
		}
	}
}
