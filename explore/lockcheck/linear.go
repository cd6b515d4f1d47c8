//go:build vmasim

package lockcheck

import (
	"fmt"

	"vmabench/explore"
	"vmabench/vmm"
	"vmabench/vmm/vmmtest"
)

// The twins of the conformance suite's concurrent tests: short histories of
// whole operations, of which every interleaving is visited and every one must
// be linearizable. There must be an order of the operations, consistent with
// what came before what, in which the suite's model gives the same answers.

// history is what the threads did in one execution.
type history struct {
	ops   [2][]vmmtest.Op
	got   [2][]vmmtest.Result
	begin [2][]int // of each operation, in ghost time
	end   [2][]int
	clock int
}

func (h *history) tick() int { h.clock++; return h.clock }

// play returns the body of thread i.
func (h *history) play(i int, v vmm.VMM) func(*vmm.Task) {
	return func(t *vmm.Task) {
		for _, op := range h.ops[i] {
			h.begin[i] = append(h.begin[i], h.tick())
			h.got[i] = append(h.got[i], op.Do(v, t))
			h.end[i] = append(h.end[i], h.tick())
		}
	}
}

// explained reports whether some order of what is left, after a of the first
// thread's operations and b of the second's, gives the answers that were given.
func (h *history) explained(m *vmmtest.Model, a, b int) bool {
	at := [2]int{a, b}
	if a == len(h.ops[0]) && b == len(h.ops[1]) {
		return true
	}
	for i, n := range at {
		o := 1 - i
		if n == len(h.ops[i]) || at[o] < len(h.ops[o]) && h.end[o][at[o]] < h.begin[i][n] {
			continue // the other thread's next one was over before
		}
		op, got, next := h.ops[i][n], h.got[i][n], m.Clone()
		if want := next.Do(op, got.Err); want.Text(op.Kind) != got.Text(op.Kind) {
			continue
		}
		if h.explained(next, a+1-i, b+i) {
			return true
		}
	}
	return false
}

func (h *history) String() (s string) {
	for i := range h.ops {
		for n, op := range h.ops[i] {
			s += fmt.Sprintf("; thread %d, %d to %d: %v: %s", i, h.begin[i][n], h.end[i][n], op, h.got[i][n].Text(op.Kind))
		}
	}
	return s
}

// linearScenarios are the twins for one design.
func linearScenarios(d vmm.Design) []Scenario {
	const a, b = addrA, addrA + vmm.PageSize
	const rw = vmm.ProtRead | vmm.ProtWrite
	fault := func(at vmm.Addr) vmmtest.Op {
		return vmmtest.Op{Kind: vmmtest.Fault, Addr: at, Access: vmm.AccessWrite}
	}
	over := func(k vmmtest.Kind, n uint64, p vmm.Prot) vmmtest.Op {
		return vmmtest.Op{Kind: k, Addr: a, Len: n * vmm.PageSize, Prot: p, Flags: vmm.MapFixed | vmm.MapShared, Advice: vmm.DontNeed}
	}
	programs := []struct {
		name, doc string
		ops       [2][]vmmtest.Op
	}{
		{"linear-unmap", "two faults beside munmap: once it is gone it stays gone", [2][]vmmtest.Op{
			{fault(a), fault(a)}, {over(vmmtest.Munmap, 1, 0)}}},
		{"linear-remap", "two faults beside a mapping over it, read-only", [2][]vmmtest.Op{
			{fault(a), fault(a)}, {over(vmmtest.Mmap, 1, vmm.ProtRead)}}},
		{"linear-protect", "protection changed, then a fault, beside pages dropped", [2][]vmmtest.Op{
			{over(vmmtest.Mprotect, 1, vmm.ProtRead), fault(a)}, {over(vmmtest.Madvise, 1, 0)}}},
		{"linear-split", "one thread splits what the other changes as a whole", [2][]vmmtest.Op{
			{over(vmmtest.Munmap, 1, 0), fault(b)}, {over(vmmtest.Mprotect, 2, vmm.ProtRead)}}},
	}
	var out []Scenario
	for _, p := range programs {
		long := p.name == "linear-unmap" || p.name == "linear-remap"
		out = append(out, Scenario{Name: p.name, Design: d.Name, Doc: p.doc, Checks: "I1 I4 I6", Long: long,
			Body: func(s *explore.S) {
				w := newWorld(s, d, vmm.Config{})
				first := vmmtest.Op{Kind: vmmtest.Mmap, Addr: a, Len: 2 * vmm.PageSize, Prot: rw, Flags: vmm.MapFixed | vmm.MapShared}
				model := vmmtest.NewModel()
				first.Do(w.vmm, s.Task())
				model.Do(first, nil)
				h := &history{ops: p.ops}
				for i := range h.ops {
					w.Go(fmt.Sprint("thread ", i), h.play(i, w.vmm))
				}
				w.idle()
				s.Check(func() error {
					if !h.explained(model, 0, 0) {
						return fmt.Errorf("I1: no order explains the history%v", h)
					}
					return w.vmm.Check(s.Task())
				})
			}})
	}
	return out
}
