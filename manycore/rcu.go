//go:build vmasim

package manycore

import "vmabench/internal/atomic"

// rcuDomain is what Defer was given, in order. The cost of RCU is left out, as
// it is nearly nothing in the kernel and native code alike; its effect, that
// objects are reused only after a grace period, is kept.
type rcuDomain struct {
	pending, batch []func(*atomic.Task)
	waitFor        []openSection
}

type openSection struct {
	th  *thread
	seq uint64
}

// rcuBatch is how many deferred calls share a grace period.
const rcuBatch = 64

func (s *Sim) domain(r *atomic.RCU) *rcuDomain {
	d := s.rcu[r]
	if d == nil {
		d = new(rcuDomain)
		s.rcu[r] = d
	}
	return d
}

// RCULock opens a read section.
func (s *Sim) RCULock(r *atomic.RCU, t *atomic.Task) {
	if th := s.cur; th != nil {
		s.catchUp(th)
		if th.in.depth++; th.in.depth == 1 {
			th.in.seq++
		}
	}
}

// RCUUnlock closes it.
func (s *Sim) RCUUnlock(r *atomic.RCU, t *atomic.Task) {
	if th := s.cur; th != nil {
		s.catchUp(th)
		th.in.depth--
	}
}

// RCUDefer runs run(t, arg) within a later RCUDefer, once every section open
// now has been closed.
func (s *Sim) RCUDefer(r *atomic.RCU, t *atomic.Task, run func(*atomic.Task, any), arg any) {
	d := s.domain(r)
	d.pending = append(d.pending, func(t *atomic.Task) { run(t, arg) })
	if len(d.pending) >= rcuBatch {
		s.advance(d, t)
	}
}

func (s *Sim) advance(d *rcuDomain, t *atomic.Task) {
	for _, o := range d.waitFor {
		if o.th.in.depth > 0 && o.th.in.seq == o.seq {
			return
		}
	}
	ready := d.batch
	d.batch, d.pending, d.waitFor = d.pending, nil, d.waitFor[:0]
	for _, th := range s.threads {
		if th.in.depth > 0 {
			d.waitFor = append(d.waitFor, openSection{th, th.in.seq})
		}
	}
	for _, f := range ready {
		f(t)
	}
}

// RCUSynchronize runs all that was deferred, waiting for sections to close.
func (s *Sim) RCUSynchronize(r *atomic.RCU, t *atomic.Task) {
	d := s.domain(r)
	for len(d.pending)+len(d.batch) > 0 {
		s.advance(d, t)
		s.Yield()
	}
}
