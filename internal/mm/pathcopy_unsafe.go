package mm

import (
	"unsafe"
	"vmabench/internal/atomic"

	"vmabench/vmm"
)

// plainInner is an inner node not published yet: it is copied as it is, with
// no atomic access, so that the control pays for copying and nothing else.
type plainInner struct {
	node
	key       [fanout - 1]uint64
	_         uint64
	child     [fanout]*node
	_         uint64
	gap, lead [fanout + 1]uint64
}

// StorePathCopy is Store by copying every node from the root to the leaf: the
// control for what replacing the leaf in its parent is worth.
func (x *Index) StorePathCopy(r vmm.Range, v *VMA) {
	root := x.root.Load()
	if root == nil {
		x.Store(r, v)
		return
	}
	var p path
	first, last := p.descend(root, uint64(r.Start), uint64(r.End)-1)
	c := first.cut(uint64(r.Start), uint64(r.End), v)
	if first != last || !c.fits(first, root.level) {
		x.rebuild(&p, root.level, first, last, r, v)
		return
	}
	l := first.edited(&c, uint64(r.Start), uint64(r.End), v)
	n := &l.node
	for level := uint8(1); level <= root.level; level++ {
		s := &p[level]
		up := new(plainInner)
		atomic.Kind((*inner)(unsafe.Pointer(up)), "index node")
		*up = *(*plainInner)(unsafe.Pointer(s.l))
		up.child[s.i] = n
		s.l = (*inner)(unsafe.Pointer(up))
		s.r = s.l
		n = &s.l.node
	}
	if root.level > 0 {
		s := &p[1]
		s.l.lead[s.i] += l.key[0] - first.key[0]
		p.setGap(1, root.level, max(s.l.lead[s.i], l.longest()))
	}
	x.root.Store(n)
	if l.last() != first.last() {
		x.relead(p.upper(root.level), l.last())
	}
}
