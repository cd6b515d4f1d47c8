package vmmtest

import "vmabench/vmm"

// checkWalkers is the walk's promise: a mapping that existed throughout is
// never skipped, whatever is split and merged around it, nor one that is mapped
// over again and again; one that nobody touched is listed once; and nothing is
// reported where nothing ever was. So it must be with all on one page of text,
// and with pages so small that mmap_lock, where it is held, is let go of on the
// way.
func checkWalkers(d vmm.Design, o Options) (vs []Violation) {
	for _, c := range []vmm.Config{{}, {MapsBuffer: fewLines}, {MapsBuffer: fewLines, Protocol: vmm.ProtocolEra}} {
		vs = append(vs, newWalk(d, c).check(d, o)...)
	}
	return vs
}

// fewLines is a page of text for three lines of anonymous memory.
const fewLines = 3*49 + 1

// The pages of a pillar: one that stands, two pages of churn, one that is
// mapped over, one that never is mapped, and one that nobody touches.
const (
	pillars      = 8
	pillarBase   = vmm.Addr(0x2000_0000)
	pillarStride = 7 * vmm.PageSize

	pagePillar, pageChurn, pageOver, pageNever, pageStill = 0, 1, 3, 4, 5
)

func pillarPage(i, page int) vmm.Addr {
	return pillarBase + vmm.Addr(i*pillarStride+page*vmm.PageSize)
}

// walk is an address space of pillars.
type walk struct {
	*player
	v   vmm.VMM
	err error // of set-up
}

func newWalk(d vmm.Design, c vmm.Config) *walk {
	p := newPlayer(d, c)
	s := &walk{player: p, v: p.spaces[0]}
	for i := range pillars {
		for _, page := range []int{pagePillar, pageOver, pageStill} {
			if _, err := s.v.Mmap(p.task, pillarPage(i, page), vmm.PageSize, vmm.ProtRead, vmm.MapFixed, vmm.File{}); err != nil {
				s.err = err
			}
		}
	}
	return s
}

// check lets two walk while two churn.
func (s *walk) check(d vmm.Design, o Options) []Violation {
	if s.err != nil {
		return violation(WrongResult, "mmap: %v", s.err)
	}
	c := newCrew(d, o)
	churners := c.add("churner", 2)
	c.add("walker", 2)
	vs := c.run(func(w *worker) {
		for k := range churners {
			if w == c.workers[k] {
				s.churn(w, k, o.scale(2000))
				return
			}
		}
		var buf []vmm.Mapping
		for !(c.workers[0].done.Load() && c.workers[1].done.Load()) && w.live() {
			var err error
			if buf, err = s.v.Maps(w.task, buf[:0]); err != nil {
				w.fail(WrongResult, "maps: %v", err)
			}
			s.look(w, buf)
		}
	})
	return finish(vs, s.player)
}

// churn changes what lies around every second pillar, n times.
func (s *walk) churn(w *worker, k, n int) {
	for i := 0; i < n && w.live(); i++ {
		pillar := k + 2*w.IntN(pillars/2)
		churn(w, s.v, pillarPage(pillar, pageChurn))
		_, err := s.v.Mmap(w.task, pillarPage(pillar, pageOver), vmm.PageSize, vmm.Prot(w.IntN(4)), vmm.MapFixed, vmm.File{})
		w.want("mmap over a mapping", err, nil)
	}
}

// look holds a list to the promise.
func (s *walk) look(w *worker, ms []vmm.Mapping) {
	if reason := wellFormedLive(ms); reason != "" {
		w.fail(WrongMaps, "%s", reason)
	}
	for i := range pillars {
		at := func(page int) vmm.Addr { return pillarPage(i, page) }
		if m, ok := covering(ms, at(pagePillar)); !ok || m.Prot != vmm.ProtRead {
			w.fail(WrongMaps, "a mapping that existed throughout was skipped: %s in%s", fmtAddr(at(pagePillar)), Result{Maps: ms}.Text(VMAs))
		}
		if _, ok := covering(ms, at(pageOver)); !ok {
			w.fail(WrongMaps, "a mapping was skipped while it was mapped over: %s in%s", fmtAddr(at(pageOver)), Result{Maps: ms}.Text(VMAs))
		}
		if m, ok := covering(ms, at(pageNever)); ok {
			w.fail(WrongMaps, "a mapping that never existed: %s covers %s", fmtMapping(m), fmtAddr(at(pageNever)))
		}
		if n := listed(ms, at(pageStill)); n != 1 {
			w.fail(WrongMaps, "a mapping that nobody touched is listed %d times: %s in%s", n, fmtAddr(at(pageStill)), Result{Maps: ms}.Text(VMAs))
		}
	}
}

// listed counts the lines of the page at a.
func listed(ms []vmm.Mapping, a vmm.Addr) (n int) {
	for _, m := range ms {
		if m.Contains(a) {
			n++
		}
	}
	return n
}

// churn maps, joins, splits and unmaps the two pages behind a pillar.
func churn(w *worker, v vmm.VMM, a vmm.Addr) {
	switch w.IntN(4) {
	case 0: // joins the pillar
		_, err := v.Mmap(w.task, a, 2*vmm.PageSize, vmm.ProtRead, vmm.MapFixed, vmm.File{})
		w.want("mmap", err, nil)
	case 1:
		w.want("mprotect", v.Mprotect(w.task, a, 2*vmm.PageSize, vmm.Prot(w.IntN(4))), nil, vmm.ENOMEM)
	case 2:
		w.want("munmap", v.Munmap(w.task, a, vmm.PageSize), nil)
	case 3:
		w.want("munmap", v.Munmap(w.task, a, 2*vmm.PageSize), nil)
	}
}

func covering(ms []vmm.Mapping, a vmm.Addr) (vmm.Mapping, bool) {
	for _, m := range ms {
		if m.Contains(a) {
			return m, true
		}
	}
	return vmm.Mapping{}, false
}
