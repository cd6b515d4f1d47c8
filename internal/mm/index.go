package mm

import (
	"vmabench/internal/atomic"
	"vmabench/vmm"
)

// Index maps addresses to VMAs: the maple tree's role. The zero Index is empty.
//
// It is a B-tree. Readers take no lock, never wait and never retry: they go
// down once and see each node either as it was or as it is, since a writer
// builds new nodes and publishes each edit by one store to one child slot (or
// the root). What an edit replaces is left to the collector, the role of RCU
// in the maple tree.
//
// Writers are serialised by mmap_lock. An edit inside a leaf replaces that leaf
// alone; one that splits or joins nodes also copies the inner nodes up to the
// first that keeps its children's bounds.
type Index struct {
	root atomic.Pointer[node] // nil is empty; stored by writers
}

// Find returns the VMA that covers a, or nil.
func (x *Index) Find(a vmm.Addr) *VMA {
	n := x.root.Load() // pairs with publish
	if n == nil {
		return nil
	}
	page := uint64(a) &^ pageMask
	for n.level != 0 {
		p := n.inner()
		i := 0
		for i < len(p.key) && page >= p.key[i] {
			i++
		}
		n = p.child[i].Load() // pairs with publish
	}
	l, last := n.leaf(), uint64(a)|pageMask
	for i := range l.vma {
		if k := l.key[i+1]; k > last {
			if start := l.key[i]&^pageMask + k&pageMask<<vmm.PageShift; page < start {
				return nil
			}
			return l.vma[i]
		}
	}
	return nil
}

// FindFrom returns the first entry that ends above a and its range as the
// index has it, or nil. Readers may call it: what it skips was empty when it
// looked.
func (x *Index) FindFrom(a vmm.Addr) (*VMA, vmm.Range) {
	n := x.root.Load()
	if n == nil {
		return nil, vmm.Range{}
	}
	page := uint64(a) &^ pageMask
	var right *atomic.Pointer[node] // the subtree after the one we are in
	for n.level != 0 {
		p := n.inner()
		i := p.find(page)
		if i+1 < int(p.n) {
			right = &p.child[i+1]
		}
		n = p.child[i].Load()
	}
	l := n.leaf()
	i := l.find(page)
	if i == int(l.n) {
		if right == nil {
			return nil, vmm.Range{}
		}
		for n = right.Load(); n.level != 0; {
			n = n.inner().child[0].Load()
		}
		l, i = n.leaf(), 0
	}
	if l.vma[i] == nil {
		i++ // a hole is never the last entry
	}
	return l.vma[i], l.rangeOf(i)
}

// Prev returns the last entry that ends at or below a and its range, or nil.
// Readers may call it as they may FindFrom.
func (x *Index) Prev(a vmm.Addr) (*VMA, vmm.Range) {
	n := x.root.Load()
	if n == nil {
		return nil, vmm.Range{}
	}
	page := uint64(a) &^ pageMask
	var left *atomic.Pointer[node] // the subtree before the one we are in
	for n.level != 0 {
		p := n.inner()
		i := p.find(page)
		if i > 0 {
			left = &p.child[i-1]
		}
		n = p.child[i].Load()
	}
	l := n.leaf()
	i := l.find(page) - 1
	if i < 0 {
		if left == nil {
			return nil, vmm.Range{}
		}
		for n = left.Load(); n.level != 0; {
			p := n.inner()
			n = p.child[p.n-1].Load()
		}
		l = n.leaf()
		i = int(l.n) - 1
	}
	if l.vma[i] == nil {
		i-- // a hole is never the first entry
	}
	return l.vma[i], l.rangeOf(i)
}

// find returns the child whose addresses include page.
func (p *inner) find(page uint64) int {
	i := 0
	for i < len(p.key) && page >= p.key[i] {
		i++
	}
	return i
}

// find returns the first entry that ends above page, or l.n.
func (l *leaf) find(page uint64) int {
	i := 0
	for i < int(l.n) && l.key[i+1] <= page|pageMask {
		i++
	}
	return i
}

// start returns where entry i starts, a long hole's entry included.
func (l *leaf) start(i int) uint64 {
	return l.key[i]&^pageMask + l.key[i+1]&pageMask<<vmm.PageShift
}

// end returns where entry i ends.
func (l *leaf) end(i int) uint64 { return l.key[i+1] &^ pageMask }

// last returns where the last entry ends.
func (l *leaf) last() uint64 { return l.key[l.n] &^ pageMask }

func (l *leaf) rangeOf(i int) vmm.Range {
	return vmm.Range{Start: vmm.Addr(l.start(i)), End: vmm.Addr(l.end(i))}
}
