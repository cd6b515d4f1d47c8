package trace

import (
	"slices"
	"sort"

	"vmabench/vmm"
)

// space is an address space as a sorted list of mappings: what the calls of a
// trace mean.
type space struct {
	maps []vmm.Mapping
	heap vmm.Addr // its end, rounded up; 0 before the first brk
}

func newSpace(initial []vmm.Mapping) *space { return &space{maps: slices.Clone(initial)} }

// search returns the index of the first mapping that ends above a.
func search(maps []vmm.Mapping, a vmm.Addr) int {
	return sort.Search(len(maps), func(i int) bool { return maps[i].End > a })
}

// after is the part of m from a.
func after(m vmm.Mapping, a vmm.Addr) vmm.Mapping {
	if m.File.ID != 0 {
		m.File.Off += uint64(a - m.Start)
	}
	m.Start = a
	return m
}

// cut makes a the border of two mappings if it lies inside one, and returns the
// index of the first mapping at or above it.
func (s *space) cut(a vmm.Addr) int {
	i := search(s.maps, a)
	if i == len(s.maps) || s.maps[i].Start >= a {
		return i
	}
	s.maps = slices.Insert(s.maps, i+1, after(s.maps[i], a))
	s.maps[i].End = a
	return i + 1
}

// take removes what lies in r and returns it.
func (s *space) take(r vmm.Range) []vmm.Mapping {
	i := s.cut(r.Start)
	j := s.cut(r.End)
	out := slices.Clone(s.maps[i:j])
	s.maps = slices.Delete(s.maps, i, j)
	return out
}

func (s *space) put(m vmm.Mapping) {
	i := s.cut(m.Start)
	s.maps = slices.Insert(s.maps, i, m)
}

// lookup returns the mapping of a.
func (s *space) lookup(a vmm.Addr) (vmm.Mapping, bool) {
	if i := search(s.maps, a); i < len(s.maps) && s.maps[i].Start <= a {
		return s.maps[i], true
	}
	return vmm.Mapping{}, false
}

// lower turns a brk into the mmap or munmap that it is, and returns false for
// what changes and touches nothing.
func (s *space) lower(o Op) (Op, bool) {
	switch {
	case o.Err != "":
		return o, false
	case o.Kind == Madvise:
		_, ok := advice[o.Advice]
		return o, ok
	case o.Kind != Brk:
		return o, true
	}
	end := (o.Addr + vmm.PageSize - 1).Down()
	was := s.heap
	s.heap = end
	switch {
	case was == 0 || was == end:
		return o, false
	case end > was:
		return Op{At: o.At, Thread: o.Thread, Kind: Mmap, Addr: was, Len: uint64(end - was),
			Prot: vmm.ProtRead | vmm.ProtWrite, Flags: vmm.MapFixed}, true
	}
	return Op{At: o.At, Thread: o.Thread, Kind: Munmap, Addr: end, Len: uint64(was - end)}, true
}

// apply performs o.
func (s *space) apply(o *Op) {
	op, ok := s.lower(*o)
	if !ok {
		return
	}
	r := op.Range()
	switch op.Kind {
	case Mmap:
		s.take(r)
		s.put(vmm.Mapping{Range: r, Prot: op.Prot, Shared: op.Flags&vmm.MapShared != 0,
			GrowsDown: op.Flags&vmm.MapGrowsDown != 0, File: op.File})
	case Munmap:
		s.take(r)
	case Mprotect:
		for _, m := range s.take(r) {
			m.Prot = op.Prot
			s.put(m)
		}
	case Mremap:
		s.remap(op, r)
	case Fault, KernelFault:
		s.grow(op.Addr)
	}
}

func (s *space) remap(o Op, to vmm.Range) {
	old := vmm.Range{Start: o.Old, End: o.Old + vmm.Addr(vmm.PageAlign(o.OldLen))}
	m, ok := s.lookup(old.Start)
	if !ok {
		return
	}
	m = after(m, old.Start)
	s.take(old)
	s.take(to)
	m.Range = to
	s.put(m)
}

// grow extends the stack above a down to it.
func (s *space) grow(a vmm.Addr) {
	i := search(s.maps, a)
	if i < len(s.maps) && s.maps[i].Start > a && s.maps[i].GrowsDown && s.maps[i].End-a <= vmm.StackLimit {
		s.maps[i].Start = a.Down()
	}
}

// resolve finds what perf trace leaves open: the file of a mapping, in the last
// mappings, and the address of a fault in a file.
func (s *space) resolve(o *Op, final []vmm.Mapping) {
	switch {
	case o.File.ID == 0 || o.Err != "":
	case o.Kind == Mmap:
		if m, ok := from(final, o.Addr); ok && m.Start == o.Addr && m.File.ID != 0 && m.File.Off == o.File.Off {
			o.File.ID = m.File.ID
		}
	case o.Kind == Fault:
		for _, m := range s.maps {
			if m.File.ID == o.File.ID && o.File.Off >= m.File.Off && o.File.Off-m.File.Off < m.Len() {
				o.Addr = m.Start + vmm.Addr(o.File.Off-m.File.Off)
				break
			}
		}
		o.File = vmm.File{}
	}
}

// settle returns what a call means that says less than it does: the lengths of
// shmat and shmdt, and a mremap that leaves its source, which is a new mapping
// of the same kind and the loss of the source's pages.
func (s *space) settle(o Op, final []vmm.Mapping) []Op {
	here, _ := s.lookup(o.Addr)
	switch {
	case o.Err != "":
	case o.Kind == Mmap && o.Len == 0:
		o.Len = vmm.PageSize
		if m, ok := from(final, o.Addr); ok && m.Start == o.Addr {
			o.Len = m.Len()
		}
	case o.Kind == Munmap && o.Len == 0:
		o.Len = max(vmm.PageSize, here.Len())
	case o.Kind == Mremap && o.Advice == dontUnmap:
		m, _ := s.lookup(o.Old)
		m = after(m, o.Old)
		copied := Op{At: o.At, Thread: o.Thread, Kind: Mmap, Addr: o.Addr, Len: o.Len, Prot: m.Prot, File: m.File}
		if m.Shared {
			copied.Flags = vmm.MapShared
		}
		drop := Op{At: o.At, Thread: o.Thread, Kind: Madvise, Addr: o.Old, Len: o.OldLen, Advice: "MADV_DONTNEED"}
		return []Op{copied, drop}
	}
	return []Op{o}
}
