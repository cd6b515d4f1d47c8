package addrspace

import (
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// moveReserve is how many VMAs a move may add before it removes its source: the
// copy, and one for each split. Linux keeps as many in hand.
const moveReserve = 3

// Mremap implements vmm.VMM.
func (s *Space) Mremap(t *vmm.Task, old vmm.Addr, oldLen, newLen uint64, flags vmm.RemapFlags, newAddr vmm.Addr) (vmm.Addr, error) {
	was, size := vmm.PageAlign(oldLen), vmm.PageAlign(newLen)
	from := vmm.Range{Start: old, End: old + vmm.Addr(was)}
	fixed := flags&vmm.RemapFixed != 0
	to := vmm.Range{Start: newAddr, End: newAddr + vmm.Addr(size)}
	switch {
	case !old.Aligned(), was == 0, size == 0, size > uint64(vmm.TaskSize), flags&^(vmm.RemapMayMove|vmm.RemapFixed) != 0:
		return 0, vmm.EINVAL
	case fixed && (flags&vmm.RemapMayMove == 0 || !newAddr.Aligned() || !inSpace(to) || to.Overlaps(from)):
		return 0, vmm.EINVAL
	case !inSpace(from):
		return 0, vmm.EFAULT // no VMA can cover it
	}
	if err := s.WriteLockKillable(t); err != nil {
		return 0, err
	}
	defer s.WriteUnlock(t)
	v, at := s.MM.Index.FindFrom(from.Start)
	if v == nil || at.Start > from.Start || at.End < from.End {
		return 0, vmm.EFAULT
	}
	if fixed {
		return s.remapTo(t, from, to)
	}
	return s.resize(t, v, from, size, flags&vmm.RemapMayMove != 0)
}

// resize cuts or extends the mapping of from, a part of v, where it is, or
// moves it. The caller holds mmap write.
func (s *Space) resize(t *vmm.Task, v *mm.VMA, from vmm.Range, size uint64, mayMove bool) (vmm.Addr, error) {
	end := from.Start + vmm.Addr(size)
	switch {
	case size == from.Len():
		return from.Start, nil
	case size < from.Len():
		return from.Start, s.unmapLocked(t, vmm.Range{Start: end, End: from.End})
	case v.End.Get() == from.End && end <= vmm.TaskSize && !s.mapped(vmm.Range{Start: from.End, End: end}):
		s.extend(t, v, end)
		return from.Start, nil
	case !mayMove:
		return 0, vmm.ENOMEM
	}
	if s.full(moveReserve) {
		return 0, vmm.ENOMEM
	}
	to, err := s.findFree(size)
	if err != nil {
		return 0, err
	}
	s.move(t, v, from, to)
	return to.Start, nil
}

// extend is vma_merge_extend: v grows up to end, and joins what starts there
// if it can.
func (s *Space) extend(t *vmm.Task, v *mm.VMA, end vmm.Addr) {
	whole := rangeOf(v)
	grown := vmm.Range{Start: whole.End, End: end}
	m := s.neighbours(grown, grown, s.kindOf(v), s.Rest(v).Pgoff.Get()+whole.Pages())
	e := edit{target: v, r: vmm.Range{Start: whole.Start, End: end}, pgoff: s.Rest(v).Pgoff.Get()}
	if m.next != nil {
		e.r.End, e.gone[0] = m.next.End.Get(), m.next
	}
	s.commit(t, e)
}

// remapTo moves from, which lies in one VMA, to to, over what is there.
func (s *Space) remapTo(t *vmm.Task, from, to vmm.Range) (vmm.Addr, error) {
	if s.full(moveReserve) {
		return 0, vmm.ENOMEM
	}
	if err := s.unmapLocked(t, to); err != nil {
		return 0, err
	}
	if to.Len() < from.Len() {
		cut := vmm.Range{Start: from.Start + vmm.Addr(to.Len()), End: from.End}
		if err := s.unmapLocked(t, cut); err != nil {
			return 0, err
		}
		from.End = cut.Start
	}
	// Looked up again: both unmappings may have split it.
	s.move(t, s.MM.Index.Find(from.Start), from, to)
	return to.Start, nil
}

// move is move_vma: a copy of from's part of v at to, its pages, and the source
// unmapped. The caller holds mmap write and keeps it.
func (s *Space) move(t *vmm.Task, v *mm.VMA, from, to vmm.Range) {
	s.Locks.StartWrite(t, v)
	k, pgoff := s.kindOf(v), s.Rest(v).Pgoff.Get()+(from.Start-v.Start.Get()).Page()
	if k.file == 0 && k.anon == nil && k.flags&mm.FlagShared == 0 {
		pgoff = to.Start.Page() // never touched: as if it had been mapped there
	}
	s.mapNew(t, to, k, pgoff)
	s.MM.Table.MoveRange(&t.Task, from, to.Start)
	if err := s.unmapLocked(t, from); err != nil {
		panic("addrspace: no VMA left for the end of a move: " + err.Error())
	}
}
