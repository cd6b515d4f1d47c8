package kernels

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"vmabench/results"
)

// Comparison is how rows compare with golden ones.
type Comparison struct {
	// Said has a line for each kernel: what of it was compared, how, and what
	// not.
	Said []string
	// Differ has a line for each figure that is another.
	Differ []string
	// Whole says that everything was compared, exactly.
	Whole bool
}

// Compare holds the rows of each kernel against golden ones of the same
// release, emulated with the same options. Where all else is the same too, every
// figure must be. Another guest program, of another compiler of Go, has other
// mappings beside the measured ones, and so another way through the tree of
// VMAs: sizes must be the same, counts nearly.
func Compare(golden, rows []results.KernelRow) Comparison {
	c := Comparison{Whole: true}
	for i := range rows {
		r := &rows[i]
		if i > 0 && r.SameKey(&rows[i-1]) {
			continue
		}
		was := nearest(golden, r)
		if was == nil {
			c.Whole = false
			c.Said = append(c.Said, r.Get("kernel")+": not on record with these options; nothing was compared")
			continue
		}
		c.kernel(sameKey(golden, was), sameKey(rows, r))
	}
	return c
}

// kernel compares the rows of one.
func (c *Comparison) kernel(golden, rows []results.KernelRow) {
	was, now := &golden[0], &rows[0]
	var t tally
	t.same = was.SameKey(now)
	c.Differ = append(c.Differ, t.rows(golden, rows)...)
	if t.same {
		c.Said = append(c.Said, fmt.Sprintf("%s: the experiment on record; %d figures compared, exactly", now.Get("kernel"), t.exact))
		return
	}
	c.Whole = false
	c.Said = append(c.Said, fmt.Sprintf("%s: %s; %d sizes compared exactly, %d counts within %g %%, %d not (medians, which jump)",
		now.Get("kernel"), other(was, now), t.exact, t.near, 100*nearly, t.left))
}

func sameKey(rows []results.KernelRow, r *results.KernelRow) (same []results.KernelRow) {
	for i := range rows {
		if rows[i].SameKey(r) {
			same = append(same, rows[i])
		}
	}
	return same
}

// nearest returns a golden row of r's experiment; without, one of the same
// kernel and options; nil if there is none.
func nearest(golden []results.KernelRow, r *results.KernelRow) (near *results.KernelRow) {
	for i := range golden {
		g := &golden[i]
		if g.SameKey(r) {
			return g
		}
		same := func(key string) bool { return g.Get(key) == r.Get(key) }
		if same("kernel") && same("options") && same("boot") {
			near = g
		}
	}
	return near
}

// other says in what two experiments with one kernel and its options differ.
func other(was, now *results.KernelRow) string {
	var of []string
	for _, p := range now.Key {
		if was.Get(p.Key) == p.Value {
			continue
		}
		if p.Key == "guest" { // a hash
			of = append(of, "another guest program than on record")
		} else {
			of = append(of, fmt.Sprintf("%s %s, on record %s", p.Key, p.Value, was.Get(p.Key)))
		}
	}
	return strings.Join(of, ", ")
}

// nearly is how far counts may be apart, relatively, where the guest is another.
const nearly = 0.1

// tally counts what was compared.
type tally struct {
	same              bool // the experiments are
	exact, near, left int
}

func (t *tally) rows(golden, rows []results.KernelRow) (differ []string) {
	for i := range golden {
		g := &golden[i]
		r := byName(rows, g.Name())
		if r == nil {
			differ = append(differ, fmt.Sprintf("%s: %s is gone", g.Get("kernel"), g.Name()))
			continue
		}
		for _, was := range g.Values {
			if now, ok := r.Value(was.Unit); !t.equal(was.Unit, was.Value, now) || !ok {
				differ = append(differ, fmt.Sprintf("%s: %s: %v %s, was %v", g.Get("kernel"), g.Name(), now, was.Unit, was.Value))
			}
		}
	}
	for i := range rows {
		if r := &rows[i]; byName(golden, r.Name()) == nil {
			differ = append(differ, fmt.Sprintf("%s: %s is new", r.Get("kernel"), r.Name()))
		}
	}
	return differ
}

func (t *tally) equal(unit string, was, now float64) bool {
	switch {
	case t.same || strings.HasSuffix(unit, "-B") || strings.HasSuffix(unit, "/slab"):
		t.exact++
		return now == was
	case unit == "min-insn" || strings.HasSuffix(unit, "B/vma"):
		t.near++
		return math.Abs(now-was) <= nearly*was
	}
	t.left++
	return true
}

func byName(in []results.KernelRow, name string) *results.KernelRow {
	i := slices.IndexFunc(in, func(r results.KernelRow) bool { return r.Name() == name })
	if i < 0 {
		return nil
	}
	return &in[i]
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
