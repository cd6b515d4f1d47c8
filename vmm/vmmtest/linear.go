package vmmtest

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"

	"vmabench/vmm"
)

// Small concurrent histories are checked for linearizability: there must be an
// order of the operations, consistent with their times, in which the model
// gives every answer that was given (Herlihy and Wing, 1990; Lowe's search, by
// porcupine).

const (
	linearPages   = 3
	linearTasks   = 3
	linearOps     = 5 // of each task
	linearBase    = vmm.Addr(0x2000_0000)
	linearPatient = 20 * time.Second
)

// linearState is the model's view of the pages, small enough to compare.
type linearState [linearPages]struct {
	mapped, present bool
	prot            vmm.Prot
}

// linearStep is the sequential specification: the model, through its state.
func linearStep(s linearState, op Op, got Result) (linearState, bool) {
	m := NewModel()
	first := linearBase.Page()
	for i, p := range s {
		if p.mapped {
			m.pages[first+uint64(i)] = page{kind: kind{prot: p.prot}, here: presenceOf(p.present)}
		}
	}
	want := m.Do(op, got.Err)
	if want.Text(op.Kind) != got.Text(op.Kind) {
		return s, false
	}
	var next linearState
	for i := range next {
		if p, ok := m.pages[first+uint64(i)]; ok {
			next[i].mapped, next[i].prot, next[i].present = true, p.prot, p.here == present
		}
	}
	return next, true
}

func presenceOf(here bool) presence {
	if here {
		return present
	}
	return absent
}

var linearModel = porcupine.Model{
	Init: func() any { return linearState{} },
	Step: func(state, input, output any) (bool, any) {
		next, ok := linearStep(state.(linearState), input.(Op), output.(Result))
		return ok, next
	},
	Equal: func(a, b any) bool { return a.(linearState) == b.(linearState) },
	DescribeOperation: func(input, output any) string {
		op := input.(Op)
		return op.String() + " = " + output.(Result).Text(op.Kind)
	},
}

// linearOp draws an operation on the few pages. Those that are not one step in
// the kernel either are left out: a DontNeed over two VMAs, a walk of Maps.
func linearOp(w *worker) Op {
	first := w.IntN(linearPages)
	n := 1 + w.IntN(linearPages-first)
	at := func(i int) vmm.Addr { return linearBase + vmm.Addr(i)<<vmm.PageShift }
	op := Op{Addr: at(first), Len: uint64(n) << vmm.PageShift, Prot: [...]vmm.Prot{0, 1, 3, 3}[w.IntN(4)]}
	switch w.IntN(9) {
	case 0, 1:
		op.Kind, op.Flags = Mmap, vmm.MapFixed
	case 2:
		op.Kind = Munmap
	case 3:
		op.Kind = Mprotect
	case 4:
		op.Kind, op.Addr2 = UffdMove, at(w.IntN(linearPages))
	case 5:
		op.Kind = Peek
	default:
		op.Kind, op.Access = Fault, vmm.Access(w.IntN(2))
	}
	return op
}

func checkLinearizable(d vmm.Design, o Options) []Violation {
	for round := range o.scale(300) {
		if vs := linearRound(d, Options{Seed: o.Seed*1000 + uint64(round)}); len(vs) > 0 {
			return vs
		}
	}
	return nil
}

// linearRound records one history and looks for its order.
func linearRound(d vmm.Design, o Options) []Violation {
	p := newPlayer(d, vmm.Config{})
	v := p.spaces[0]
	c := newCrew(d, o)
	c.add("client", linearTasks)
	var clock atomic.Int64
	var ready atomic.Int32
	histories := make([][]porcupine.Operation, linearTasks)
	vs := c.run(func(w *worker) {
		me := 0
		for c.workers[me] != w {
			me++
		}
		for ready.Add(1); ready.Load() < linearTasks && !c.abort.Load(); {
			yield()
		}
		for range linearOps {
			op := linearOp(w)
			call := clock.Add(1)
			r := op.Do(v, w.task)
			histories[me] = append(histories[me], porcupine.Operation{
				ClientId: me, Input: op, Output: r, Call: call, Return: clock.Add(1),
			})
			w.live()
		}
	})
	if vs = finish(vs, p); len(vs) > 0 {
		return vs
	}
	var all []porcupine.Operation
	for _, h := range histories {
		all = append(all, h...)
	}
	if porcupine.CheckOperationsTimeout(linearModel, all, linearPatient) == porcupine.Illegal {
		return violation(NoExclusion, "no order explains this history:%s", linearText(all))
	}
	return nil
}

func linearText(ops []porcupine.Operation) (s string) {
	for _, op := range ops {
		s += fmt.Sprintf("\n  task %d, %2d to %2d: %s", op.ClientId, op.Call, op.Return,
			linearModel.DescribeOperation(op.Input, op.Output))
	}
	return s
}
