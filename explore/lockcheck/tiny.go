//go:build vmasim

package lockcheck

import (
	"fmt"

	"vmabench/explore"
	"vmabench/internal/atomic"
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// tinyScenarios need small counters: sequence numbers that wrap after 8 steps,
// a count that 6 readers fill.
func tinyScenarios(d vmm.Design) []Scenario {
	if !hasVMALocks(d) {
		return nil
	}
	const round = (mm.SeqMask + 1) / 2 // sessions until a number comes back
	out := []Scenario{
		wrap(d, "wrap", vmm.ProtocolSame, round-1, 0, "I1"),
		wrap(d, "wrap-early", vmm.ProtocolSame, round-2, 0, ""),
		wrap(d, "wrap-late", vmm.ProtocolSame, round, 0, ""),
	}
	switch d.Name {
	case "rwsem":
		// One step a session before 6.14, and that at its end: the number is
		// there before the session that it deceives, so that the reader must
		// stay through a whole session.
		out = append(out,
			wrap(d, "wrap-era", vmm.ProtocolEra, mm.SeqMask-1, 1, "I1"),
			wrap(d, "wrap-era-short", vmm.ProtocolEra, mm.SeqMask, 0, ""),
			wrap(d, "wrap-era-early", vmm.ProtocolEra, mm.SeqMask-2, 1, ""))
	case "refcount":
		out = append(out, atLimit(d), walkAtLimit(d))
	}
	return out
}

// wrap: the VMA is write-locked once; quiet sessions pass; then a reader comes,
// beside a writer that opens some more sessions and changes the VMA in the last.
func wrap(d vmm.Design, name string, p vmm.Protocol, quiet, more int, breaks string) Scenario {
	return Scenario{Name: name, Design: d.Name, Checks: "I1", Breaks: breaks,
		Doc: fmt.Sprintf("a VMA is write-locked again %d sessions later, with a reader that entered before", quiet+more+1),
		Body: func(s *explore.S) {
			w := newWorld(s, d, vmm.Config{Protocol: p}, addrA)
			t := s.Task()
			w.session(t, func() { w.locks.StartWrite(t, w.at(addrA)) })
			for range quiet {
				w.session(t, func() {})
			}
			w.writer(func(t *vmm.Task) {
				for range more {
					w.session(t, func() {})
				}
				w.session(t, func() { w.change(t, w.at(addrA)) })
			})
			w.readers(1, addrA)
		}}
}

// atLimit fills the count while a writer comes.
func atLimit(d vmm.Design) Scenario {
	return Scenario{Name: "limit", Design: d.Name, Checks: "I1 I2 I6",
		Doc: "the count is filled to its limit while a writer comes: the reader too many fails, nothing overflows",
		Body: func(s *explore.S) {
			w := newWorld(s, d, vmm.Config{}, addrA)
			var held []*mm.VMA
			for range limitReaders - 1 {
				held = append(held, w.locks.Lookup(s.Task(), w.mm, addrA))
			}
			w.writer(func(t *vmm.Task) { w.session(t, func() { w.change(t, w.at(addrA)) }) })
			w.Go("many", func(t *vmm.Task) {
				for range 2 {
					if v := w.locks.Lookup(t, w.mm, addrA); v != nil {
						held = append(held, v)
						w.inside(v, addrA)
					}
				}
				atomic.Assert(len(held) <= limitReaders, "I2: more readers than the limit")
				for _, v := range held {
					w.locks.EndRead(t, v)
				}
			})
			w.idle()
		}}
}

// walkAtLimit fills the count of a VMA that a walk meets.
func walkAtLimit(d vmm.Design) Scenario {
	return Scenario{Name: "maps-limit", Design: d.Name, Checks: "I2 I6 I9",
		Doc: "the maps walk meets a VMA whose count is filled to its limit, beside mprotect of the next: it goes on under mmap_lock",
		Body: func(s *explore.S) {
			w := newWorld(s, d, vmm.Config{}, addrA, addrB)
			var held []*mm.VMA
			for range limitReaders {
				held = append(held, w.locks.Lookup(s.Task(), w.mm, addrA))
			}
			w.Go("walk", w.walk(addrA, addrB))
			w.Go("mprotect", func(t *vmm.Task) {
				w.must(w.vmm.Mprotect(t, addrB, vmm.PageSize, vmm.ProtRead))
				for _, v := range held {
					w.locks.EndRead(t, v)
				}
			})
			w.idle()
		}}
}

// limitReaders is how many readers the tiny count holds.
const limitReaders = 6
