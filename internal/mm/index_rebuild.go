package mm

import (
	"vmabench/internal/atomic"
	"vmabench/vmm"
)

// What an edit that splits or joins nodes works on: the entries of at most two
// leaves cut short by it, the new one, and a neighbour's; the children of at
// most two inner nodes, up to three new ones, and a neighbour's.
const maxParts = 3*fanout + 3

// item is an entry outside a leaf; holes are not items.
type item struct {
	start, end uint64
	v          *VMA
}

// kid is a child outside an inner node.
type kid struct {
	n    *node
	key  uint64 // where its addresses end; infinity for the last of all
	gap  uint64
	lead uint64
}

// growth is where a run of edits goes: it decides how a full node is split, so
// that mapping upwards or downwards leaves full nodes behind.
type growth uint8

const (
	anywhere growth = iota
	upwards
	downwards
)

// build is the state of one rebuild.
type build struct {
	items  [maxParts]item
	n      int    // items
	at     int    // the item, then the child, that is new
	grow   growth // by the hint of the leaf
	end    uint64 // of the entry before the first item
	kids   [maxParts]kid
	nkids  int
	fresh  [3]kid // the nodes just made
	nfresh int
}

// rebuild does an edit that one leaf cannot hold: it makes new nodes from the
// leaves up to the first inner node where one child replaces one, and
// publishes there.
func (x *Index) rebuild(p *path, top uint8, first, last *leaf, r vmm.Range, v *VMA) {
	var b build
	b.gather(first, last, uint64(r.Start), uint64(r.End), v)
	if top > 0 {
		b.end = first.key[0] - p[1].l.lead[p[1].i]
		n := b.slots(0, b.n)
		if n < minFill && (first != last || n < int(first.n)) || n > fanout && b.grow == anywhere && p[1].roomy() {
			last = b.joinLeaf(&p[1], last)
		}
	}
	upper := p.upper(top)
	end := b.end
	if b.n > 0 {
		end = b.items[b.n-1].end
	}
	b.packLeaves()
	b.carryUp(x, p, top)
	if end != last.last() {
		x.relead(upper, end)
	}
}

// gather collects what the edit of [lo, hi) leaves of two leaves, which may be
// one, and v between.
func (b *build) gather(first, last *leaf, lo, hi uint64, v *VMA) {
	hint := -1
	for i := 0; i < int(first.n) && first.start(i) < lo; i++ {
		if first.vma[i] != nil {
			b.add(first.start(i), min(first.end(i), lo), first.vma[i])
		}
		if i == int(first.hint) {
			hint = b.n - 1
		}
	}
	b.at = b.n
	if v != nil {
		b.add(lo, hi, v)
		switch {
		case first != last || first.hint == noHint:
		case hint == b.at-1:
			b.grow = upwards
		case hint < 0 && first.start(int(first.hint)) == first.startFrom(lo):
			b.grow = downwards
		}
	}
	for i := 0; i < int(last.n); i++ {
		if last.end(i) > hi && last.vma[i] != nil {
			b.add(max(last.start(i), hi), last.end(i), last.vma[i])
		}
	}
}

// startFrom returns where the first VMA of l at or above a starts.
func (l *leaf) startFrom(a uint64) uint64 {
	for i := range int(l.n) {
		if l.vma[i] != nil && l.start(i) >= a {
			return l.start(i)
		}
	}
	return infinity
}

func (b *build) add(start, end uint64, v *VMA) {
	b.items[b.n] = item{start, end, v}
	b.n++
}

// roomy reports whether the neighbour that joinLeaf takes is half empty: to share
// with it what no longer fits one leaf saves a leaf.
func (s *step) roomy() bool {
	return s.j+1 < int(s.r.n) && s.r.child[s.j+1].Load().n <= 3*fanout/5
}

// joinLeaf adds the items of the neighbour after s.j, or of the one before
// s.i, and makes s include it. It returns the last leaf that is replaced.
func (b *build) joinLeaf(s *step, last *leaf) *leaf {
	b.grow = anywhere
	switch {
	case s.j+1 < int(s.r.n):
		s.j++
		last = s.r.child[s.j].Load().leaf()
		b.addLeaf(last)
	case s.i > 0:
		s.i--
		l := s.l.child[s.i].Load().leaf()
		b.end = l.key[0] - s.l.lead[s.i]
		own := b.items
		n := b.n
		b.n = 0
		b.addLeaf(l)
		b.n += copy(b.items[b.n:], own[:n])
	}
	return last
}

func (b *build) addLeaf(l *leaf) {
	for i := range int(l.n) {
		if l.vma[i] != nil {
			b.add(l.start(i), l.end(i), l.vma[i])
		}
	}
}

// slots returns the leaf entries that items [i, j) take.
func (b *build) slots(i, j int) int {
	n := j - i
	for i++; i < j; i++ {
		if b.items[i].start-b.items[i-1].end >= holeLimit {
			n++
		}
	}
	return n
}

// packLeaves makes leaves of the items.
func (b *build) packLeaves() {
	b.nfresh = 0
	all := b.slots(0, b.n)
	if all == 0 {
		return
	}
	if c := split(b.n, b.at, b.grow); all > fanout && c > 0 && b.slots(0, c) <= fanout && b.slots(c, b.n) <= fanout {
		b.leaf(0, c)
		b.leaf(c, b.n)
		return
	}
	b.grow = anywhere
	leaves := (all + fanout - 1) / fanout
	most := (all + leaves - 1) / leaves
	for i := 0; i < b.n; {
		j := i + 1
		for j < b.n && b.slots(i, j+1) <= most {
			j++
		}
		b.leaf(i, j)
		i = j
	}
}

// split returns where to split n parts of which number at is new, or 0 for
// the middle: behind a run that goes on, so that its next part finds room.
func split(n, at int, g growth) int {
	switch g {
	case upwards:
		if at+1 < n && at+1 <= fanout {
			return at + 1
		}
		return at
	case downwards:
		if at > 0 && n-at <= fanout {
			return at
		}
		return at + 1
	}
	return 0
}

// leaf makes one of items [i, j).
func (b *build) leaf(i, j int) {
	l := new(leaf)
	atomic.Kind(l, "index leaf")
	l.hint = noHint
	for k := i; k < j; k++ {
		it := &b.items[k]
		l.add(it.start, it.end, it.v)
		if k == b.at {
			l.hint = l.n - 1
		}
	}
	l.seal()
	if b.nfresh > 0 {
		// The hole between two leaves belongs to where the next edit goes.
		prev := &b.fresh[b.nfresh-1]
		prev.key = l.key[0]
		if b.grow == downwards {
			prev.key = b.end
		}
	}
	lead := l.key[0] - b.end
	b.fresh[b.nfresh] = kid{&l.node, infinity, max(lead, l.longest()), lead}
	b.nfresh++
	b.end = l.last()
}

// carryUp puts the fresh nodes in the place of the children from p's i to its
// j, level by level, and publishes.
func (b *build) carryUp(x *Index, p *path, top uint8) {
	for level := uint8(1); level <= top; level++ {
		s := &p[level]
		if b.nfresh == 1 && s.l == s.r && s.i == s.j {
			s.l.child[s.i].Store(b.fresh[0].n) // pairs with Find
			s.l.lead[s.i] = b.fresh[0].lead
			p.setGap(level, top, b.fresh[0].gap)
			return
		}
		b.collect(s)
		if b.nkids > 0 && b.nkids < minFill && level < top && (s.l != s.r || b.nkids < int(s.l.n)) {
			b.joinInner(&p[level+1])
		}
		b.packInner(level)
	}
	x.root.Store(b.newRoot(top)) // pairs with Find
}

// collect makes the list of children that takes the place of those of s.
func (b *build) collect(s *step) {
	b.nkids = 0
	b.addKids(s.l, 0, s.i)
	b.at = b.nkids
	for i := range b.nfresh {
		b.kids[b.nkids] = b.fresh[i]
		b.nkids++
	}
	if b.nfresh > 0 {
		b.kids[b.nkids-1].key = s.r.upper(s.j)
		if b.grow == upwards {
			b.at = b.nkids - 1
		}
	}
	b.addKids(s.r, s.j+1, int(s.r.n))
}

func (b *build) addKids(p *inner, i, j int) {
	for ; i < j; i++ {
		b.kids[b.nkids] = kid{p.child[i].Load(), p.upper(i), p.gap[i], p.lead[i]}
		b.nkids++
	}
}

// joinInner is joinLeaf for children.
func (b *build) joinInner(s *step) {
	b.grow = anywhere
	switch {
	case s.j+1 < int(s.r.n):
		b.kids[b.nkids-1].key = s.r.upper(s.j)
		s.j++
		n := s.r.child[s.j].Load().inner()
		b.addKids(n, 0, int(n.n))
	case s.i > 0:
		s.i--
		n := s.l.child[s.i].Load().inner()
		own := b.kids
		k := b.nkids
		b.nkids = 0
		b.addKids(n, 0, int(n.n))
		b.kids[b.nkids-1].key = s.l.upper(s.i)
		b.nkids += copy(b.kids[b.nkids:], own[:k])
	}
}

// packInner makes inner nodes of the kids.
func (b *build) packInner(level uint8) {
	b.nfresh = 0
	switch c := split(b.nkids, b.at, b.grow); {
	case b.nkids == 0:
	case b.nkids <= fanout:
		b.inner(level, 0, b.nkids)
	case c > 0 && c <= fanout && b.nkids-c <= fanout:
		b.inner(level, 0, c)
		b.inner(level, c, b.nkids)
	default:
		b.grow = anywhere
		nodes := (b.nkids + fanout - 1) / fanout
		for i := range nodes {
			b.inner(level, i*b.nkids/nodes, (i+1)*b.nkids/nodes)
		}
	}
}

// inner makes one of kids [i, j).
func (b *build) inner(level uint8, i, j int) {
	p := new(inner)
	atomic.Kind(p, "index node")
	p.level, p.n = level, uint8(j-i)
	for k := range p.key {
		p.key[k] = infinity
	}
	for k, c := range b.kids[i:j] {
		p.child[k].Store(c.n)
		p.gap[k], p.lead[k] = c.gap, c.lead
		if i+k+1 < j {
			p.key[k] = c.key
		}
	}
	b.fresh[b.nfresh] = kid{n: &p.node, key: b.kids[j-1].key, gap: p.longest()}
	b.nfresh++
}

// newRoot returns the root above the fresh nodes of level top.
func (b *build) newRoot(top uint8) *node {
	switch b.nfresh {
	case 0:
		return nil
	case 1:
		n := b.fresh[0].n
		for n.level != 0 && n.n == 1 {
			n = n.inner().child[0].Load()
		}
		return n
	}
	b.nkids = copy(b.kids[:], b.fresh[:b.nfresh])
	b.nfresh = 0
	b.inner(top+1, 0, b.nkids)
	return b.fresh[0].n
}
