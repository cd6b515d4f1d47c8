//go:build linux

package linux

import "vmabench/vmm"

// touched remembers which pages a task has touched, by blocks of 512 pages, in
// a table in which a block may take another's place.
type touched struct {
	blocks [256]block
}

// block is 512 pages from base; a set bit is a page that was touched.
type block struct {
	base vmm.Addr
	bits [8]uint64
	low  uint16 // pages from low to high were touched
	high uint16
	any  bool
}

const blockSize = 512 * vmm.PageSize

func (s *touched) slot(base vmm.Addr) *block {
	return &s.blocks[uint64(base)/blockSize*0x9E3779B97F4A7C15>>56]
}

// touch notes a touch of the page at a and returns the range that must be
// dropped first; it is empty if the page was not touched before.
func (s *touched) touch(a vmm.Addr) (drop vmm.Range) {
	base := a &^ (blockSize - 1)
	b := s.slot(base)
	page := uint16(uint64(a-base) >> vmm.PageShift)
	if b.base != base || !b.any {
		drop = b.used()
		*b = block{base: base}
	} else if b.bits[page>>6]&(1<<(page&63)) != 0 {
		drop = b.used()
		*b = block{base: base}
	}
	b.bits[page>>6] |= 1 << (page & 63)
	if !b.any {
		b.low, b.high, b.any = page, page, true
	}
	b.low, b.high = min(b.low, page), max(b.high, page)
	return drop
}

// used is the range that holds every touched page of the block.
func (b *block) used() vmm.Range {
	if !b.any {
		return vmm.Range{}
	}
	return vmm.Range{
		Start: b.base + vmm.Addr(b.low)<<vmm.PageShift,
		End:   b.base + vmm.Addr(b.high+1)<<vmm.PageShift,
	}
}

// forget notes that the pages of r are absent. Few blocks are looked at: an
// entry that stays costs one drop too many.
func (s *touched) forget(r vmm.Range) {
	if r.Len() > 64*blockSize {
		*s = touched{}
		return
	}
	for base := r.Start &^ (blockSize - 1); base < r.End; base += blockSize {
		if b := s.slot(base); b.base == base {
			*b = block{}
		}
	}
}
