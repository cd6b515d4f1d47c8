package rangelock

import "vmabench/vmm"

// The nodes are a treap by start: a binary search tree whose shape is that of
// arrivals in random order. Each knows how far its subtree reaches, so that a
// search leaves out what ends before it begins; and how far those for writing
// reach, since readers conflict with no other.

// excludes reports whether n and m may not both be held.
func (n *node) excludes(m *node) bool {
	return (n.write.Get() || m.write.Get()) && n.start.Get() < m.end.Get() && m.start.Get() < n.end.Get()
}

// mayExclude reports whether something in n's subtree may conflict with m, as
// far as the reaches tell.
func (n *node) mayExclude(m *node) bool {
	if n == nil {
		return false
	}
	if m.write.Get() {
		return n.reach.Get() > m.start.Get()
	}
	return n.writeReach.Get() > m.start.Get()
}

// countConflicts returns how many ranges in n's subtree conflict with m, which is
// not in it.
func (n *node) countConflicts(m *node) (k int) {
	for n.mayExclude(m) {
		k += n.left.Get().countConflicts(m)
		if n.start.Get() >= m.end.Get() {
			break
		}
		if n.excludes(m) {
			k++
		}
		n = n.right.Get()
	}
	return k
}

// discount takes m, which left, off the later ranges in n's subtree that it was
// in the way of, and puts those that nothing is in the way of any more before
// chain.
func (n *node) discount(m, chain *node) *node {
	for n.mayExclude(m) {
		chain = n.left.Get().discount(m, chain)
		if n.start.Get() >= m.end.Get() {
			break
		}
		if n.arrival.Get() > m.arrival.Get() && n.excludes(m) {
			k := n.conflicts.Get() - 1
			if n.conflicts.Set(k); k == 0 {
				n.next.Set(chain)
				chain = n
			}
		}
		n = n.right.Get()
	}
	return chain
}

// insert puts n into the tree.
func (l *rangeLock) insert(n *node) {
	n.left.Set(nil)
	n.right.Set(nil)
	n.sum()
	p, at := (*node)(nil), &l.root
	for q := at.Get(); q != nil; q = at.Get() {
		p = q
		q.extend(n.reach.Get(), n.writeReach.Get())
		if at = &q.right; n.start.Get() < q.start.Get() {
			at = &q.left
		}
	}
	at.Set(n)
	n.up.Set(p)
	for ; p != nil && p.priority() < n.priority(); p = n.up.Get() {
		l.rotateUp(n)
	}
}

// remove takes n out of the tree.
func (l *rangeLock) remove(n *node) {
	for n.left.Get() != nil && n.right.Get() != nil {
		c := n.left.Get()
		if r := n.right.Get(); r.priority() > c.priority() {
			c = r
		}
		l.rotateUp(c)
	}
	c := n.left.Get()
	if c == nil {
		c = n.right.Get()
	}
	p := n.up.Get()
	l.replace(p, n, c)
	for ; p != nil && p.sum(); p = p.up.Get() {
	}
}

// replace makes c, which may be nil, p's child in n's place; with p nil, the root.
func (l *rangeLock) replace(p, n, c *node) {
	switch {
	case p == nil:
		l.root.Set(c)
	case p.left.Get() == n:
		p.left.Set(c)
	default:
		p.right.Set(c)
	}
	if c != nil {
		c.up.Set(p)
	}
}

// rotateUp makes n, which has a parent, its parent's parent.
func (l *rangeLock) rotateUp(n *node) {
	p := n.up.Get()
	l.replace(p.up.Get(), p, n)
	var middle *node
	if p.left.Get() == n {
		middle = n.right.Get()
		n.right.Set(p)
		p.left.Set(middle)
	} else {
		middle = n.left.Get()
		n.left.Set(p)
		p.right.Set(middle)
	}
	if middle != nil {
		middle.up.Set(p)
	}
	p.up.Set(n)
	p.sum()
	n.sum()
}

// sum works n's reaches out from its own end and its children's, and reports
// whether they changed.
func (n *node) sum() bool {
	far, w := n.end.Get(), vmm.Addr(0)
	if n.write.Get() {
		w = far
	}
	if c := n.left.Get(); c != nil {
		far, w = max(far, c.reach.Get()), max(w, c.writeReach.Get())
	}
	if c := n.right.Get(); c != nil {
		far, w = max(far, c.reach.Get()), max(w, c.writeReach.Get())
	}
	if far == n.reach.Get() && w == n.writeReach.Get() {
		return false // and its line stays where it is
	}
	n.reach.Set(far)
	n.writeReach.Set(w)
	return true
}

// extend says that something below n reaches that far.
func (n *node) extend(far, w vmm.Addr) {
	if n.reach.Get() < far {
		n.reach.Set(far)
	}
	if n.writeReach.Get() < w {
		n.writeReach.Set(w)
	}
}

// priority is n's place in the heap: its arrival through the finalizer of
// splitmix64 (Steele, Lea, Flood 2014), no two the same.
func (n *node) priority() uint64 {
	z := n.arrival.Get() * 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// each calls f for the nodes of n's subtree, in order of their starts.
func (n *node) each(f func(*node)) {
	if n != nil {
		n.left.Get().each(f)
		f(n)
		n.right.Get().each(f)
	}
}
