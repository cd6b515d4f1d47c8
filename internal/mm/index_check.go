package mm

import (
	"fmt"

	"vmabench/vmm"
)

// All calls f with each entry in address order until it returns false.
// Writers, and others while there is none.
func (x *Index) All(f func(vmm.Range, *VMA) bool) {
	for v, r := x.FindFrom(0); v != nil; v, r = x.FindFrom(r.End) {
		if !f(r, v) {
			return
		}
	}
}

// Len returns the number of entries. Writers, and others while there is none.
func (x *Index) Len() (n int) {
	x.nodes(func(nd *node) {
		if nd.level == 0 {
			for _, v := range nd.leaf().vma {
				if v != nil {
					n++
				}
			}
		}
	})
	return n
}

// Nodes returns the number of nodes. Writers, and others while there is none.
func (x *Index) Nodes() (n int) {
	x.nodes(func(*node) { n++ })
	return n
}

// Bytes returns the size of all nodes. Writers, and others while there is none.
func (x *Index) Bytes() (n int) {
	x.nodes(func(nd *node) {
		if nd.level == 0 {
			n += leafBytes
		} else {
			n += innerBytes
		}
	})
	return n
}

// nodes calls f with each node, parents first.
func (x *Index) nodes(f func(*node)) {
	var walk func(*node)
	walk = func(n *node) {
		f(n)
		if n.level == 0 {
			return
		}
		for i := range int(n.n) {
			walk(n.inner().child[i].Load())
		}
	}
	if n := x.root.Load(); n != nil {
		walk(n)
	}
}

// Check verifies every invariant and describes the first that is broken.
// Writers, and others while there is none.
func (x *Index) Check() error {
	n := x.root.Load()
	if n == nil {
		return nil
	}
	if n.level > 0 && n.n < 2 {
		return fmt.Errorf("index: the root has %d children", n.n)
	}
	c := checker{}
	_, err := c.node(n, n.level, 0, infinity, nil)
	return err
}

// checker walks the tree in address order; end is where the last entry seen ends.
type checker struct{ end uint64 }

// node checks the tree at n, which has the addresses [lo, hi), and returns the
// longest hole before one of its entries.
func (c *checker) node(n *node, level uint8, lo, hi uint64, lead *uint64) (gap uint64, err error) {
	switch {
	case n == nil:
		return 0, fmt.Errorf("index: no node at [%#x,%#x)", lo, hi)
	case n.level != level:
		return 0, fmt.Errorf("index: a node of level %d at [%#x,%#x), want %d", n.level, lo, hi, level)
	case n.n == 0 || n.n > fanout:
		return 0, fmt.Errorf("index: the node at [%#x,%#x) has %d entries", lo, hi, n.n)
	case level == 0:
		return c.leaf(n.leaf(), lo, hi, lead)
	}
	p := n.inner()
	for i := range fanout {
		from, to := lo, hi
		if i > 0 {
			from = p.upper(i - 1)
		}
		if i+1 < int(n.n) {
			to = p.upper(i)
		}
		if i >= int(n.n) {
			if p.child[i].Load() != nil || p.upper(i-1) != infinity {
				return 0, fmt.Errorf("index: child %d of the node at [%#x,%#x) is not in use and not empty", i, lo, hi)
			}
			continue
		}
		if from >= to || to > hi || to != hi && to&pageMask != 0 {
			return 0, fmt.Errorf("index: child %d of the node at [%#x,%#x) has [%#x,%#x)", i, lo, hi, from, to)
		}
		var childLead *uint64
		if level == 1 {
			childLead = &p.lead[i]
		}
		g, err := c.node(p.child[i].Load(), level-1, from, to, childLead)
		if err != nil {
			return 0, err
		}
		if g != p.gap[i] {
			return 0, fmt.Errorf("index: child %d at [%#x,%#x) has gap %#x, want %#x", i, from, to, p.gap[i], g)
		}
		gap = max(gap, g)
	}
	return gap, nil
}

// leaf checks one leaf; lead is what the parent says of its first hole.
func (c *checker) leaf(l *leaf, lo, hi uint64, lead *uint64) (gap uint64, err error) {
	if l.key[0]&pageMask != 0 || l.key[0] < lo {
		return 0, fmt.Errorf("index: the leaf at [%#x,%#x) starts at %#x", lo, hi, l.key[0])
	}
	if lead != nil && *lead != l.key[0]-c.end {
		return 0, fmt.Errorf("index: the leaf at [%#x,%#x) has lead %#x, want %#x", lo, hi, *lead, l.key[0]-c.end)
	}
	for i := range fanout {
		start, end := l.start(i), l.end(i)
		switch {
		case i >= int(l.n):
			if l.key[i+1] != infinity || l.vma[i] != nil {
				return 0, fmt.Errorf("index: entry %d of the leaf at [%#x,%#x) is not in use and not empty", i, lo, hi)
			}
		case start < c.end || start >= end || end > hi:
			return 0, fmt.Errorf("index: entry [%#x,%#x) after %#x in the leaf at [%#x,%#x)", start, end, c.end, lo, hi)
		case l.vma[i] == nil:
			if i == 0 || i == int(l.n)-1 || end-start < holeLimit || start != l.end(i-1) || l.vma[i+1] == nil || l.start(i+1) != end {
				return 0, fmt.Errorf("index: a hole at [%#x,%#x) that needs no entry", start, end)
			}
		default:
			gap = max(gap, start-c.end)
			c.end = end
		}
	}
	return gap, nil
}
