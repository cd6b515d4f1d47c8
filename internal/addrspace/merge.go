package addrspace

import (
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// kind is what two adjacent VMAs must agree on to become one, beside their
// page offsets.
type kind struct {
	flags mm.Flags
	file  uint64
	anon  *mm.AnonVMA // nil for a mapping that has none yet
}

func (s *Space) kindOf(v *mm.VMA) kind {
	r := s.Rest(v)
	return kind{v.Flags.Get(), r.File.Get(), r.AnonVMA.Load()}
}

// merges reports whether VMAs of kinds k and o can be one. A VMA without an
// anon_vma takes the other's, unless that one stands in chains of a parent.
func (k kind) merges(o kind) bool {
	if k.flags != o.flags || k.file != o.file {
		return false
	}
	switch {
	case k.anon == o.anon:
		return true
	case k.anon == nil:
		return !o.anon.Forked
	case o.anon == nil:
		return !k.anon.Forked
	}
	return false
}

// mergeable is a place for a mapping of a kind: its range, its page offset, and
// the neighbours that it can become one with, nil where it cannot.
type mergeable struct {
	vmm.Range
	kind
	pgoff      uint64
	prev, next *mm.VMA
}

// neighbours finds with what a mapping of kind k over r, a part of whole, could
// merge. What the index has inside r does not matter. The caller holds mmap write.
func (s *Space) neighbours(r, whole vmm.Range, k kind, pgoff uint64) mergeable {
	m := mergeable{Range: r, kind: k, pgoff: pgoff}
	if v, at := s.MM.Index.Prev(r.Start); r.Start == whole.Start && v != nil && at.End == r.Start &&
		s.Rest(v).Pgoff.Get()+at.Pages() == pgoff && s.kindOf(v).merges(k) {
		m.prev = v
	}
	if v, at := s.MM.Index.FindFrom(r.End); r.End == whole.End && v != nil && at.Start == r.End &&
		pgoff+r.Pages() == s.Rest(v).Pgoff.Get() && s.kindOf(v).merges(k) {
		m.next = v
	}
	if m.prev != nil && m.next != nil && !s.kindOf(m.prev).merges(s.kindOf(m.next)) {
		m.next = nil // each alone, but not both: the kernel prefers the one before
	}
	return m
}

// mergeNew is vma_merge_new_range: it extends a neighbour, or joins both, over
// the new mapping m, and returns the VMA that covers it now; nil if none can.
func (s *Space) mergeNew(t *vmm.Task, m mergeable) *mm.VMA {
	switch {
	case m.prev != nil && m.next != nil:
		s.commit(t, edit{target: m.prev, r: vmm.Range{Start: m.prev.Start.Get(), End: m.next.End.Get()},
			pgoff: s.Rest(m.prev).Pgoff.Get(), gone: [2]*mm.VMA{m.next}})
		return m.prev
	case m.prev != nil:
		s.commit(t, edit{target: m.prev, r: vmm.Range{Start: m.prev.Start.Get(), End: m.End},
			pgoff: s.Rest(m.prev).Pgoff.Get()})
		return m.prev
	case m.next != nil:
		s.commit(t, edit{target: m.next, r: vmm.Range{Start: m.Start, End: m.next.End.Get()}, pgoff: m.pgoff})
		return m.next
	}
	return nil
}

// mergeExisting is vma_merge_existing_range: the part m of v is about to get
// the kind m.kind, and becomes part of its neighbours where it can. It reports
// false if v must be split or just changed.
func (s *Space) mergeExisting(t *vmm.Task, v *mm.VMA, m mergeable) bool {
	whole := rangeOf(v)
	switch {
	case m.prev != nil && m.next != nil:
		s.commit(t, edit{target: m.prev, r: vmm.Range{Start: m.prev.Start.Get(), End: m.next.End.Get()},
			pgoff: s.Rest(m.prev).Pgoff.Get(), gone: [2]*mm.VMA{v, m.next}})
		return true
	case m.prev != nil:
		e := edit{target: m.prev, r: vmm.Range{Start: m.prev.Start.Get(), End: m.End}, pgoff: s.Rest(m.prev).Pgoff.Get()}
		s.giveUp(&e, v, vmm.Range{Start: m.End, End: whole.End})
		s.commit(t, e)
		return true
	case m.next != nil:
		e := edit{target: m.next, r: vmm.Range{Start: m.Start, End: m.next.End.Get()}, pgoff: m.pgoff}
		s.giveUp(&e, v, vmm.Range{Start: whole.Start, End: m.Start})
		s.commit(t, e)
		return true
	}
	return false
}

// giveUp makes e leave v only rest, or nothing.
func (s *Space) giveUp(e *edit, v *mm.VMA, rest vmm.Range) {
	if rest.Start == rest.End {
		e.gone[0] = v
		return
	}
	e.shrunk, e.rest = v, rest
}
