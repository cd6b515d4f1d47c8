package mm

import (
	"vmabench/internal/atomic"
	"vmabench/vmm"
)

// step is one inner node of a writer's way down and the children it goes on
// to: l's child i, for the first address of the edit, and r's child j, for the
// last. l is r from the root to where the two ways part.
type step struct {
	l, r *inner
	i, j int
}

// path is a writer's way down, by level; path[0] is not used.
type path [maxDepth]step

// Store makes v the entry of r, or clears r if v is nil (mas_store): what else
// lay in r is overwritten, an entry that reaches into r is trimmed, one that
// reaches across it stays on both sides. Writers only; r is page-aligned.
//
// It becomes visible by one store: a reader finds all of it or nothing. It
// allocates one leaf, more only where nodes are split or joined.
func (x *Index) Store(r vmm.Range, v *VMA) {
	if r.Start >= r.End {
		return
	}
	root := x.root.Load()
	if root == nil {
		if v != nil {
			l := new(leaf)
			atomic.Kind(l, "index leaf")
			l.add(uint64(r.Start), uint64(r.End), v)
			l.seal()
			x.root.Store(&l.node) // pairs with Find
		}
		return
	}
	var p path
	first, last := p.descend(root, uint64(r.Start), uint64(r.End)-1)
	if first == last {
		if c := first.cut(uint64(r.Start), uint64(r.End), v); c.fits(first, root.level) {
			x.replace(&p, root.level, first, first.edited(&c, uint64(r.Start), uint64(r.End), v))
			return
		}
	}
	x.rebuild(&p, root.level, first, last, r, v)
}

// descend fills p and returns the leaves of the addresses from and to.
func (p *path) descend(root *node, from, to uint64) (first, last *leaf) {
	l, r := root, root
	for l.level != 0 {
		s := &p[l.level]
		s.l, s.r = l.inner(), r.inner()
		s.i = s.l.find(from)
		if l == r && to < s.l.upper(s.i) {
			s.j = s.i
			l = s.l.child[s.i].Load()
			r = l
			continue
		}
		s.j = s.r.find(to)
		l, r = s.l.child[s.i].Load(), s.r.child[s.j].Load()
	}
	return l.leaf(), r.leaf()
}

// upper returns where the addresses of child i end, infinity for the last.
func (p *inner) upper(i int) uint64 {
	if i < len(p.key) {
		return p.key[i]
	}
	return infinity
}

// cut says what an edit of one leaf leaves of it.
type cut struct {
	pre   int    // entries [0, pre) stay as they are
	trim  bool   // entry mid stays up to the edited range
	mid   int    // the first entry that ends above the range's start
	post  int    // entries [post, n) stay; post may lose its front
	start uint64 // where entry post starts then
	n     int    // entries of the new leaf
}

// cut plans the edit of [lo, hi).
func (l *leaf) cut(lo, hi uint64, v *VMA) (c cut) {
	n := int(l.n)
	c.mid = l.find(lo)
	c.pre = c.mid
	for c.post = c.mid; c.post < n && l.end(c.post) <= hi; c.post++ {
	}
	if c.post < n && l.vma[c.post] == nil {
		c.post++
	}
	c.trim = c.mid < n && l.vma[c.mid] != nil && l.start(c.mid) < lo
	if !c.trim && c.pre > 0 && l.vma[c.pre-1] == nil {
		c.pre-- // a long hole: measured anew
	}
	end := lo // of what lies before the range
	if !c.trim && c.pre > 0 {
		end = l.end(c.pre - 1)
	}
	c.n = c.pre + n - c.post
	if c.trim {
		c.n++
	}
	before := c.n > n-c.post // something lies before the range
	if c.post < n {
		c.start = max(l.start(c.post), hi)
	}
	if v != nil {
		if before && lo-end >= holeLimit {
			c.n++
		}
		c.n++
		before, end = true, hi
	}
	if before && c.post < n && c.start-end >= holeLimit {
		c.n++
	}
	return c
}

// fits reports whether one leaf in the place of old can hold the outcome.
func (c *cut) fits(old *leaf, level uint8) bool {
	if c.n > fanout || c.n == 0 {
		return false
	}
	return level == 0 || c.n >= minFill || c.n >= int(old.n)
}

// edited returns the new leaf that c plans. It begins as a copy of the old one:
// 256 bytes at once cost less than the parts that stay.
func (l *leaf) edited(c *cut, lo, hi uint64, v *VMA) *leaf {
	e := new(leaf)
	atomic.Kind(e, "index leaf")
	*e = *l
	e.n, e.hint = uint8(c.pre), noHint
	if c.trim {
		e.add(l.start(c.mid), lo, l.vma[c.mid])
	}
	if v != nil {
		e.add(lo, hi, v)
		e.hint = e.n - 1
	}
	if c.post < int(l.n) {
		e.add(c.start, l.end(c.post), l.vma[c.post])
		from := c.post + 1
		to := int(e.n)
		if to != from {
			for i, v := range l.vma[from:l.n] { // a few: less than two calls
				e.key[to+i+1], e.vma[to+i] = l.key[from+i+1], v
			}
		}
		e.n += l.n - uint8(from)
	}
	e.seal()
	return e
}

// add appends an entry, and one for the hole before it if that is long.
func (l *leaf) add(start, end uint64, v *VMA) {
	var hole uint64
	if l.n == 0 {
		l.key[0] = start
	} else if hole = start - l.last(); hole >= holeLimit {
		l.vma[l.n] = nil
		l.n++
		l.key[l.n] = start
		hole = 0
	}
	l.vma[l.n] = v
	l.n++
	l.key[l.n] = end | hole>>vmm.PageShift
}

// seal ends the making of a leaf.
func (l *leaf) seal() {
	for i := int(l.n); i < len(l.vma); i++ {
		l.key[i+1], l.vma[i] = infinity, nil
	}
}

// replace publishes l in the place of old, the leaf at the end of p.
func (x *Index) replace(p *path, top uint8, old, l *leaf) {
	if top == 0 {
		x.root.Store(&l.node) // pairs with Find
		return
	}
	s := &p[1]
	s.l.child[s.i].Store(&l.node) // pairs with Find
	s.l.lead[s.i] += l.key[0] - old.key[0]
	p.setGap(1, top, max(s.l.lead[s.i], l.longest()))
	if l.last() != old.last() {
		x.relead(p.upper(top), l.last())
	}
}
