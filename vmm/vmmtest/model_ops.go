package vmmtest

import "vmabench/vmm"

// Do performs op and returns its result. saw is what a design answered: where
// the contract leaves a page's presence open, the model believes it. Fork,
// Maps and the life of spaces are the replayer's business.
func (m *Model) Do(op Op, saw error) Result {
	var r Result
	switch op.Kind {
	case Mmap:
		r.Addr, r.Err = m.mmap(op)
	case Munmap:
		r.Err = m.munmap(op.Addr, op.Len)
	case Mprotect:
		r.Err = m.mprotect(op.Addr, op.Len, op.Prot)
	case Mremap:
		r.Addr, r.Err = m.mremap(op)
	case Madvise:
		r.Err = m.madvise(op.Addr, op.Len, op.Advice)
	case Brk:
		r.Addr = m.moveBrk(op.Addr)
	case Fault, FaultKernel:
		r.Err = m.fault(op.Addr, op.Access)
	case Peek:
		r.Err = vmm.EFAULT
		if p, ok := m.pages[op.Addr.Page()]; ok {
			r.Maps, r.Err = []vmm.Mapping{p.mapping(op.Addr.Page(), op.Addr.Page()+1)}, nil
		}
	case UffdMove:
		r.Err = m.uffdMove(op.Addr, op.Addr2, saw)
	}
	return r
}

func (m *Model) mmap(op Op) (vmm.Addr, error) {
	n := vmm.PageAlign(op.Len) >> vmm.PageShift
	start := op.Addr.Page()
	fixed := op.Flags & (vmm.MapFixed | vmm.MapFixedNoReplace)
	down := op.Flags&vmm.MapGrowsDown != 0
	shared := op.Flags&vmm.MapShared != 0
	switch {
	case op.Len == 0, fixed != 0 && !op.Addr.Aligned(), op.File.Off%vmm.PageSize != 0,
		down && (shared || op.File.ID != 0):
		return 0, vmm.EINVAL
	}
	switch {
	case n == 0 || n > endPage:
		return 0, vmm.ENOMEM
	case fixed != 0 && (start < minPage || start > endPage-n):
		return 0, vmm.ENOMEM
	case fixed&vmm.MapFixedNoReplace != 0 && m.mapped(start, start+n):
		return 0, vmm.EEXIST
	case fixed == 0 && (start == 0 || !m.free(start, n)):
		var ok bool
		if start, ok = m.choose(n); !ok {
			return 0, vmm.ENOMEM
		}
	}
	k := kind{prot: op.Prot & protBits, shared: shared, growsDown: down, file: op.File.ID}
	if k.file != 0 {
		k.off = op.File.Off
	}
	m.remove(start, start+n)
	m.set(start, n, k)
	if op.Flags&vmm.MapPopulate != 0 && k.prot != vmm.ProtNone {
		for i := range n {
			m.touch(start+i, !shared && op.Prot&vmm.ProtWrite != 0)
			if k.prot == vmm.ProtExec {
				m.open(start + i)
			}
		}
	}
	return addr(start), nil
}

// touch makes a mapped page present.
func (m *Model) touch(n uint64, write bool) {
	p := m.pages[n]
	p.here = present
	if write {
		p.wrote, p.cow = true, false
	}
	m.pages[n] = p
}

// open leaves it open whether a mapped page is present.
func (m *Model) open(n uint64) {
	p := m.pages[n]
	p.here = maybe
	m.pages[n] = p
}

func (m *Model) munmap(a vmm.Addr, length uint64) error {
	n := vmm.PageAlign(length)
	if !a.Aligned() || n == 0 || a > vmm.TaskSize || n > uint64(vmm.TaskSize-a) {
		return vmm.EINVAL
	}
	m.remove(a.Page(), a.Page()+n>>vmm.PageShift)
	return nil
}

func (m *Model) mprotect(a vmm.Addr, length uint64, prot vmm.Prot) error {
	n := vmm.PageAlign(length)
	switch {
	case !a.Aligned():
		return vmm.EINVAL
	case length == 0:
		return nil
	case n == 0 || uint64(a)+n < uint64(a):
		return vmm.ENOMEM
	case prot&^(protBits|protSem) != 0:
		return vmm.EINVAL
	}
	for i := a.Page(); i < a.Page()+n>>vmm.PageShift; i++ {
		p, ok := m.pages[i]
		if !ok {
			return vmm.ENOMEM
		}
		p.prot = prot & protBits
		m.pages[i] = p
	}
	return nil
}

func (m *Model) mremap(op Op) (vmm.Addr, error) {
	o, n := vmm.PageAlign(op.Len)>>vmm.PageShift, vmm.PageAlign(op.Len2)>>vmm.PageShift
	old, to := op.Addr.Page(), op.Addr2.Page()
	fixed := op.Remap&vmm.RemapFixed != 0
	if !op.Addr.Aligned() || o == 0 || n == 0 || n > endPage || op.Remap&^(vmm.RemapMayMove|vmm.RemapFixed) != 0 {
		return 0, vmm.EINVAL
	}
	// In bytes, as the kernel does: a source that wraps overlaps nothing.
	overlap := op.Addr2 < op.Addr+vmm.Addr(vmm.PageAlign(op.Len)) && op.Addr < op.Addr2+vmm.Addr(vmm.PageAlign(op.Len2))
	if fixed && (op.Remap&vmm.RemapMayMove == 0 || !op.Addr2.Aligned() ||
		to < minPage || n > endPage || to > endPage-n || overlap) {
		return 0, vmm.EINVAL
	}
	v, ok := m.vmaAt(old)
	if !ok || o > v.end-old {
		return 0, vmm.EFAULT
	}
	switch {
	case fixed:
		m.remove(to, to+n)
	case n <= o:
		m.remove(old+n, old+o)
		return op.Addr, nil
	case old+o == v.end && n <= endPage && old <= endPage-n && !m.mapped(v.end, old+n):
		to = old
	case op.Remap&vmm.RemapMayMove == 0:
		return 0, vmm.ENOMEM
	default:
		if to, ok = m.choose(n); !ok {
			return 0, vmm.ENOMEM
		}
	}
	m.move(old, o, to, n)
	return addr(to), nil
}

// move takes o pages at old to n pages at to, which are free or old itself.
func (m *Model) move(old, o, to, n uint64) {
	moved := make([]page, o)
	for i := range moved {
		moved[i] = m.pages[old+uint64(i)]
	}
	m.remove(old, old+o)
	m.set(to, n, moved[0].kind)
	for i := range min(o, n) {
		m.pages[to+i] = moved[i]
	}
}

func (m *Model) madvise(a vmm.Addr, length uint64, advice vmm.Advice) error {
	n := vmm.PageAlign(length)
	switch {
	case !a.Aligned() || n == 0 && length != 0 || uint64(a)+n < uint64(a) || advice > vmm.DontFork:
		return vmm.EINVAL
	case n == 0:
		return nil
	}
	pages := m.within(a.Page(), a.Page()+n>>vmm.PageShift)
	for _, i := range pages {
		p := m.pages[i]
		switch advice {
		case vmm.DontNeed:
			p = page{kind: p.kind}
		case vmm.Free:
			if p.shared || p.file != 0 {
				return vmm.EINVAL
			}
			if p.here == present {
				p.here = maybe
			}
		case vmm.DontFork:
			p.dontFork = true
		}
		m.pages[i] = p
	}
	if uint64(len(pages)) < n>>vmm.PageShift {
		return vmm.ENOMEM
	}
	return nil
}

func (m *Model) moveBrk(a vmm.Addr) vmm.Addr {
	if a < vmm.BrkBase || a > vmm.TaskSize {
		return m.brk
	}
	was, end := vmm.Addr(vmm.PageAlign(uint64(m.brk))).Page(), vmm.Addr(vmm.PageAlign(uint64(a))).Page()
	switch {
	case end < was:
		if !m.mapped(end, was) {
			return m.brk
		}
		m.remove(end, was)
	case end > was:
		if m.mapped(was, end+1) {
			return m.brk
		}
		if _, above := m.around(was); end > endPage || above != nil && end+1 > above.floor() {
			return m.brk
		}
		m.set(was, end-was, kind{prot: vmm.ProtRead | vmm.ProtWrite})
	}
	m.brk = a
	return a
}

func (m *Model) fault(a vmm.Addr, access vmm.Access) error {
	n := a.Page()
	if _, ok := m.pages[n]; !ok {
		if err := m.grow(n); err != nil {
			return err
		}
	}
	if !m.pages[n].prot.Allows(access) {
		return vmm.SEGV_ACCERR
	}
	m.touch(n, access == vmm.AccessWrite && !m.pages[n].shared)
	return nil
}

// grow extends the stack above page n down to it.
func (m *Model) grow(n uint64) error {
	below, stack := m.around(n)
	if n >= endPage || stack == nil || !stack.growsDown {
		return vmm.SEGV_MAPERR
	}
	if n < minPage || (stack.end-n)<<vmm.PageShift > vmm.StackLimit {
		return vmm.ENOMEM
	}
	if below != nil && !below.growsDown && below.prot != vmm.ProtNone && n-below.end < gapPages {
		return vmm.ENOMEM
	}
	m.set(n, stack.start-n, stack.kind)
	return nil
}

func (m *Model) uffdMove(dst, src vmm.Addr, saw error) error {
	if !dst.Aligned() || !src.Aligned() || dst == src {
		return vmm.EINVAL
	}
	d, okd := m.pages[dst.Page()]
	s, oks := m.pages[src.Page()]
	switch {
	case !okd || !oks:
		return vmm.EFAULT
	case d.shared || s.shared || d.file != 0 || s.file != 0 || d.prot != s.prot ||
		s.prot&vmm.ProtWrite == 0:
		return vmm.EINVAL
	case d.here == present || d.here == maybe && saw == vmm.EEXIST:
		return vmm.EEXIST
	case s.here == absent || (s.here == maybe || s.cow) && saw == vmm.EAGAIN:
		return vmm.EAGAIN
	}
	m.pages[dst.Page()] = page{kind: d.kind, here: present, wrote: s.wrote}
	m.pages[src.Page()] = page{kind: s.kind}
	return nil
}

// fork returns the child. Which present pages the child finds present, and
// which remain shared, is open.
func (m *Model) fork() *Model {
	c := NewModel()
	c.brk = m.brk
	for n, p := range m.pages {
		if p.here != absent && !p.shared {
			p.cow = true
			m.pages[n] = p
			if !p.wrote {
				p.here = maybe
			}
		}
		if !p.dontFork {
			c.pages[n] = p
		}
	}
	return c
}
