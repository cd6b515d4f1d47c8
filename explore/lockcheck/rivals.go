//go:build vmasim

package lockcheck

import (
	"slices"

	"vmabench/explore"
	"vmabench/internal/atomic"
	"vmabench/internal/mm"
	"vmabench/variants"
	"vmabench/vmm"
)

// The known flaws of the designs that were not merged: each scenario states
// which invariant it must see broken, or that a design is free of the flaw that
// the one beside it has.

// rivalScenarios are those of this build.
func rivalScenarios() []Scenario {
	if Tiny {
		return tinyRivals()
	}
	out := []Scenario{
		hidden("offset", "I6"), hidden("twobit", ""), hidden("sketch", "I6"), hidden("refcount", ""),
	}
	for _, d := range variants.Flawed() {
		out = append(out, flawScenarios(d)...)
	}
	return out
}

// flawScenarios are the ones that show what is wrong with a flawed design.
func flawScenarios(d vmm.Design) []Scenario {
	one := func(name, breaks, doc string, body func(*explore.S)) []Scenario {
		return []Scenario{{Name: name, Design: d.Name, Doc: doc, Checks: breaks, Breaks: breaks, Body: body}}
	}
	// reused takes A out while n readers have found it, and makes B of the object.
	reused := func(n int) func(*explore.S) {
		return func(s *explore.S) {
			w := newWorld(s, d, vmm.Config{}, addrA)
			w.writer(func(t *vmm.Task) {
				w.session(t, func() { w.drop(t, addrA) })
				w.session(t, func() { w.add(t, addrB) })
			})
			w.readers(n, addrA)
		}
	}
	switch d.Name {
	case "sketch0", "sketch0-target":
		return one("new-vma", "I6", "a new VMA is write-locked before it is in the tree: the writer waits for the tree's count",
			func(s *explore.S) {
				w := newWorld(s, d, vmm.Config{})
				w.writer(func(t *vmm.Task) { w.session(t, func() { w.add(t, addrA) }) })
			})
	case "sketch0-leak":
		return one("second-session", "I6", "a VMA is write-locked in a second session: the first writer's count is still in",
			func(s *explore.S) {
				w := newWorld(s, d, vmm.Config{}, addrA)
				w.writer(func(t *vmm.Task) { w.session(t, func() { w.change(t, w.at(addrA)) }) })
			})
	case "sketch0-resurrect":
		return one("reused-1r", "I1", "a reader that had found a VMA makes its 0 a 1, and is inside while the object becomes another VMA", reused(1))
	case "sketch0-put":
		return one("reused-2r", "I1", "a reader on its way out has a count when the VMA is detached; the next takes it for the tree's", reused(2))
	}
	return nil
}

// hidden: every reader that was inside has left, and the writer still sleeps
// a second time, because a reader that is being turned away is counted.
func hidden(design, breaks string) Scenario {
	d, _ := variants.Lookup(design)
	return Scenario{Name: "hidden-writer", Design: design, Checks: "I6", Breaks: breaks,
		Doc: "a reader that is turned away keeps the writer asleep after the last one inside has left",
		Body: func(s *explore.S) {
			w := newWorld(s, d, vmm.Config{}, addrA)
			w.writer(func(t *vmm.Task) {
				w.session(t, func() { w.locks.StartWrite(t, w.at(addrA)) })
				atomic.Assert(t.Waits.Parks <= 1, "I6: the writer slept again for a reader that does not get in")
			})
			w.readers(2, addrA)
		}}
}

// tinyRivals need counts of a few bits.
func tinyRivals() []Scenario {
	crowd := func(design, name, breaks, doc string, n int) Scenario {
		d, _ := variants.Lookup(design)
		return Scenario{Name: name, Design: design, Doc: doc, Checks: "I1", Breaks: breaks,
			Body: func(s *explore.S) {
				w := newWorld(s, d, vmm.Config{}, addrA)
				w.writer(func(t *vmm.Task) { w.session(t, func() { w.change(t, w.at(addrA)) }) })
				w.Go("crowd", func(t *vmm.Task) { w.crowd(t, n) })
			}}
	}
	return []Scenario{
		crowd("twobit", "reader-field-wraps", "I1", "eight readers enter under mmap read: the field of three bits reads 0", 8),
		crowd("twobit", "reader-field-full", "", "seven fit", 7),
		crowd("sketch", "count-wraps", "I1", "fifteen readers enter under mmap read: the count of four bits reads 0, detached", 15),
		crowd("sketch", "count-full", "", "fourteen are told apart from none, though eight of them make the writer's bit", 14),
		crowd("refcount", "count-full", "", "the limit turns the seventh away", 8),
		overflow(),
	}
}

// crowd enters the VMA of A n times under mmap read, if it can, and leaves
// after mmap_lock was released.
func (w *world) crowd(t *vmm.Task, n int) {
	w.space.ReadLock(t)
	v := w.at(addrA)
	in := 0
	for range n {
		if w.locks.StartReadLocked(t, v) {
			in++
		}
	}
	w.space.ReadUnlock(t)
	w.inside(v, addrA)
	for range in {
		w.locks.EndRead(t, v)
	}
}

// overflow: the offset's word is full and a writer waits; of two readers that
// are turned away at once the second sees a positive word and is in.
func overflow() Scenario {
	d, _ := variants.Lookup("offset")
	const full = 7
	return Scenario{Name: "failing-readers-overflow", Design: d.Name, Checks: "I2", Breaks: "I2",
		Doc: "a full count and a waiting writer: two readers fail at once, the second carries the word past its negative half and gets in",
		Body: func(s *explore.S) {
			w := newWorld(s, d, vmm.Config{}, addrA)
			v := w.at(addrA)
			for range full {
				w.locks.StartReadLocked(s.Task(), v)
			}
			w.writer(func(t *vmm.Task) { w.session(t, func() { w.locks.StartWrite(t, v) }) })
			for range 2 {
				w.Go("reader", func(t *vmm.Task) {
					atomic.Assert(!w.read(t, addrA), "I2: a reader beyond the limit got in beside a waiting writer")
				})
			}
			w.Go("crowd", func(t *vmm.Task) {
				held := slices.Repeat([]*mm.VMA{v}, full)
				for _, v := range held {
					w.locks.EndRead(t, v)
				}
			})
		}}
}
