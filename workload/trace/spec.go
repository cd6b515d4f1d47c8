package trace

import (
	"fmt"
	"slices"
	"time"

	"vmabench/vmm"
	"vmabench/workload"
)

// Spec returns the trace as a workload, and the layout that it starts on. Its
// cycle is the trace and then what turns the last mappings into the first
// again, with their pages dropped.
//
// Ops of 8 bytes leave out more than a replay by Play does: a mremap is a
// munmap and a mmap; faults of the kernel are faults; MADV_FREE drops pages at
// once, other advice is not given; which file a mapping shows is lost. The
// addresses are moved together, without a change of any distance below
// maxGap, so that the running kernel, too, can give them.
func (t *Trace) Spec(name string) (workload.Spec, *workload.Layout, error) {
	spec := workload.Spec{
		Name: "trace", Bench: "Replay", Params: []workload.Param{{Key: "file", Value: name}},
		Title: "replay of " + t.Command,
		Doc: "Each worker does over and over what some of the threads of the recorded process did, in their order; " +
			"workers do not wait for each other, and what comes too early or too late fails and is counted.",
		Source: "recorded from the command itself",
		Roles:  []workload.Role{{Name: "thread"}},
	}
	ops := t.Lower()
	m, err := t.mover(ops)
	if err != nil {
		return spec, nil, err
	}
	rec := new(workload.Recorded)
	for i := range ops {
		rec.Add(ops[i].Thread, compile(&ops[i], m)...)
	}
	if n := len(ops); n > 0 && ops[n-1].At > 0 {
		rec.RateHz = float64(len(rec.Ops)) / ops[n-1].At.Seconds()
	} else {
		rec.RateHz = float64(time.Second / time.Millisecond)
	}
	rec.Add(0, t.rewind(m)...)
	spec.Recorded = rec
	spec.Roles[0].RateHz = rec.RateHz
	l := &workload.Layout{Mappings: slices.Clone(t.Initial)}
	for i := range l.Mappings {
		l.Mappings[i].Range = m.move(l.Mappings[i].Range)
	}
	slices.SortFunc(l.Mappings, func(a, b vmm.Mapping) int { return int(int64(a.Start) - int64(b.Start)) })
	return spec, l, nil
}

// compile turns o into ops of 8 bytes.
func compile(o *Op, m *mover) []workload.Op {
	r := m.move(o.Range())
	switch o.Kind {
	case Mmap:
		return mapOps(vmm.Mapping{Range: r, Prot: o.Prot, Shared: o.Flags&vmm.MapShared != 0, File: o.File})
	case Munmap:
		return workload.RangeOps(workload.UnmapAt, 0, r, false, false)
	case Mprotect:
		return workload.RangeOps(workload.Protect, uint8(o.Prot), r, false, false)
	case Madvise:
		if a := advice[o.Advice]; a == vmm.DontNeed || a == vmm.Free {
			return workload.RangeOps(workload.Drop, 0, r, false, false)
		}
	case Mremap:
		old := m.move(vmm.Range{Start: o.Old, End: o.Old + vmm.Addr(vmm.PageAlign(o.OldLen))})
		out := workload.RangeOps(workload.UnmapAt, 0, old, false, false)
		return append(out, mapOps(vmm.Mapping{Range: r, Prot: vmm.ProtRead | vmm.ProtWrite})...)
	case Fault, KernelFault:
		return []workload.Op{workload.NewOp(workload.Fault, uint8(o.Access), m.at(o.Addr).Down(), 0)}
	case Fork:
		return []workload.Op{workload.NewOp(workload.Fork, 0, 0, 0)}
	}
	return nil
}

func mapOps(m vmm.Mapping) []workload.Op {
	return workload.RangeOps(workload.MapAt, uint8(m.Prot), m.Range, m.File.ID != 0, m.Shared)
}

// rewind returns what turns the last mappings into the first. A stack stays
// where it has grown to.
func (t *Trace) rewind(m *mover) (out []workload.Op) {
	for _, x := range t.Final {
		if i := slices.Index(t.Initial, x); i < 0 && !x.GrowsDown {
			out = append(out, workload.RangeOps(workload.UnmapAt, 0, m.move(x.Range), false, false)...)
		}
	}
	for _, x := range t.Initial {
		r := m.move(x.Range)
		if slices.Contains(t.Final, x) || x.GrowsDown {
			out = append(out, workload.RangeOps(workload.Drop, 0, r, false, false)...)
			continue
		}
		x.Range = r
		out = append(out, mapOps(x)...)
	}
	return out
}

// maxGap is the distance below which two ranges move together.
const maxGap = 1 << 30

// mover moves clusters of addresses to where a workload may have them.
type mover struct{ clusters []cluster }

type cluster struct {
	vmm.Range
	to vmm.Addr
}

// mover lays the clusters of all that the trace names side by side.
func (t *Trace) mover(ops []Op) (*mover, error) {
	var all []vmm.Range
	for _, x := range append(slices.Clone(t.Initial), t.Final...) {
		all = append(all, x.Range)
	}
	for i := range ops {
		o := &ops[i]
		if o.Kind == Fork {
			continue
		}
		r := o.Range()
		r.Start, r.End = r.Start.Down(), max(r.End, r.Start.Down()+vmm.PageSize)
		all = append(all, r)
		if o.Kind == Mremap {
			all = append(all, vmm.Range{Start: o.Old, End: o.Old + vmm.Addr(vmm.PageAlign(o.OldLen))})
		}
	}
	slices.SortFunc(all, func(a, b vmm.Range) int { return int(int64(a.Start) - int64(b.Start)) })
	m := new(mover)
	for _, r := range all {
		if n := len(m.clusters); n > 0 && r.Start < m.clusters[n-1].End+maxGap {
			m.clusters[n-1].End = max(m.clusters[n-1].End, r.End)
			continue
		}
		m.clusters = append(m.clusters, cluster{Range: r})
	}
	room := workload.Room()
	at := room.Start
	for i := range m.clusters {
		c := &m.clusters[i]
		c.to = at + c.Start%maxGap
		at = (c.to+vmm.Addr(c.Len())+maxGap-1)&^(maxGap-1) + maxGap
	}
	if at > room.End {
		return nil, fmt.Errorf("the process's %d clusters of mappings need %d GiB, more than the %d there are", len(m.clusters), (at-room.Start)>>30, room.Len()>>30)
	}
	return m, nil
}

// at is where a goes.
func (m *mover) at(a vmm.Addr) vmm.Addr {
	for i := range m.clusters {
		if c := &m.clusters[i]; c.Contains(a) {
			return c.to + (a - c.Start)
		}
	}
	return a
}

func (m *mover) move(r vmm.Range) vmm.Range {
	if r.Start >= r.End {
		return vmm.Range{}
	}
	start := m.at(r.Start)
	return vmm.Range{Start: start, End: start + vmm.Addr(r.Len())}
}
