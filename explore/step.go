//go:build vmasim

package explore

import (
	"unsafe"

	"vmabench/internal/atomic"
)

// await announces t's next step and returns when t is chosen to take it. The
// scheduler runs here, on t's own stack: only a change of thread switches.
func (e *engine) await(t *thread) {
	if !e.starting {
		if e.next = e.choose(t); e.next == t {
			return
		}
	}
	e.park(t)
}

// begin opens t's announced step: its place in the dependency order.
func (e *engine) begin(t *thread, writes bool) int {
	d := e.depth
	n := &e.nodes[d]
	t.steps++
	if d >= e.fresh {
		n.num, n.loc, n.writes = t.steps, t.next.loc, writes
		n.before, n.prevWriter = 0, -1
		n.choices = 1
		e.depend(d, t)
	}
	if loc := t.next.loc; loc >= 0 {
		l := &e.mem.locs[loc]
		switch {
		case t.next.kind.looks():
			l.lookers.add(t.id)
			l.lookAt[t.id] = int32(d)
		case writes:
			n.prevWriter = l.writer
			l.writer, l.readers = int32(d), 0
		default:
			l.readers.add(t.id)
			l.readAt[t.id] = int32(d)
		}
	}
	t.last = int32(d)
	return d
}

// end closes the step; what t does now belongs to its next epoch.
func (e *engine) end(t *thread, d int) {
	t.sync[t.id]++
	e.depth = d + 1
	if e.record != nil {
		e.record.step(e, t, d)
	}
}

// access takes t's announced step on an integer.
func (e *engine) access(t *thread) (uint64, bool) {
	a := &t.next
	old := peek(a.p, a.size)
	writes := a.kind != kRead && (a.kind != kCAS || old == a.x)
	d := e.begin(t, writes)
	l := &e.mem.locs[a.loc]
	e.touch(t, l)
	if e.opt.Weak {
		e.keepInitial(l, version{word: old})
		if old, ok := e.weakLoad(t, l, d, old, nil); ok {
			e.end(t, d)
			return old.word, true
		}
	}
	_, new, ok := atomic.Apply(a.op, a.p, a.size, a.x, a.y)
	e.nodes[d].before = old
	e.order(t, l, a, writes)
	if e.opt.Weak && writes {
		e.keep(t, l, version{word: new})
	}
	if e.record != nil {
		e.record.value(old, new, ok)
	}
	e.end(t, d)
	return old, ok
}

// accessPointer takes t's announced step on a pointer.
func (e *engine) accessPointer(t *thread) (unsafe.Pointer, bool) {
	a := &t.next
	p := (*unsafe.Pointer)(a.p)
	old := *p
	writes := a.kind != kRead && (a.kind != kCAS || old == a.px)
	d := e.begin(t, writes)
	l := &e.mem.locs[a.loc]
	e.touch(t, l)
	if e.opt.Weak {
		e.keepInitial(l, version{ptr: old})
		if old, ok := e.weakLoad(t, l, d, 0, old); ok {
			e.end(t, d)
			return old.ptr, true
		}
	}
	_, ok := atomic.ApplyPointer(a.op, p, a.px, a.py)
	e.order(t, l, a, writes)
	if e.opt.Weak && writes {
		e.keep(t, l, version{ptr: *p})
	}
	if e.record != nil {
		e.record.pointer(old, *p, ok)
	}
	e.end(t, d)
	return old, ok
}

func peek(p unsafe.Pointer, size uintptr) uint64 {
	if size == 4 {
		return uint64(*(*uint32)(p))
	}
	if size == 8 {
		return *(*uint64)(p)
	}
	return uint64(*(*uint8)(p))
}

// order draws the happens-before edges of an access, as far as its order has
// any: an acquire learns what the location's releases published. A failed CAS
// orders nothing unless it is sequentially consistent.
func (e *engine) order(t *thread, l *location, a *pending, writes bool) {
	rmw := a.op.RMW()
	if a.op != atomic.OpStore && (a.ord == atomic.SeqCst || (a.ord == atomic.Acquire || a.ord == atomic.AcqRel) && (writes || !rmw)) {
		e.acquire(t, l)
	}
	if !writes {
		return
	}
	switch {
	case a.ord >= atomic.Release && rmw:
		e.release(t, l)
	case a.ord >= atomic.Release:
		l.released = t.sync
	case !rmw: // a relaxed store ends the release sequence
		l.released = clock{}
	}
}

func (e *engine) acquire(t *thread, l *location) { t.sync.join(&l.released) }
func (e *engine) release(t *thread, l *location) { l.released.join(&t.sync) }

// writesNow reports whether the announced step would write if it came now.
func (e *engine) writesNow(a *pending) bool {
	switch a.kind {
	case kLocal, kRead, kSection, kReturn:
		return false
	case kCAS:
		if a.ptr {
			return *(*unsafe.Pointer)(a.p) == a.px
		}
		return peek(a.p, a.size) == a.x
	}
	return true
}

// enabled returns the threads whose announced step can be taken now.
func (e *engine) enabled() (on set) {
	for i, t := range e.threads[:e.nthreads] {
		if t.state != live {
			continue
		}
		switch t.next.kind {
		case kLock:
			if peek(t.next.p, 4) != 0 {
				continue
			}
		case kPark:
			if !t.woken {
				continue
			}
		case kGrace:
			if w := t.next.wait; w == nil || !w.over() {
				continue
			}
		}
		on.add(i)
	}
	return on
}
