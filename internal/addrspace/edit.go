package addrspace

import (
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// edit is a change of the index that was gathered and is to be committed:
// target will cover r, shrunk (if any) will keep rest, and those in gone leave.
type edit struct {
	target *mm.VMA
	r      vmm.Range
	pgoff  uint64
	shrunk *mm.VMA
	rest   vmm.Range
	gone   [2]*mm.VMA
}

// commit is the kernel's commit_merge and vma_expand: every VMA that takes part
// is write-locked before the first one changes. It cannot fail.
func (s *Space) commit(t *vmm.Task, e edit) {
	s.Locks.StartWrite(t, e.target)
	if e.shrunk != nil {
		s.Locks.StartWrite(t, e.shrunk)
		s.inheritAnon(e.target, e.shrunk)
	}
	for _, v := range e.gone {
		if v != nil {
			s.Locks.StartWrite(t, v)
			s.inheritAnon(e.target, v)
		}
	}
	if e.shrunk != nil {
		s.setRange(e.shrunk, e.rest, s.Rest(e.shrunk).Pgoff.Get()+(e.rest.Start-e.shrunk.Start.Get()).Page())
	}
	s.setRange(e.target, e.r, e.pgoff)
	s.MM.Index.Store(e.r, e.target)
	for _, v := range e.gone {
		if v != nil {
			s.Locks.Detach(t, v)
			s.MM.MapCount.Set(s.MM.MapCount.Get() - 1)
			s.Locks.Free(t, v)
		}
	}
}

// inheritAnon is dup_anon_vma: the survivor of a merge takes the anon_vma.
func (s *Space) inheritAnon(to, from *mm.VMA) {
	if a := s.Rest(from).AnonVMA.Load(); a != nil {
		s.Rest(to).AnonVMA.Store(a)
	}
}

// setRange changes the bounds of a write-locked VMA.
func (s *Space) setRange(v *mm.VMA, r vmm.Range, pgoff uint64) {
	s.AssertWriteLocked(v)
	v.Start.Set(r.Start)
	v.End.Set(r.End)
	s.Rest(v).Pgoff.Set(pgoff)
}

// setFlags is vm_flags_reset and vma_set_page_prot of a write-locked VMA.
func (s *Space) setFlags(v *mm.VMA, f mm.Flags) {
	s.AssertWriteLocked(v)
	v.Flags.Set(f)
	v.PageProt.Set(uint64(f.Prot()))
}

// create returns a new, write-locked VMA over r that nobody can find yet.
func (s *Space) create(t *vmm.Task, r vmm.Range, k kind, pgoff uint64) *mm.VMA {
	v := s.Locks.Alloc(t, s.MM)
	s.Locks.StartWrite(t, v)
	s.setRange(v, r, pgoff)
	s.setFlags(v, k.flags)
	rest := s.Rest(v)
	rest.File.Set(k.file)
	rest.AnonVMA.Store(k.anon)
	return v
}

// insert is vma_iter_store_new: attach, then store. Either order is safe while
// v is write-locked, since any reader bounces off its number.
func (s *Space) insert(v *mm.VMA) {
	s.Locks.Attach(v)
	s.MM.Index.Store(rangeOf(v), v)
	s.MM.MapCount.Set(s.MM.MapCount.Get() + 1)
}

// split is __split_vma: v keeps the part below at, or above it if newBelow, and
// a new VMA takes the other.
func (s *Space) split(t *vmm.Task, v *mm.VMA, at vmm.Addr, newBelow bool) {
	whole, pgoff := rangeOf(v), s.Rest(v).Pgoff.Get()
	low, high := vmm.Range{Start: whole.Start, End: at}, vmm.Range{Start: at, End: whole.End}
	highOff := pgoff + low.Pages()
	s.Locks.StartWrite(t, v)
	var n *mm.VMA
	if newBelow {
		n = s.create(t, low, s.kindOf(v), pgoff)
		s.setRange(v, high, highOff)
	} else {
		n = s.create(t, high, s.kindOf(v), highOff)
		s.setRange(v, low, pgoff)
	}
	s.insert(n)
}

// full reports whether one more VMA would be too many.
func (s *Space) full(extra int) bool {
	limit := s.Config.MaxMapCount
	return limit > 0 && s.MM.MapCount.Get()+extra > limit
}
