package mm

import (
	"slices"

	"vmabench/vmm"
)

// longest returns the longest hole between two entries of l, in bytes.
func (l *leaf) longest() (hole uint64) {
	for i := 1; i < int(l.n); i++ {
		h := l.key[i+1] & pageMask << vmm.PageShift
		if l.vma[i] == nil {
			h = l.end(i) - l.end(i-1)
		}
		hole = max(hole, h)
	}
	return hole
}

// longest returns the longest hole before an entry below p, in bytes.
func (p *inner) longest() uint64 { return slices.Max(p.gap[:p.n]) }

// setGap says that the child at p[level] has gap now, and carries that up as
// far as it makes a difference.
func (p *path) setGap(level, top uint8, gap uint64) {
	for {
		s := &p[level]
		old := s.l.gap[s.i]
		s.l.gap[s.i] = gap
		if level == top || gap == old {
			return
		}
		level++
		switch up := p[level].l.gap[p[level].i]; {
		case gap > up: // the new maximum
		case old == up: // was the maximum
			gap = s.l.longest()
		default:
			return
		}
	}
}

// upper returns where the addresses of the leaf at the end of p end.
func (p *path) upper(top uint8) uint64 {
	for level := uint8(1); level <= top; level++ {
		if u := p[level].r.upper(p[level].j); u != infinity {
			return u
		}
	}
	return infinity
}

// relead mends the lead of the leaf whose addresses begin at a: the entry
// before it ends at end now.
func (x *Index) relead(a, end uint64) {
	root := x.root.Load()
	if a == infinity || root == nil || root.level == 0 {
		return
	}
	var p path
	l, _ := p.descend(root, a, a)
	s := &p[1]
	s.l.lead[s.i] = l.key[0] - end
	p.setGap(1, root.level, max(s.l.lead[s.i], l.longest()))
}

// Gap returns the topmost free range of size bytes inside [low, high). Its
// cost grows with the depth of the tree. Writers only.
func (x *Index) Gap(size uint64, low, high vmm.Addr) (vmm.Addr, bool) {
	if size == 0 || low >= high || uint64(high-low) < size {
		return 0, false
	}
	// The hole that high lies in, or that ends at the entry which high is in.
	end := high
	if v, r := x.FindFrom(high - 1); v != nil {
		end = min(end, r.Start)
	}
	_, before := x.Prev(end)
	if start := max(before.End, low); start < end && uint64(end-start) >= size {
		return end - vmm.Addr(size), true
	}
	// Each hole below that one lies before an entry.
	h, ok := x.holeBelow(uint64(before.End), size)
	if start := max(h.Start, low); ok && start < h.End && uint64(h.End-start) >= size {
		return h.End - vmm.Addr(size), true
	}
	return 0, false // the one found reaches below low; any other lies there
}

// holeBelow returns the last hole of at least size bytes before an entry that
// starts below a.
func (x *Index) holeBelow(a, size uint64) (vmm.Range, bool) {
	root := x.root.Load()
	if root == nil || a == 0 {
		return vmm.Range{}, false
	}
	var p path
	l, _ := p.descend(root, a-1, a-1)
	if root.level == 0 {
		return l.holeBelow(l.key[0], a, size)
	}
	if h, ok := l.holeBelow(p[1].l.lead[p[1].i], a, size); ok {
		return h, true
	}
	for level := uint8(1); level <= root.level; level++ {
		n := p[level].l
		for i := p[level].i - 1; i >= 0; i-- {
			if n.gap[i] < size {
				continue
			}
			for n.level > 1 {
				n = n.child[i].Load().inner()
				for i = int(n.n) - 1; n.gap[i] < size; i-- {
				}
			}
			return n.child[i].Load().leaf().holeBelow(n.lead[i], infinity, size)
		}
	}
	return vmm.Range{}, false
}

// holeBelow is Index.holeBelow in one leaf, whose first entry has lead before it.
func (l *leaf) holeBelow(lead, a, size uint64) (vmm.Range, bool) {
	for i := int(l.n) - 1; i >= 0; i-- {
		if l.vma[i] == nil || l.start(i) >= a {
			continue
		}
		end := l.start(i)
		start := l.key[0] - lead
		switch {
		case i > 0 && l.vma[i-1] == nil:
			start = l.end(i - 2)
		case i > 0:
			start = l.end(i - 1)
		}
		if end-start >= size {
			return vmm.Range{Start: vmm.Addr(start), End: vmm.Addr(end)}, true
		}
	}
	return vmm.Range{}, false
}
