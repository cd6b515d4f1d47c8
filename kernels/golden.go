package kernels

import (
	"fmt"
	"slices"
	"strings"

	"vmabench/results"
)

// Compare holds rows against golden ones of the same key. It returns what
// differs, a line each, and the kernels that golden has no such rows of, with
// the reason.
func Compare(golden, rows []results.KernelRow) (differ, unknown []string) {
	for i := range rows {
		r := &rows[i]
		if i > 0 && r.SameKey(&rows[i-1]) {
			continue
		}
		have, now := sameKey(golden, r), sameKey(rows, r)
		if len(have) == 0 {
			unknown = append(unknown, nearest(golden, r))
			continue
		}
		differ = append(differ, compareRows(have, now)...)
	}
	return differ, unknown
}

func sameKey(rows []results.KernelRow, r *results.KernelRow) (same []results.KernelRow) {
	for i := range rows {
		if rows[i].SameKey(r) {
			same = append(same, rows[i])
		}
	}
	return same
}

func compareRows(golden, rows []results.KernelRow) (differ []string) {
	find := func(in []results.KernelRow, name string) *results.KernelRow {
		i := slices.IndexFunc(in, func(r results.KernelRow) bool { return r.Name() == name })
		if i < 0 {
			return nil
		}
		return &in[i]
	}
	for i := range golden {
		g := &golden[i]
		r := find(rows, g.Name())
		switch {
		case r == nil:
			differ = append(differ, fmt.Sprintf("%s: %s is gone", g.Get("kernel"), g.Name()))
		case !slices.Equal(g.Values, r.Values) || g.N != r.N:
			differ = append(differ, fmt.Sprintf("%s: %s: %v, was %v", g.Get("kernel"), g.Name(), r.Values, g.Values))
		}
	}
	for i := range rows {
		if r := &rows[i]; find(golden, r.Name()) == nil {
			differ = append(differ, fmt.Sprintf("%s: %s is new", r.Get("kernel"), r.Name()))
		}
	}
	return differ
}

// nearest says why golden has no rows of r's key: what is different in those of
// the same kernel, or that there are none.
func nearest(golden []results.KernelRow, r *results.KernelRow) string {
	for i := range golden {
		g := &golden[i]
		if g.Get("kernel") != r.Get("kernel") {
			continue
		}
		for _, p := range r.Key {
			if was := g.Get(p.Key); was != p.Value {
				return fmt.Sprintf("%s: another %s: %s, was %s", r.Get("kernel"), p.Key, p.Value, was)
			}
		}
	}
	return fmt.Sprintf("%s: not on record", r.Get("kernel"))
}

// Apart compares figures that have ranges with golden ones of the same kernel
// release and name. It returns those whose ranges do not meet, a line each, and
// how many there are in both.
func Apart(golden, rows []results.KernelRow) (apart []string, n int) {
	for i := range rows {
		r := &rows[i]
		for j := range golden {
			g := &golden[j]
			if g.Get("kernel") != r.Get("kernel") || g.Name() != r.Name() {
				continue
			}
			for _, v := range r.Values {
				least, most := limits(v.Unit)
				lo, ok := r.Value(least)
				if !ok {
					continue
				}
				hi, _ := r.Value(most)
				glo, _ := g.Value(least)
				ghi, _ := g.Value(most)
				n++
				if lo > ghi || hi < glo {
					apart = append(apart, fmt.Sprintf("%s: %s: %v to %v %s, was %v to %v", r.Get("kernel"), r.Name(), lo, hi, v.Unit, glo, ghi))
				}
			}
		}
	}
	return apart, n
}

// limits returns the units of the least and the most of a figure's range:
// lines/op has lines-least/op and lines-most/op.
func limits(unit string) (least, most string) {
	i := strings.IndexAny(unit, "-/")
	if i < 0 {
		i = len(unit)
	}
	return unit[:i] + "-least" + unit[i:], unit[:i] + "-most" + unit[i:]
}

// Keep returns golden with its rows of the same kernel packages replaced by these.
func Keep(golden, rows []results.KernelRow) []results.KernelRow {
	kept := slices.DeleteFunc(slices.Clone(golden), func(g results.KernelRow) bool {
		return slices.ContainsFunc(rows, func(r results.KernelRow) bool {
			return r.Get("kernel") == g.Get("kernel") && r.Get("package") == g.Get("package")
		})
	})
	kept = append(kept, rows...)
	slices.SortStableFunc(kept, func(a, b results.KernelRow) int {
		return slices.Compare(numbers(a.Get("kernel")), numbers(b.Get("kernel")))
	})
	return kept
}
