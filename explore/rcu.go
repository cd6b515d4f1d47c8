//go:build vmasim

package explore

import (
	"unsafe"

	"vmabench/internal/atomic"
	"vmabench/vmm"
)

// domain is one atomic.RCU as the engine sees it: sections are objects, and a
// deferred call is a thread that may begin once the sections which were open
// when it was handed in have closed.
type domain struct {
	r      *atomic.RCU
	loc    int32              // of the sections
	rets   int32              // of the calls that returned
	opened [maxThreads]uint16 // sections that each thread has opened
	closed [maxThreads]uint16
	left   [maxThreads]clock // happens-before at each thread's last Unlock
	calls  set               // deferred calls that have not returned
}

// grace is what a deferred call or Synchronize waits for.
type grace struct {
	d     *domain
	need  [maxThreads]uint16 // sections that must have closed
	calls set                // and calls that must have returned
	ended clock              // what the sections did that had closed before
}

func (g *grace) over() bool {
	for i, n := range g.need {
		if g.d.closed[i] < n {
			return false
		}
	}
	return g.d.calls&g.calls == 0
}

// domainOf returns r's domain in this execution.
func (e *engine) domainOf(r *atomic.RCU) *domain {
	for _, d := range e.domains {
		if d.r == r {
			return d
		}
	}
	// Two addresses inside r that no word of its own has.
	p := unsafe.Pointer(r)
	d := &domain{r: r, loc: e.mem.locate(unsafe.Add(p, 1), 1), rets: e.mem.locate(unsafe.Add(p, 2), 1)}
	e.domains = append(e.domains, d)
	return d
}

func (e *engine) inSection(t *thread) bool {
	for _, d := range e.domains {
		if d.opened[t.id] != d.closed[t.id] {
			return true
		}
	}
	return false
}

// RCULock opens a section.
func (e *engine) RCULock(r *atomic.RCU, _ *atomic.Task) {
	if e.direct {
		return
	}
	t, dom := e.cur, e.domainOf(r)
	if dom.opened[t.id] != dom.closed[t.id] {
		e.failf(Assertion, "%s nests RCU read sections", t.name)
	}
	e.announce(t, kSection, dom.loc)
	e.await(t)
	d := e.begin(t, false)
	dom.opened[t.id]++
	e.end(t, d)
}

// RCUUnlock closes the section.
func (e *engine) RCUUnlock(r *atomic.RCU, _ *atomic.Task) {
	if e.direct {
		return
	}
	t, dom := e.cur, e.domainOf(r)
	if dom.opened[t.id] == dom.closed[t.id] {
		e.failf(Assertion, "%s leaves an RCU read section that it is not in", t.name)
	}
	e.announce(t, kSection, dom.loc)
	e.await(t)
	d := e.begin(t, false)
	dom.closed[t.id]++
	dom.left[t.id] = t.sync
	e.nodes[d].before = uint64(dom.closed[t.id]) // which section this closed
	e.end(t, d)
}

// RCUDefer hands in a call that runs as a thread of its own. Two steps: one
// that Synchronize must see or not, one that looks at the open sections.
func (e *engine) RCUDefer(r *atomic.RCU, _ *atomic.Task, run func(*atomic.Task, any), arg any) {
	if e.direct {
		run(nil, arg)
		return
	}
	t, dom := e.cur, e.domainOf(r)
	e.announce(t, kReturn, dom.rets)
	e.await(t)
	d := e.begin(t, false)
	c := e.addThread("rcu", nil)
	c.ident = mix(t.ident, uint64(t.steps))
	c.next = pending{kind: kGrace, loc: dom.loc} // waits for what is not known yet
	dom.calls.add(c.id)
	e.byID = grown(e.byID, c)
	e.end(t, d)

	e.announce(t, kDefer, dom.loc)
	e.await(t)
	d = e.begin(t, true)
	g := dom.snapshot()
	c.body = func(task *vmm.Task) {
		e.leaveGrace(c, g)
		run(&task.Task, arg)
		e.announce(c, kReturn, dom.rets)
		e.await(c)
		d := e.begin(c, false)
		dom.calls.remove(c.id)
		dom.left[c.id] = c.sync
		e.end(c, d)
	}
	c.born, c.next.wait = e.nodes[d].clock, g
	c.sync.join(&t.sync)
	e.end(t, d)
}

func (d *domain) snapshot() *grace {
	g := &grace{d: d}
	for i := range g.need {
		g.ended.join(&d.left[i])
		if d.opened[i] != d.closed[i] {
			g.need[i] = d.opened[i]
		}
	}
	return g
}

// leaveGrace takes the step that ends a wait: what the sections did is known.
func (e *engine) leaveGrace(t *thread, g *grace) {
	d := e.begin(t, true)
	t.sync.join(&g.ended)
	for i, n := range g.need {
		if n != 0 || g.calls.has(i) {
			t.sync.join(&g.d.left[i])
		}
	}
	e.end(t, d)
}

// RCUSynchronize waits for the sections open now and for every call handed in.
func (e *engine) RCUSynchronize(r *atomic.RCU, _ *atomic.Task) {
	if e.direct {
		return
	}
	t, dom := e.cur, e.domainOf(r)
	if e.inSection(t) {
		e.failf(Assertion, "%s waits for a grace period inside an RCU read section", t.name)
	}
	e.announce(t, kDefer, dom.rets)
	e.await(t)
	d := e.begin(t, true)
	calls := dom.calls
	e.end(t, d)
	e.announce(t, kDefer, dom.loc)
	e.await(t)
	d = e.begin(t, true)
	g := dom.snapshot()
	e.end(t, d)
	e.awaitGrace(t, dom.loc, g)
	e.awaitGrace(t, dom.rets, &grace{d: dom, calls: calls})
}

func (e *engine) awaitGrace(t *thread, loc int32, g *grace) {
	e.announce(t, kGrace, loc)
	t.next.wait = g
	e.await(t)
	e.leaveGrace(t, g)
}
