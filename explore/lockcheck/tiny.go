//go:build vmasim

package lockcheck

import (
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
	wrap := func(name string, p vmm.Protocol, perSession, quiet int, breaks string) Scenario {
		return Scenario{Name: name, Design: d.Name, Checks: "I1", Breaks: breaks,
			Doc: "a VMA is write-locked again after its number has come round, with a reader that entered before",
			Body: func(s *explore.S) {
				w := newWorld(s, d, vmm.Config{Protocol: p}, addrA)
				t := s.Task()
				w.session(t, func() { w.locks.StartWrite(t, w.at(addrA)) })
				for range quiet {
					w.session(t, func() {})
				}
				w.writer(func(t *vmm.Task) { w.session(t, func() { w.change(t, w.at(addrA)) }) })
				w.readers(1, addrA)
			}}
	}
	round := (mm.SeqMask + 1) / 2 // sessions until a number comes back
	out := []Scenario{
		wrap("wrap", vmm.ProtocolSame, 2, round-1, "I1"),
		wrap("wrap-early", vmm.ProtocolSame, 2, round-2, ""),
		wrap("wrap-late", vmm.ProtocolSame, 2, round, ""),
	}
	if d.Name == "rwsem" { // one step a session before 6.14
		out = append(out,
			wrap("wrap-era", vmm.ProtocolEra, 1, mm.SeqMask, "I1"),
			wrap("wrap-era-early", vmm.ProtocolEra, 1, mm.SeqMask-1, ""))
	}
	if d.Name == "refcount" {
		out = append(out, Scenario{Name: "limit", Design: d.Name, Checks: "I1 I2 I6",
			Doc: "the count is filled to its limit while a writer comes: the reader too many fails, nothing overflows",
			Body: func(s *explore.S) {
				w := newWorld(s, d, vmm.Config{}, addrA)
				w.writer(func(t *vmm.Task) { w.session(t, func() { w.change(t, w.at(addrA)) }) })
				w.Go("many", func(t *vmm.Task) {
					var held []*mm.VMA
					for range limitReaders + 1 {
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
			}})
	}
	return out
}

// limitReaders is how many readers the tiny count holds.
const limitReaders = 6
