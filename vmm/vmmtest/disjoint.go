package vmmtest

import (
	"fmt"

	"vmabench/vmm"
)

// region is a worker's own part of a shared address space, with a model of it
// alone. No other worker touches it, so every answer about it is known
// exactly, whatever happens elsewhere.
type region struct {
	start vmm.Addr
	pages int
	model *Model
}

// regionPages is small, so that regions of several workers share page-table
// pages, and VMAs of neighbours merge across the border.
const regionPages = 12

func newRegion(i int) *region {
	at := vmm.Addr(0x2000_0000 + i*regionPages<<vmm.PageShift)
	return &region{start: at, pages: regionPages, model: NewModel()}
}

// op is a random operation inside the region whose result is known. Mremap
// moves single pages: whether a longer range lies in one VMA depends on
// merges that nobody promised.
func (r *region) op(w *worker) Op {
	first := w.IntN(r.pages)
	n := 1 + w.IntN(min(4, r.pages-first))
	at := func(i int) vmm.Addr { return r.start + vmm.Addr(i)<<vmm.PageShift }
	op := Op{Addr: at(first), Len: uint64(n) << vmm.PageShift}
	prot := [...]vmm.Prot{0, vmm.ProtRead, 3, 3}[w.IntN(4)]
	switch k := w.IntN(32); {
	case k < 14:
		op.Kind, op.Access = Fault, vmm.Access(w.IntN(2))
		if k == 0 {
			op.Kind = FaultKernel
		}
	case k < 20:
		op.Kind, op.Prot, op.Flags = Mmap, prot, vmm.MapFixed
		if k == 19 {
			op.Flags |= vmm.MapPopulate
		}
	case k < 23:
		op.Kind = Munmap
	case k < 26:
		op.Kind, op.Prot = Mprotect, prot
	case k < 28:
		op.Kind, op.Advice = Madvise, vmm.DontNeed
	case k < 30:
		op.Kind, op.Addr2 = UffdMove, at(w.IntN(r.pages))
	default:
		op.Kind, op.Len, op.Len2 = Mremap, vmm.PageSize, vmm.PageSize
		op.Remap, op.Addr2 = vmm.RemapMayMove|vmm.RemapFixed, at(w.IntN(r.pages))
	}
	return op
}

// clip returns the part of ms inside the region, without what a walk beside
// mappers repeats.
func (r *region) clip(ms []vmm.Mapping) []vmm.Mapping {
	var out []vmm.Mapping
	from, end := r.start, r.start+vmm.Addr(r.pages)<<vmm.PageShift
	for _, m := range ms {
		m.Start, m.End = max(m.Start, from), min(m.End, end)
		if m.Start < m.End {
			out, from = append(out, m), m.End
		}
	}
	return Canonical(out)
}

// step performs one operation and holds it against the model.
func (r *region) step(w *worker, v vmm.VMM) {
	op := r.op(w)
	got := op.Do(v, w.task)
	want := r.model.Do(op, got.Err)
	if g, x := got.Text(op.Kind), want.Text(op.Kind); g != x {
		w.fail(NoExclusion, "own region: %s = %s, want %s", op, g, x)
	}
}

// verify holds the design's mappings of the region against the model.
func (r *region) verify(w *worker, v vmm.VMM) {
	ms, err := v.Maps(w.task, nil)
	if err != nil {
		w.fail(WrongResult, "maps: %v", err)
		return
	}
	got, want := Result{Maps: r.clip(ms)}.Text(Maps), Result{Maps: r.model.Maps()}.Text(Maps)
	if got != want {
		w.fail(NoExclusion, "own region differs\n%s", DiffLines(want, got))
	}
}

// checkDisjoint: tasks beside one another, each in its own region, which must
// look to it as if it were alone.
func checkDisjoint(d vmm.Design, o Options) []Violation {
	for _, protocol := range []vmm.Protocol{vmm.ProtocolSame, vmm.ProtocolEra} {
		if vs := disjoint(d, o, vmm.Config{Protocol: protocol}); len(vs) > 0 {
			return vs
		}
	}
	return nil
}

func disjoint(d vmm.Design, o Options, config vmm.Config) []Violation {
	p := newPlayer(d, config)
	v := p.spaces[0]
	c := newCrew(d, o)
	c.add("owner", 4)
	regions := map[*worker]*region{}
	for i, w := range c.workers {
		regions[w] = newRegion(i)
	}
	return finish(c.run(func(w *worker) {
		r := regions[w]
		for i := 0; i < o.scale(3000) && w.live(); i++ {
			r.step(w, v)
			if i%50 == 49 {
				r.verify(w, v)
			}
			if i%64 == 63 {
				claimChoice(w, v)
			}
		}
		r.verify(w, v)
	}), p)
}

// claimChoice maps where the design likes, and proves that nobody else has the
// place: what another task's mapping would do to the protection and the pages
// shows at once.
func claimChoice(w *worker, v vmm.VMM) {
	const n = 2
	a, err := v.Mmap(w.task, 0, n*vmm.PageSize, vmm.ProtRead|vmm.ProtWrite, 0, vmm.File{})
	if err != nil {
		w.fail(NoExclusion, "mmap of the design's choice: %v", err)
		return
	}
	for i := range vmm.Addr(n) {
		w.want(fmt.Sprintf("fault(%s, write) in a fresh mapping", fmtAddr(a)), v.Fault(w.task, a+i*vmm.PageSize, vmm.AccessWrite), nil)
	}
	w.want("mprotect of a fresh mapping", v.Mprotect(w.task, a, n*vmm.PageSize, vmm.ProtNone), nil)
	w.want("fault in a mapping without access", v.Fault(w.task, a+vmm.PageSize, vmm.AccessRead), vmm.SEGV_ACCERR)
	w.want("munmap of a fresh mapping", v.Munmap(w.task, a, n*vmm.PageSize), nil)
}

// checkTeardown: page tables go after munmap's downgrade, beside faults of
// others in the same page-table page and mappers that take the range again.
// A page of the old life in a new mapping, or a table freed under a fault,
// shows as a page that is present or absent where it must not be.
func checkTeardown(d vmm.Design, o Options) []Violation {
	p := newPlayer(d, vmm.Config{})
	v := p.spaces[0]
	c := newCrew(d, o)
	c.add("mapper", 3)
	// Every mapper has one page in each of two 2 MiB areas, so that each often
	// is the last to leave a page-table page, and the first to come back.
	areas := [2]vmm.Addr{0x3000_0000, 0x3020_0000}
	vs := c.run(func(w *worker) {
		mine := vmm.Addr(16*(w.task.ID()%32)) << vmm.PageShift
		for i := 0; i < o.scale(2000) && w.live(); i++ {
			a, b := areas[i%2]+mine, areas[(i+1)%2]+mine+8*vmm.PageSize
			teardownRound(w, v, a, b)
		}
	})
	if len(vs) == 0 {
		if n := v.Footprint().Tables; n > tablesLeft {
			vs = violation(Invariant, "%d page tables are left of an empty address space", n)
		}
	}
	return finish(vs, p)
}

// tablesLeft is what an address space keeps when nothing is mapped: the upper
// three levels of the one place that was used.
const tablesLeft = 3

func teardownRound(w *worker, v vmm.VMM, a, b vmm.Addr) {
	const rw = vmm.ProtRead | vmm.ProtWrite
	fixed := func(at vmm.Addr) error {
		_, err := v.Mmap(w.task, at, 2*vmm.PageSize, rw, vmm.MapFixedNoReplace, vmm.File{})
		return err
	}
	w.want("mmap of a free range", fixed(a), nil)
	w.want("mmap of a free range", fixed(b), nil)
	w.want("fault in it", v.Fault(w.task, a, vmm.AccessWrite), nil)
	w.want("uffdmove to a page that is fresh", v.UffdMove(w.task, b, a), nil)
	w.want("uffdmove from a page that has left", v.UffdMove(w.task, b+vmm.PageSize, a), vmm.EAGAIN)
	w.want("uffdmove to a page that is there", v.UffdMove(w.task, b, a), vmm.EEXIST)
	w.want("munmap", v.Munmap(w.task, b, 2*vmm.PageSize), nil)
	w.want("fault where nothing is", v.Fault(w.task, b, vmm.AccessRead), vmm.SEGV_MAPERR)
	w.want("munmap", v.Munmap(w.task, a, 2*vmm.PageSize), nil)
}
