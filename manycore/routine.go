//go:build vmasim

package manycore

import "iter"

// routine is a goroutine of a simulation. One runs, the others are parked.
//
// Each parks in a place: a coroutine of iter.Pull, which holds one goroutine. Next
// and yield, in turns, park the caller there and resume the one that was there;
// they may be called by any goroutine, so that a thread hands over to the next one
// in one switch, where a loop that resumes each would need two.
type routine struct{ at *place }

type place struct {
	next  func() (struct{}, bool)
	yield func(struct{}) bool
	taken bool // by next: yield is to come
}

// start makes a goroutine that runs body when it is first switched to.
func (r *routine) start(body func()) {
	p := new(place)
	p.next, _ = iter.Pull(func(yield func(struct{}) bool) {
		p.yield = yield
		body()
	})
	r.at = p
}

// switchTo parks r, which runs, and resumes to. When body of a routine returns,
// the one that is parked in the place that was made for it is resumed.
func (r *routine) switchTo(to *routine) {
	p := to.at
	r.at, to.at = p, nil
	if p.taken = !p.taken; p.taken {
		p.next()
	} else {
		p.yield(struct{}{})
	}
}
