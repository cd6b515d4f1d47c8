package mm

import (
	"fmt"
	"slices"

	"vmabench/vmm"
)

// model is what an Index must be, as dumb as can be: a sorted slice.
type model []entry

type entry struct {
	r vmm.Range
	v *VMA
}

func (m *model) store(r vmm.Range, v *VMA) {
	if r.Start >= r.End {
		return
	}
	var out model
	for _, e := range *m {
		if l := (vmm.Range{Start: e.r.Start, End: min(e.r.End, r.Start)}); l.Start < l.End {
			out = append(out, entry{l, e.v})
		}
		if h := (vmm.Range{Start: max(e.r.Start, r.End), End: e.r.End}); h.Start < h.End {
			out = append(out, entry{h, e.v})
		}
	}
	if v != nil {
		out = append(out, entry{r, v})
	}
	slices.SortFunc(out, func(a, b entry) int {
		if a.r.Start < b.r.Start {
			return -1
		}
		return 1
	})
	*m = out
}

func (m model) find(a vmm.Addr) *VMA {
	for _, e := range m {
		if e.r.Contains(a) {
			return e.v
		}
	}
	return nil
}

func (m model) findFrom(a vmm.Addr) entry {
	for _, e := range m {
		if e.r.End > a {
			return e
		}
	}
	return entry{}
}

func (m model) prev(a vmm.Addr) (p entry) {
	for _, e := range m {
		if e.r.End <= a {
			p = e
		}
	}
	return p
}

func (m model) gap(size uint64, low, high vmm.Addr) (vmm.Addr, bool) {
	for i := len(m); i >= 0; i-- {
		lo, hi := low, high
		if i > 0 {
			lo = max(lo, m[i-1].r.End)
		}
		if i < len(m) {
			hi = min(hi, m[i].r.Start)
		}
		if size > 0 && lo < hi && uint64(hi-lo) >= size {
			return hi - vmm.Addr(size), true
		}
	}
	return 0, false
}

// compare reports the first difference between x and m.
func (m model) compare(x *Index) error {
	if err := x.Check(); err != nil {
		return err
	}
	if x.Len() != len(m) {
		return fmt.Errorf("%d entries, want %d", x.Len(), len(m))
	}
	i := 0
	var err error
	x.All(func(r vmm.Range, v *VMA) bool {
		if m[i] != (entry{r, v}) {
			err = fmt.Errorf("entry %d is %v, want %v", i, r, m[i].r)
		}
		i++
		return err == nil
	})
	return err
}

// probe compares what readers and the gap search say near a.
func (m model) probe(x *Index, a vmm.Addr, size uint64, high vmm.Addr) error {
	if got, want := x.Find(a), m.find(a); got != want {
		return fmt.Errorf("Find(%#x) = %p, want %p", uint64(a), got, want)
	}
	if v, r := x.FindFrom(a); m.findFrom(a) != (entry{r, v}) {
		return fmt.Errorf("FindFrom(%#x) = %v, want %v", uint64(a), r, m.findFrom(a).r)
	}
	if v, r := x.Prev(a); m.prev(a) != (entry{r, v}) {
		return fmt.Errorf("Prev(%#x) = %v, want %v", uint64(a), r, m.prev(a).r)
	}
	got, ok := x.Gap(size, a, high)
	if want, wok := m.gap(size, a, high); got != want || ok != wok {
		return fmt.Errorf("Gap(%#x, %#x, %#x) = %#x %v, want %#x %v",
			size, uint64(a), uint64(high), uint64(got), ok, uint64(want), wok)
	}
	return nil
}
