//go:build vmasim

package lockcheck

import (
	"fmt"
	"slices"

	"vmabench/explore"
	"vmabench/internal/atomic"
	"vmabench/vmm"
)

// lockScenarios drive the lock steps of one design directly.
func lockScenarios(d vmm.Design) []Scenario {
	if !hasVMALocks(d) {
		return nil
	}
	return slices.Concat(exclusionScenarios(d), sessionScenarios(d), lifeScenarios(d),
		foreignScenarios(d), killScenarios(d), orderScenarios(d), uffdScenarios(d), weakScenarios(d))
}

// list collects the scenarios of one design.
type list struct {
	design string
	all    []Scenario
}

func (l *list) add(name, checks, doc string, body func(*explore.S)) *Scenario {
	l.all = append(l.all, Scenario{Name: name, Design: l.design, Doc: doc, Checks: checks, Body: body})
	return &l.all[len(l.all)-1]
}

// exclusionScenarios are writers against readers of the VMAs they change.
func exclusionScenarios(d vmm.Design) []Scenario {
	l := list{design: d.Name}
	for n := 1; n <= 3; n++ {
		sc := l.add(fmt.Sprintf("modify-%dr", n), "I1 I2 I4 I6", "a writer changes a VMA that readers use", func(s *explore.S) {
			w := newWorld(s, d, vmm.Config{}, addrA)
			w.writer(func(t *vmm.Task) { w.session(t, func() { w.change(t, w.at(addrA)) }) })
			w.readers(n, addrA)
			w.idle()
		})
		sc.Full = n == 3
	}
	for n := 1; n <= 2; n++ {
		sc := l.add(fmt.Sprintf("twice-%dr", n), "I1 I2 I4 I6", "a writer changes a VMA in two sessions", func(s *explore.S) {
			w := newWorld(s, d, vmm.Config{}, addrA)
			w.writer(func(t *vmm.Task) {
				for range 2 {
					w.session(t, func() { w.change(t, w.at(addrA)) })
				}
			})
			w.readers(n, addrA)
			w.idle()
		})
		sc.Long = n == 2
	}
	l.add("two-vmas", "I1 I2 I4 I6", "one session write-locks two VMAs, each with a reader", func(s *explore.S) {
		w := newWorld(s, d, vmm.Config{}, addrA, addrB)
		w.writer(func(t *vmm.Task) {
			w.session(t, func() { w.change(t, w.at(addrA)); w.change(t, w.at(addrB)) })
		})
		w.readers(1, addrA)
		w.readers(1, addrB)
		w.idle()
	})
	l.add("two-writers", "I1 I2 I4 I6", "two writers and a reader of one VMA", func(s *explore.S) {
		w := newWorld(s, d, vmm.Config{}, addrA)
		for range 2 {
			w.writer(func(t *vmm.Task) { w.session(t, func() { w.change(t, w.at(addrA)) }) })
		}
		w.readers(1, addrA)
		w.idle()
	})
	return l.all
}

// sessionScenarios are about the ends of a session, and readers under mmap_lock.
func sessionScenarios(d vmm.Design) []Scenario {
	l := list{design: d.Name}
	l.add("downgrade", "I1 I2 I4 I6", "a writer downgrades mmap_lock and goes on reading beside a VMA reader", func(s *explore.S) {
		w := newWorld(s, d, vmm.Config{}, addrA)
		w.writer(func(t *vmm.Task) {
			w.space.WriteLock(t)
			v := w.at(addrA)
			w.change(t, v)
			w.space.Downgrade(t)
			w.inside(v, addrA)
			w.space.ReadUnlock(t)
		})
		w.readers(1, addrA)
		w.idle()
	})
	l.add("downgrade-then-write", "I1 I2 I4 I6", "a downgraded holder keeps the next writer out, not VMA readers", func(s *explore.S) {
		w := newWorld(s, d, vmm.Config{}, addrA)
		w.writer(func(t *vmm.Task) {
			w.space.WriteLock(t)
			w.space.Downgrade(t)
			w.inside(w.at(addrA), addrA)
			w.space.ReadUnlock(t)
		})
		w.writer(func(t *vmm.Task) { w.session(t, func() { w.change(t, w.at(addrA)) }) })
		w.idle()
	})
	l.add("read-locked", "I1 I2 I4 I6", "a reader takes the VMA under mmap read and keeps it beyond", func(s *explore.S) {
		w := newWorld(s, d, vmm.Config{}, addrA)
		w.writer(func(t *vmm.Task) { w.session(t, func() { w.change(t, w.at(addrA)) }) })
		w.Go("reader", func(t *vmm.Task) {
			w.space.ReadLock(t)
			v := w.at(addrA)
			ok := w.locks.StartReadLocked(t, v)
			w.space.ReadUnlock(t)
			if ok {
				w.inside(v, addrA)
				w.locks.EndRead(t, v)
			}
		})
		w.idle()
	})
	return l.all
}

// lifeScenarios let a VMA go, come back as another one, or shrink.
func lifeScenarios(d vmm.Design) []Scenario {
	l := list{design: d.Name}
	for n := 1; n <= 2; n++ {
		sc := l.add(fmt.Sprintf("detach-%dr", n), "I1 I2 I3 I4 I6", "a VMA goes away under readers that have found it", func(s *explore.S) {
			w := newWorld(s, d, vmm.Config{}, addrA)
			w.writer(func(t *vmm.Task) { w.session(t, func() { w.drop(t, addrA) }) })
			w.readers(n, addrA)
			w.idle()
		})
		sc.Long = n == 2
		sc = l.add(fmt.Sprintf("recycle-%dr", n), "I1 I2 I3 I4 I6", "its memory comes back at another address", func(s *explore.S) {
			w := newWorld(s, d, vmm.Config{}, addrA)
			w.writer(func(t *vmm.Task) {
				w.session(t, func() { w.drop(t, addrA); w.add(t, addrB) })
			})
			w.readers(n, addrA)
			w.idle()
		})
		sc.Long = n == 2
	}
	l.add("shrink", "I1 I2 I4", "a VMA shrinks away from the address that a reader looks for", func(s *explore.S) {
		w := newWorld(s, d, vmm.Config{})
		t := s.Task()
		w.session(t, func() { w.space.Place(t, vmm.Range{Start: addrA, End: addrA + 2*vmm.PageSize}, vmm.ProtRead) })
		w.writer(func(t *vmm.Task) {
			w.session(t, func() {
				w.space.Resize(t, w.at(addrA), vmm.Range{Start: addrA, End: addrA + vmm.PageSize})
			})
		})
		w.readers(1, addrA+vmm.PageSize)
		w.idle()
	})
	l.add("bystander", "I2 I8", "a VMA that nobody write-locks is found whatever happens beside it", func(s *explore.S) {
		w := newWorld(s, d, vmm.Config{}, addrA, addrB)
		w.writer(func(t *vmm.Task) {
			w.session(t, func() { w.drop(t, addrA); w.add(t, addrC) })
		})
		w.Go("reader", func(t *vmm.Task) {
			atomic.Assert(w.read(t, addrB), "I8: a VMA that stays was not found")
		})
		w.idle()
	})
	return l.all
}

// foreignScenarios let an object turn up in another address space, which ends.
func foreignScenarios(d vmm.Design) []Scenario {
	body := func(n int, apart bool) func(*explore.S) {
		return func(s *explore.S) {
			p := newWorld(s, d, vmm.Config{}, addrA)
			q := p.sibling()
			ready := new(atomic.Uint32)
			unmap := func(t *vmm.Task) { p.session(t, func() { p.drop(t, addrA) }) }
			liveAndDie := func(t *vmm.Task) {
				q.session(t, func() { q.add(t, addrA) })
				q.session(t, func() { q.drop(t, addrA) })
				q.mm.Drop()
			}
			if apart {
				p.writer(func(t *vmm.Task) { unmap(t); ready.Store(1) })
				p.Go("other", func(t *vmm.Task) {
					atomic.Until(&t.Task, func() bool { return ready.Load() == 1 })
					liveAndDie(t)
				})
			} else {
				p.writer(func(t *vmm.Task) { unmap(t); liveAndDie(t) })
			}
			p.readers(n, addrA)
			p.idle()
		}
	}
	const doc = "a VMA's memory goes to another mm, which exits while a stale reader puts it"
	return []Scenario{
		{Name: "foreign-1r", Design: d.Name, Doc: doc, Checks: "I2 I3 I4 I5 I6", Body: body(1, false)},
		{Name: "foreign-apart", Design: d.Name, Doc: doc, Checks: "I2 I3 I4 I5 I6", Body: body(1, true), Long: true},
		foreignNumber(d),
	}
}

// foreignNumber lets the other mm's number be the one that the reader's own mm
// comes to, so that the foreign VMA looks write-locked in the second look.
func foreignNumber(d vmm.Design) Scenario {
	return Scenario{Name: "foreign-number", Design: d.Name, Checks: "I2 I3 I4 I5 I6",
		Doc: "a VMA's memory goes to another mm, whose number is that of the session that begins while a stale reader looks",
		Body: func(s *explore.S) {
			p := newWorld(s, d, vmm.Config{}, addrA)
			q := p.sibling()
			q.session(s.Task(), func() {}) // q is as many sessions ahead as p will be
			q.session(s.Task(), func() {})
			p.writer(func(t *vmm.Task) {
				p.session(t, func() { p.drop(t, addrA) })
				q.session(t, func() { q.add(t, addrA) })
				p.session(t, func() {
					q.session(t, func() { q.drop(t, addrA) })
					q.mm.Drop()
				})
			})
			p.readers(1, addrA)
			p.idle()
		}}
}

// killScenarios end a killable write lock by a signal.
func killScenarios(d vmm.Design) []Scenario {
	return []Scenario{killPrompt(d), killDrop(d), {
		Name: "kill", Design: d.Name, Checks: "I1 I2 I6 I7",
		Doc: "a signal ends a killable VMA write lock; the next writer and reader find all as before",
		Body: func(s *explore.S) {
			w := newWorld(s, d, vmm.Config{}, addrA)
			killed := w.writer(func(t *vmm.Task) {
				w.session(t, func() {
					v := w.at(addrA)
					if w.locks.StartWriteKillable(t, v) != nil {
						atomic.Assert(!w.locks.State(v).WriterWaiting, "I7: a killed writer leaves its mark")
						w.locks.StartWrite(t, v) // as if nothing had been
					}
					touch(v)
				})
				w.session(t, func() { w.change(t, w.at(addrA)) })
			})
			s.Go("signal", func(*vmm.Task) { killed.Kill() })
			w.readers(1, addrA)
			w.idle()
			s.Check(func() error {
				if v := w.locks.Lookup(s.Task(), w.mm, addrA); v == nil {
					return fmt.Errorf("I7: the VMA cannot be read-locked any more")
				}
				return nil
			})
		},
	}}
}

// killPrompt: the reader stays until the killed writer has given up, so that a
// writer who waited for it would wait for ever.
func killPrompt(d vmm.Design) Scenario {
	return Scenario{Name: "kill-prompt", Design: d.Name, Checks: "I1 I2 I6 I7",
		Doc: "a signal ends a killable VMA write lock although the reader stays",
		Body: func(s *explore.S) {
			w := newWorld(s, d, vmm.Config{}, addrA)
			over := new(atomic.Uint32)
			killed := w.writer(func(t *vmm.Task) {
				w.session(t, func() { _ = w.locks.StartWriteKillable(t, w.at(addrA)) })
				over.Store(1)
			})
			s.Go("signal", func(*vmm.Task) { killed.Kill() })
			w.Go("reader", func(t *vmm.Task) {
				if v := w.locks.Lookup(t, w.mm, addrA); v != nil {
					atomic.Until(&t.Task, func() bool { return over.Load() == 1 })
					w.inside(v, addrA)
					w.locks.EndRead(t, v)
				}
			})
			w.idle()
		}}
}

// killDrop: what is not killable goes on to its end, the detach's wait too.
func killDrop(d vmm.Design) Scenario {
	return Scenario{Name: "kill-drop", Design: d.Name, Checks: "I1 I2 I3 I6",
		Doc: "a signal does not end the waits of a writer that takes a VMA out",
		Body: func(s *explore.S) {
			w := newWorld(s, d, vmm.Config{}, addrA)
			killed := w.writer(func(t *vmm.Task) { w.session(t, func() { w.drop(t, addrA) }) })
			s.Go("signal", func(*vmm.Task) { killed.Kill() })
			w.readers(1, addrA)
			w.idle()
		}}
}

// weakScenarios run the protocols with loads that may be late.
func weakScenarios(d vmm.Design) []Scenario {
	weak := explore.Options{Weak: true}
	return []Scenario{
		{Name: "weak-modify", Design: d.Name, Checks: "I1 I4 I6", Options: weak,
			Doc: "modify-1r, loads as late as release and acquire allow",
			Body: func(s *explore.S) {
				w := newWorld(s, d, vmm.Config{}, addrA)
				w.writer(func(t *vmm.Task) { w.session(t, func() { w.change(t, w.at(addrA)) }) })
				w.readers(1, addrA)
				w.idle()
			}},
		{Name: "weak-recycle", Design: d.Name, Checks: "I1 I2 I3 I4", Options: weak,
			Doc: "recycle-1r, loads as late as release and acquire allow",
			Body: func(s *explore.S) {
				w := newWorld(s, d, vmm.Config{}, addrA)
				w.writer(func(t *vmm.Task) { w.session(t, func() { w.drop(t, addrA); w.add(t, addrA) }) })
				w.readers(1, addrA)
				w.idle()
			}},
	}
}
