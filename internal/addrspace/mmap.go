package addrspace

import (
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// Mmap implements vmm.VMM.
func (s *Space) Mmap(t *vmm.Task, addr vmm.Addr, length uint64, prot vmm.Prot, flags vmm.MapFlags, file vmm.File) (vmm.Addr, error) {
	size := vmm.PageAlign(length)
	fixed := flags&(vmm.MapFixed|vmm.MapFixedNoReplace) != 0
	switch {
	case length == 0, fixed && !addr.Aligned(), file.Off&(vmm.PageSize-1) != 0:
		return 0, vmm.EINVAL
	case flags&vmm.MapGrowsDown != 0 && (flags&vmm.MapShared != 0 || file.ID != 0):
		return 0, vmm.EINVAL
	case size == 0 || size > uint64(vmm.TaskSize):
		return 0, vmm.ENOMEM
	}
	zapped, err := false, error(nil)
	const over = vmm.MapFixed | vmm.MapFixedNoReplace
	if r := (vmm.Range{Start: addr, End: addr + vmm.Addr(size)}); flags&over == vmm.MapFixed && inSpace(r) {
		zapped, err = s.lockToUnmap(t, r)
	} else {
		err = s.WriteLockKillable(t)
	}
	if err != nil {
		return 0, err
	}
	r, err := s.place(addr, size, flags)
	if err == nil {
		err = s.mapRegion(t, r, prot, flags, file, zapped)
	}
	s.WriteUnlock(t)
	if err != nil {
		return 0, err
	}
	if flags&vmm.MapPopulate != 0 {
		s.populate(t, r)
	}
	return r.Start, nil
}

// place is get_unmapped_area: where a mapping of size bytes goes.
func (s *Space) place(addr vmm.Addr, size uint64, flags vmm.MapFlags) (vmm.Range, error) {
	r := vmm.Range{Start: addr, End: addr + vmm.Addr(size)}
	if flags&(vmm.MapFixed|vmm.MapFixedNoReplace) != 0 {
		if !inSpace(r) {
			return r, vmm.ENOMEM
		}
		if flags&vmm.MapFixedNoReplace != 0 && s.mapped(r) {
			return r, vmm.EEXIST
		}
		return r, nil
	}
	if r.Start = addr.Down(); r.Start != 0 {
		r.End = r.Start + vmm.Addr(size)
		if inSpace(r) && s.isFree(r) {
			return r, nil
		}
	}
	return s.findFree(size)
}

func inSpace(r vmm.Range) bool {
	return r.Start >= vmm.MmapMinAddr && r.Start < r.End && r.End <= vmm.TaskSize
}

// mapped reports whether anything is mapped in r.
func (s *Space) mapped(r vmm.Range) bool {
	v, at := s.MM.Index.FindFrom(r.Start)
	return v != nil && at.Start < r.End
}

// isFree reports whether r is unmapped and not in the gap below a stack.
func (s *Space) isFree(r vmm.Range) bool {
	v, at := s.MM.Index.FindFrom(r.Start)
	return v == nil || r.End <= gapStart(v, at)
}

// gapStart is vm_start_gap: where what must stay free for v begins.
func gapStart(v *mm.VMA, at vmm.Range) vmm.Addr {
	if v.Flags.Get()&mm.FlagGrowsDown == 0 {
		return at.Start
	}
	return at.Start - min(vmm.StackGuardGap, at.Start)
}

// findFree is vm_unmapped_area, topmost first: below MmapBase, and where a
// stack's gap is in the way, below that, even if it ends inside another VMA.
func (s *Space) findFree(size uint64) (vmm.Range, error) {
	for high := vmm.MmapBase; ; {
		start, ok := s.MM.Index.Gap(size, vmm.MmapMinAddr, high)
		if !ok {
			return vmm.Range{}, vmm.ENOMEM
		}
		r := vmm.Range{Start: start, End: start + vmm.Addr(size)}
		v, at := s.MM.Index.FindFrom(start)
		if v == nil || r.End <= gapStart(v, at) {
			return r, nil
		}
		high = gapStart(v, at)
	}
}

// mapRegion is __mmap_region: what is there goes, then a neighbour is extended
// or a VMA made. The caller holds mmap write. zapped says that the pages of r are
// gone already.
func (s *Space) mapRegion(t *vmm.Task, r vmm.Range, prot vmm.Prot, flags vmm.MapFlags, file vmm.File, zapped bool) error {
	if s.full(1) {
		return vmm.ENOMEM
	}
	var buf [gatherBuf]*mm.VMA
	gone, ceiling, err := s.gather(t, r, buf[:0])
	if err != nil {
		return err
	}
	// What goes stays in the index until the new mapping takes its place in one
	// step: a walk without mmap_lock meets the old or the new, never a hole.
	s.MM.MapCount.Set(s.MM.MapCount.Get() - len(gone))
	s.unmapPages(t, r, gone, ceiling, zapped)
	s.mapNew(t, r, kind{flags: vmFlags(prot, flags), file: uint64(file.ID)}, firstPgoff(r, flags, file))
	s.release(t, gone)
	return nil
}

// mapNew covers r, in which nothing is mapped any more, with a mapping of kind k.
func (s *Space) mapNew(t *vmm.Task, r vmm.Range, k kind, pgoff uint64) *mm.VMA {
	if v := s.mergeNew(t, s.neighbours(r, r, k, pgoff)); v != nil {
		return v
	}
	v := s.create(t, r, k, pgoff)
	s.insert(v)
	return v
}

func vmFlags(prot vmm.Prot, flags vmm.MapFlags) mm.Flags {
	f := mm.Flags(prot) & protMask // calc_vm_prot_bits drops the rest
	switch {
	case flags&vmm.MapShared != 0:
		f |= mm.FlagShared
	case f&mm.FlagWrite != 0:
		f |= mm.FlagAccount // accountable_mapping; there is no MAP_NORESERVE here
	}
	if flags&vmm.MapGrowsDown != 0 {
		f |= mm.FlagGrowsDown
	}
	return f
}

// firstPgoff is the page offset of a new mapping: in its file; where it lies,
// for private anonymous memory, so that pieces that move stay apart; from 0
// for shared anonymous memory, which is a file of its own.
func firstPgoff(r vmm.Range, flags vmm.MapFlags, file vmm.File) uint64 {
	switch {
	case file.ID != 0:
		return file.Off >> vmm.PageShift
	case flags&vmm.MapShared != 0:
		return 0
	}
	return r.Start.Page()
}

// populate is __mm_populate, after the unlock: it faults the pages of r in under one
// hold of mmap_lock, which only a fault that starts again interrupts. What it cannot
// have it leaves, to go on at the next VMA.
func (s *Space) populate(t *vmm.Task, r vmm.Range) {
	s.ReadLock(t)
	defer s.ReadUnlock(t)
	for a, under := r.Start, UnderMmap; a < r.End && !t.FatalSignal(); {
		v, at := s.MM.Index.FindFrom(a)
		if v == nil || at.Start >= r.End {
			return
		}
		a = max(a, at.Start)
		switch Handle(s, t, v, s.Rest(v), a, populateBy(v.Flags.Get()), under) {
		case Done:
			a, under = a+vmm.PageSize, UnderMmap
		case Denied:
			a = at.End
		case Restart:
			s.ReadUnlock(t)
			s.ReadLock(t)
			under = UnderTried
		}
	}
}

// populateBy is the access that makes a page of a VMA present for good: a write
// where that needs a page of one's own.
func populateBy(f mm.Flags) vmm.Access {
	switch {
	case f&(mm.FlagWrite|mm.FlagShared) == mm.FlagWrite:
		return vmm.AccessWrite
	case f&mm.FlagRead != 0:
		return vmm.AccessRead
	case f&mm.FlagWrite != 0:
		return vmm.AccessWrite
	}
	return vmm.AccessExec
}

// Populate is mm_populate where every fault takes its own lock: it faults the pages
// of r in one by one, and what it cannot have it leaves.
func Populate(v interface {
	FaultKernel(*vmm.Task, vmm.Addr, vmm.Access) error
}, t *vmm.Task, r vmm.Range, prot vmm.Prot, flags vmm.MapFlags) {
	access := populateBy(vmFlags(prot, flags))
	for a := r.Start; a < r.End; a += vmm.PageSize {
		if v.FaultKernel(t, a, access) != nil {
			return
		}
	}
}
