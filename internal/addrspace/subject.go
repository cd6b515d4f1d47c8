package addrspace

import (
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// What a test or a checker drives: the steps of a design's lock on VMAs that it
// makes itself, without the operations around them.

// Of returns the Space under v, a VMM of any design here; nil for another.
func Of(v vmm.VMM) *Space {
	if h, ok := v.(interface{ under() *Space }); ok {
		return h.under()
	}
	return nil
}

func (s *Space) under() *Space { return s }

// Place makes a VMA over the free range r, without merging, and inserts it:
// alloc, start_write, attach, store. The caller holds mmap write.
func (s *Space) Place(t *vmm.Task, r vmm.Range, prot vmm.Prot) *mm.VMA {
	v := s.create(t, r, kind{flags: vmFlags(prot, 0)}, r.Start.Page())
	s.insert(v)
	return v
}

// Remove takes v out of the index and frees it: start_write, detach, clear,
// free. The caller holds mmap write.
func (s *Space) Remove(t *vmm.Task, v *mm.VMA) {
	s.Locks.StartWrite(t, v)
	s.Locks.Detach(t, v)
	s.MM.Index.Store(rangeOf(v), nil)
	s.MM.MapCount.Set(s.MM.MapCount.Get() - 1)
	s.Locks.Free(t, v)
}

// Resize changes the bounds of v, whose new range is free but for v itself:
// what a split, a shrink or a stack's growth does. The caller holds mmap write.
func (s *Space) Resize(t *vmm.Task, v *mm.VMA, r vmm.Range) {
	s.Locks.StartWrite(t, v)
	old := rangeOf(v)
	s.setRange(v, r, r.Start.Page())
	s.MM.Index.Store(r, v)
	if end := min(r.Start, old.End); old.Start < end {
		s.MM.Index.Store(vmm.Range{Start: old.Start, End: end}, nil)
	}
	if start := max(r.End, old.Start); start < old.End {
		s.MM.Index.Store(vmm.Range{Start: start, End: old.End}, nil)
	}
}
