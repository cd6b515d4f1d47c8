//go:build vmasim

package explore

import "math/bits"

// node is one step of the path that is being explored, and what is left to do
// where it begins.
type node struct {
	thread  uint8 // who takes the step
	choice  uint8 // which of its alternatives
	choices uint8
	kind    kind
	writes  bool

	enabled   set
	sleep     set // taking these here leads to what was explored already
	backtrack set // to be tried here
	done      set // were tried here
	before    uint64
	preempted uint16 // preemptions up to here, this step excluded

	num        uint16 // the step's number within its thread
	loc        int32
	prevWriter int32 // the location's last write before this one
	clock      clock // the steps that this one depends on, itself included
}

// choose returns the thread that takes the next step: as the path says, or
// beyond its end by the search's own rule. prev is who runs now, if it can go
// on. Nil ends the execution.
func (e *engine) choose(prev *thread) *thread {
	if e.failed != nil || e.aborting {
		return nil
	}
	if e.depth < len(e.nodes) {
		return e.threads[e.nodes[e.depth].thread]
	}
	return e.extend(prev)
}

// extend adds a node to the path.
func (e *engine) extend(prev *thread) *thread {
	d := e.depth
	on := e.enabled()
	if on == 0 {
		return nil
	}
	if d >= e.opt.Steps {
		e.setFailed(EndlessLoop, "no end after %d steps", d)
		return nil
	}
	if d == cap(e.nodes) {
		e.nodes = append(e.nodes, node{})
	}
	e.nodes = e.nodes[:d+1]
	n := &e.nodes[d]
	*n = node{enabled: on, choices: 1, num: 0, loc: -1}
	can := on
	switch e.opt.Mode {
	case DPOR, Sleep:
		n.sleep = e.sleepAt(d)
		can = on.without(n.sleep)
	case DFS:
		can = e.bounded(n, d)
	}
	if can == 0 {
		e.nodes = e.nodes[:d]
		e.capped = true
		return nil
	}
	pick := e.pick(can, prev, n)
	n.thread = uint8(pick)
	n.backtrack = can
	if e.opt.Mode == DPOR {
		n.backtrack = only(pick)
	}
	return e.threads[pick]
}

// pick chooses among can: who runs now if possible, since a change of thread
// costs a switch of coroutines and makes a trace harder to read.
func (e *engine) pick(can set, prev *thread, n *node) int {
	if e.guide != nil {
		if p := e.guided(can, n); p >= 0 {
			return p
		}
	} else if e.rand != nil {
		return e.rand.pick(e, can)
	}
	if prev != nil && can.has(prev.id) {
		return prev.id
	}
	return can.first()
}

func (s set) first() int { return bits.TrailingZeros32(uint32(s)) }

// bounded returns who may run at step d without exceeding the preemption bound.
func (e *engine) bounded(n *node, d int) set {
	if d == 0 {
		return n.enabled
	}
	p := &e.nodes[d-1]
	n.preempted = p.preempted
	if d > 1 {
		q := &e.nodes[d-2]
		if q.thread != p.thread && p.enabled.has(int(q.thread)) {
			n.preempted++
		}
	}
	if e.opt.Bound >= 0 && int(n.preempted) >= e.opt.Bound && n.enabled.has(int(p.thread)) {
		return only(int(p.thread))
	}
	return n.enabled
}

// sleepAt returns who sleeps at step d: those that slept before the last step
// or were tried in its place, unless the step concerns them.
func (e *engine) sleepAt(d int) set {
	if d == 0 {
		return 0
	}
	p := &e.nodes[d-1]
	s := (p.sleep | p.done).without(only(int(p.thread)))
	for rest := s; rest != 0; rest &= rest - 1 {
		a := &e.threads[rest.first()].next
		if a.loc >= 0 && a.loc == p.loc && e.dependent(p, a) {
			s.remove(rest.first())
		}
	}
	return s
}

// dependent reports whether n's step and the announced step a, both on one
// location, do not commute.
func (e *engine) dependent(n *node, a *pending) bool {
	if n.kind.looks() && a.kind.looks() {
		return false
	}
	return n.writes || e.writesNow(a)
}

// looks reports whether a step looks at the state of an RCU domain, which other
// steps of its kind do not change.
func (k kind) looks() bool { return k == kDefer || k == kGrace }

// advance moves the path to the next execution; false when all are done.
func (e *engine) advance() bool {
	for d := len(e.nodes) - 1; d >= 0; d-- {
		n := &e.nodes[d]
		e.nodes = e.nodes[:d+1]
		e.fresh = d
		if n.choice+1 < n.choices {
			n.choice++
			return true
		}
		n.done.add(int(n.thread))
		if can := n.backtrack.without(n.done | n.sleep); can != 0 {
			n.thread, n.choice, n.choices = uint8(can.first()), 0, 1
			return true
		}
	}
	e.nodes = e.nodes[:0]
	return false
}

// depend computes the clock of step d, which t takes, and asks for each race
// that it is in to be explored the other way round as well.
func (e *engine) depend(d int, t *thread) {
	n := &e.nodes[d]
	n.kind = t.next.kind
	var c clock
	if t.last >= 0 {
		c = e.nodes[t.last].clock
	} else {
		c = t.born
	}
	if n.loc >= 0 {
		conflicts := e.conflicts(n, t)
		if e.opt.Mode == DPOR {
			for _, i := range conflicts {
				e.race(i, conflicts, d, t, c)
			}
		}
		for _, i := range conflicts {
			c.join(&e.nodes[i].clock)
		}
	}
	c[t.id] = t.steps
	n.clock = c
}

// conflicts returns the steps on n's location that n depends on directly.
func (e *engine) conflicts(n *node, t *thread) []int32 {
	l := &e.mem.locs[n.loc]
	c := e.cands[:0]
	switch {
	case l.lookers != 0 && !n.kind.looks():
		c = lastOf(c, l.lookers, &l.lookAt, t.id)
	case n.writes && l.readers != 0:
		c = lastOf(c, l.readers, &l.readAt, t.id)
	case l.writer >= 0:
		c = append(c, l.writer)
	}
	e.cands = c
	return c
}

// lastOf appends the step of each thread in s but for the thread self.
func lastOf(c []int32, s set, at *[maxThreads]int32, self int) []int32 {
	for s.remove(self); s != 0; s &= s - 1 {
		c = append(c, at[s.first()])
	}
	return c
}

// race looks whether step i and t's step d could come the other way round: if
// nothing else orders them, and if t's step was possible then. c is what t's
// step depends on by its thread alone.
func (e *engine) race(i int32, conflicts []int32, d int, t *thread, c clock) {
	i = e.reversible(i, t)
	if i < 0 {
		return
	}
	n := &e.nodes[i]
	if c.covers(int(n.thread), n.num) {
		return
	}
	for _, j := range conflicts {
		if j == i {
			continue
		}
		if o := &e.nodes[j]; o.clock.covers(int(n.thread), n.num) {
			// For a blocking step j may be what undid i: no order of its own.
			if k := t.next.kind; k != kLock && k != kPark {
				return
			}
		} else {
			c.join(&o.clock)
		}
	}
	e.reverse(int(i), d, t, &c)
}

// reversible returns the step that t's pending step may be moved before: i, or,
// where t's step waits and i is only what ended the wait, the earlier write
// that began it. It returns -1 if there is none.
func (e *engine) reversible(i int32, t *thread) int32 {
	switch t.next.kind {
	case kLock: // possible where the lock was free
		for i >= 0 && e.nodes[i].writes && e.nodes[i].before != 0 {
			i = e.nodes[i].prevWriter
		}
	case kPark: // possible where the token was there
		for i >= 0 && e.nodes[i].before == 0 {
			i = e.nodes[i].prevWriter
		}
	case kGrace:
		n, g := &e.nodes[i], t.next.wait
		u := int(n.thread)
		if n.kind == kSection && n.before != 0 && n.before == uint64(g.need[u]) || g.calls.has(u) {
			return -1
		}
	}
	return i
}

// reverse asks, at the node of step i, for an execution in which t's step at d
// comes before i: after i's node, the steps between that do not depend on i,
// then t's. Any thread that can begin such a sequence will do.
func (e *engine) reverse(i, d int, t *thread, c *clock) {
	at := &e.nodes[i]
	u, num := int(at.thread), at.num
	var seen, initials set
	var first clock // of each thread seen, its first step in the sequence
	tried := at.backtrack | at.sleep
	for j := i + 1; j < d; j++ {
		n := &e.nodes[j]
		if n.clock.covers(u, num) || seen.has(int(n.thread)) {
			continue
		}
		if initial(seen, &first, &n.clock) {
			if tried.has(int(n.thread)) {
				return
			}
			initials.add(int(n.thread))
		}
		seen.add(int(n.thread))
		first[n.thread] = n.num
	}
	if !seen.has(t.id) && initial(seen, &first, c) {
		initials.add(t.id)
	}
	if initials&tried != 0 {
		return
	}
	if initials &= at.enabled; initials == 0 {
		return
	}
	if initials.has(t.id) {
		at.backtrack.add(t.id)
	} else {
		at.backtrack.add(initials.first())
	}
}

// initial reports whether a step with clock c depends on none of the threads
// seen since their first steps.
func initial(seen set, first *clock, c *clock) bool {
	for ; seen != 0; seen &= seen - 1 {
		if u := seen.first(); c[u] >= first[u] {
			return false
		}
	}
	return true
}

// reverseBlocked does for the locks that are waited for at the end of an
// execution what race does for the steps that were taken.
func (e *engine) reverseBlocked() {
	for _, t := range e.threads[:e.nthreads] {
		if t.state != live || t.next.kind != kLock {
			continue
		}
		c := t.born
		if t.last >= 0 {
			c = e.nodes[t.last].clock
		}
		i := e.reversible(e.mem.locs[t.next.loc].writer, t)
		if i < 0 {
			continue
		}
		if n := &e.nodes[i]; !c.covers(int(n.thread), n.num) {
			e.reverse(int(i), e.depth, t, &c)
		}
	}
}

// traceHash is the same for two executions exactly if they order every two
// dependent steps alike: it sums over the steps, whatever their order.
func (e *engine) traceHash() (sum uint64) {
	for i := range e.nodes[:e.depth] {
		n := &e.nodes[i]
		h := mix(e.threads[n.thread].ident, uint64(n.num)<<8|uint64(n.choice))
		for u, c := range n.clock[:e.nthreads] {
			if c != 0 {
				sum += mix(h, mix(e.threads[u].ident, uint64(c)))
			}
		}
	}
	return sum
}

func mix(h, v uint64) uint64 {
	h = (h*0x9e3779b97f4a7c15 + v + 1) * 0xbf58476d1ce4e5b9
	h ^= h >> 29
	h *= 0x94d049bb133111eb
	return h ^ h>>32
}
