package mm

import (
	"fmt"
	"slices"

	"vmabench/internal/atomic"
	"vmabench/vmm"
)

type indexEntry struct {
	vmm.Range
	v *VMA
}

// Index maps addresses to VMAs: the maple tree's role.
type Index struct {
	root atomic.Pointer[[]indexEntry]
}

func (x *Index) entries() []indexEntry {
	if p := x.root.Load(); p != nil {
		return *p
	}
	return nil
}

// Find returns the VMA that covers a, or nil.
func (x *Index) Find(a vmm.Addr) *VMA {
	if v, r := x.FindFrom(a); v != nil && r.Start <= a {
		return v
	}
	return nil
}

// FindFrom returns the first entry that ends above a, and its range as the
// index has it; nil if there is none.
func (x *Index) FindFrom(a vmm.Addr) (*VMA, vmm.Range) {
	for _, e := range x.entries() {
		if e.End > a {
			return e.v, e.Range
		}
	}
	return nil, vmm.Range{}
}

// Prev returns the last entry that ends at or below a. Writers only.
func (x *Index) Prev(a vmm.Addr) (v *VMA, r vmm.Range) {
	for _, e := range x.entries() {
		if e.End <= a {
			v, r = e.v, e.Range
		}
	}
	return v, r
}

// Store makes v the entry of r, or clears r if v is nil; what else lay in r is
// overwritten, entries that reach into r are trimmed. Writers only.
func (x *Index) Store(r vmm.Range, v *VMA) {
	var out []indexEntry
	for _, e := range x.entries() {
		if l := (vmm.Range{Start: e.Start, End: min(e.End, r.Start)}); l.Start < l.End {
			out = append(out, indexEntry{l, e.v})
		}
		if h := (vmm.Range{Start: max(e.Start, r.End), End: e.End}); h.Start < h.End {
			out = append(out, indexEntry{h, e.v})
		}
	}
	if v != nil {
		out = append(out, indexEntry{r, v})
	}
	slices.SortFunc(out, func(a, b indexEntry) int {
		if a.Start < b.Start {
			return -1
		}
		return 1
	})
	x.root.Store(&out)
}

// Gap returns the topmost free range of size bytes in [low, high).
func (x *Index) Gap(size uint64, low, high vmm.Addr) (vmm.Addr, bool) {
	es := x.entries()
	for i := len(es); i >= 0; i-- {
		lo, hi := low, high
		if i > 0 {
			lo = max(lo, es[i-1].End)
		}
		if i < len(es) {
			hi = min(hi, es[i].Start)
		}
		if lo < hi && uint64(hi-lo) >= size {
			return hi - vmm.Addr(size), true
		}
	}
	return 0, false
}

// Len returns the number of entries. Quiescent callers, as all below.
func (x *Index) Len() int { return len(x.entries()) }

// Nodes returns the number of nodes.
func (x *Index) Nodes() int { return 1 }

// Bytes returns what the nodes cost.
func (x *Index) Bytes() int { return 24 * x.Len() }

// All calls f with each entry in address order until it returns false.
func (x *Index) All(f func(vmm.Range, *VMA) bool) {
	for _, e := range x.entries() {
		if !f(e.Range, e.v) {
			return
		}
	}
}

// Check verifies the invariants and describes the first that is broken.
func (x *Index) Check() error {
	var end vmm.Addr
	for _, e := range x.entries() {
		if e.Start < end || e.Start >= e.End || e.v == nil {
			return fmt.Errorf("index: bad entry %v", e.Range)
		}
		end = e.End
	}
	return nil
}
