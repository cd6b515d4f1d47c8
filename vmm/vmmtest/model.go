package vmmtest

import (
	"maps"
	"slices"

	"vmabench/vmm"
)

// Model is what an address space must do, said as plainly as can be: a map
// from page number to what is mapped there. It is the oracle of every
// sequential check and, behind a lock, the Dumb design.
//
// It knows no VMAs. Which neighbouring pages share a VMA is not decided by
// what can be seen (Linux also compares anon_vma and page offsets), so Maps is
// compared after neighbours of one kind were merged, and Adopt tells the model
// where the design really has a boundary: Mremap and stack growth depend on it.
type Model struct {
	pages map[uint64]page
	cuts  map[uint64]bool // a VMA begins here although the page before is alike
	brk   vmm.Addr
}

// page is one mapped page: its kind, and what the page table has there.
type page struct {
	kind
	here  presence
	wrote bool // a write fault made it: fork must copy the entry
	cow   bool // fork may have shared it
}

// kind is what two pages have in common that one VMA may cover.
type kind struct {
	prot      vmm.Prot
	shared    bool
	growsDown bool
	dontFork  bool
	file      uint32
	off       uint64 // of this page in the file; 0 for anonymous memory
}

// presence of a page in the page table. Maybe is what Free and fork leave.
type presence uint8

const (
	absent presence = iota
	present
	maybe
)

// NewModel returns an empty address space.
func NewModel() *Model {
	return &Model{pages: map[uint64]page{}, cuts: map[uint64]bool{}, brk: vmm.BrkBase}
}

// Clone returns a copy.
func (m *Model) Clone() *Model {
	return &Model{maps.Clone(m.pages), maps.Clone(m.cuts), m.brk}
}

// mayFollow reports whether a page of kind k and, above it, one of kind n can
// lie in one VMA.
func (k kind) mayFollow(n kind) bool {
	if k.file != 0 {
		k.off += vmm.PageSize
	}
	return k == n
}

// run is a maximal range of pages that one VMA may cover.
type run struct {
	start, end uint64 // page numbers
	kind              // of the first page
}

// runs returns the mapped ranges in address order; with cuts, also broken
// where the design was seen to have a boundary.
func (m *Model) runs(cuts bool) []run {
	var rs []run
	for _, n := range slices.Sorted(maps.Keys(m.pages)) {
		if i := len(rs) - 1; i >= 0 && rs[i].end == n && !(cuts && m.cuts[n]) &&
			m.pages[n-1].mayFollow(m.pages[n].kind) {
			rs[i].end++
			continue
		}
		rs = append(rs, run{n, n + 1, m.pages[n].kind})
	}
	return rs
}

// Maps returns the mappings with all neighbours of one kind merged.
func (m *Model) Maps() []vmm.Mapping {
	var out []vmm.Mapping
	for _, r := range m.runs(false) {
		out = append(out, r.mapping(r.start, r.end))
	}
	return out
}

// mapping is pages of the kind, from start to end.
func (k kind) mapping(start, end uint64) vmm.Mapping {
	return vmm.Mapping{
		Range: vmm.Range{Start: addr(start), End: addr(end)},
		Prot:  k.prot, Shared: k.shared, GrowsDown: k.growsDown, DontFork: k.dontFork,
		File: vmm.File{ID: k.file, Off: k.off},
	}
}

// Canonical merges neighbours of one kind, as Model.Maps does.
func Canonical(in []vmm.Mapping) []vmm.Mapping {
	var out []vmm.Mapping
	for _, x := range in {
		if i := len(out) - 1; i >= 0 && out[i].End == x.Start && joins(out[i], x) {
			out[i].End = x.End
			continue
		}
		out = append(out, x)
	}
	return out
}

// joins reports whether b, which follows a, is of a's kind.
func joins(a, b vmm.Mapping) bool {
	if a.File.ID != 0 {
		a.File.Off += a.Len()
	}
	a.Range = b.Range
	return a == b
}

// Adopt records the VMA boundaries of a design's Maps.
func (m *Model) Adopt(raw []vmm.Mapping) {
	clear(m.cuts)
	for _, x := range raw {
		m.cuts[x.Start.Page()] = true
	}
}

func addr(pageNo uint64) vmm.Addr { return vmm.Addr(pageNo << vmm.PageShift) }

// vmaAt returns the VMA of page n, as far as the model can know it.
func (m *Model) vmaAt(n uint64) (run, bool) {
	for _, r := range m.runs(true) {
		if r.start <= n && n < r.end {
			return r, true
		}
	}
	return run{}, false
}

// around returns the nearest VMAs that end at or below page n and start above
// it; page n itself is not mapped.
func (m *Model) around(n uint64) (below, above *run) {
	for _, r := range m.runs(true) {
		if r.end <= n {
			below = &r
		} else if above == nil && r.start > n {
			above = &r
		}
	}
	return below, above
}

// mapped reports whether any page of [start, end) is.
func (m *Model) mapped(start, end uint64) bool {
	if end-start < uint64(len(m.pages)) {
		for n := start; n < end; n++ {
			if _, ok := m.pages[n]; ok {
				return true
			}
		}
		return false
	}
	for n := range m.pages {
		if start <= n && n < end {
			return true
		}
	}
	return false
}

// within returns the mapped pages of [start, end) in order.
func (m *Model) within(start, end uint64) []uint64 {
	var ns []uint64
	for n := range m.pages {
		if start <= n && n < end {
			ns = append(ns, n)
		}
	}
	slices.Sort(ns)
	return ns
}

const (
	minPage  = uint64(vmm.MmapMinAddr >> vmm.PageShift)
	basePage = uint64(vmm.MmapBase >> vmm.PageShift)
	endPage  = uint64(vmm.TaskSize >> vmm.PageShift)
	gapPages = uint64(vmm.StackGuardGap >> vmm.PageShift)

	protBits = vmm.ProtRead | vmm.ProtWrite | vmm.ProtExec
	protSem  = vmm.Prot(1 << 3) // PROT_SEM
)

// floor is the first page that must stay free below r: its guard gap.
func (r run) floor() uint64 {
	if !r.growsDown {
		return r.start
	}
	return r.start - min(r.start, gapPages)
}

// free reports whether n pages at start are unmapped and no guard gap.
func (m *Model) free(start, n uint64) bool {
	if start < minPage || n > endPage || start > endPage-n || m.mapped(start, start+n) {
		return false
	}
	_, above := m.around(start)
	return above == nil || start+n <= above.floor()
}

// choose returns the highest free range of n pages below MmapBase. Where the
// guard gap of the mapping above is in the way, the search goes on below the
// gap, even if it ends inside another mapping: so does Linux.
func (m *Model) choose(n uint64) (start uint64, ok bool) {
	for high := basePage; ; {
		start, ok = m.hole(n, high)
		if !ok {
			return 0, false
		}
		_, above := m.around(start)
		if above == nil || start+n <= above.floor() {
			return start, true
		}
		high = above.floor()
	}
}

// hole returns the highest unmapped range of n pages below high.
func (m *Model) hole(n, high uint64) (start uint64, ok bool) {
	rs := m.runs(false)
	for i := len(rs) - 1; i >= -1; i-- {
		low := minPage
		if i >= 0 {
			low = max(low, rs[i].end)
		}
		if high >= low && high-low >= n {
			return high - n, true
		}
		if i >= 0 {
			high = min(high, rs[i].start)
		}
	}
	return 0, false
}

// set maps n pages of kind k at start, over what is there.
func (m *Model) set(start, n uint64, k kind) {
	for i := range n {
		m.pages[start+i] = page{kind: k}
		if k.file != 0 {
			k.off += vmm.PageSize
		}
	}
}

// remove unmaps [start, end).
func (m *Model) remove(start, end uint64) {
	for _, n := range m.within(start, end) {
		delete(m.pages, n)
	}
}
