package results

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Shape compares how a real kernel responds with how the design that models
// it does. Not their speeds: each figure is a speed over another of the same
// subject, so that units and clock cancel out. What does not: a real operation does
// far more beside its lock than the model's.
type Shape struct {
	Real, Model string
	Points      []ShapePoint
	// Distance is the typical factor between the two: the root mean square of
	// the points' logarithms as a factor, 1 for equal shapes. NaN without points.
	Distance float64
	Sizes    []ShapeSize
}

// ShapePoint is one response of both.
type ShapePoint struct {
	Axis string // what is changed: "GOMAXPROCS"
	At   string // "hotvma: 2 over 1"
	Real, Model,
	Factor float64 // Model over Real
	Noise float64 // the factor by which the four intervals alone could move it; +Inf with too few repetitions
}

// ShapeSize is the bytes of an object in both, or of the index by VMA.
type ShapeSize struct {
	Object      string
	Real, Model float64
}

// axes are the responses beside GOMAXPROCS: a workload and what it is taken
// against, the first of them that was run.
var axes = []struct {
	axis, workload string
	against        []string
}{
	{"share of mappers", "mixed/write=0.1", []string{"mixed/write=0"}},
	{"share of mappers", "mixed/write=1", []string{"mixed/write=0"}},
	{"share of mappers", "mixed/write=10", []string{"mixed/write=0"}},
	{"share of mappers", "mixed/write=50", []string{"mixed/write=0"}},
	{"one hot VMA", "hotvma", []string{"ownvma", "pft"}},
	{"fork", "fork-storm", []string{"ownvma", "pft"}},
	{"scanner", "maps-scan", []string{"mixed/write=10", "mixed/write=0"}},
}

// Shapes returns a shape for each real kernel of the run whose model was run
// too. Points with more workers than CPUs are left out.
func Shapes(f *Folder) (out []Shape) {
	cells := map[shapeKey]*Cell{}
	var keys []shapeKey
	all := f.Cells()
	for _, c := range all {
		if c.Kind == Throughput && c.Ranked() {
			k := keyOf(c)
			cells[k] = c
			keys = append(keys, k)
		}
	}
	for _, d := range f.Run.Designs {
		model := f.design(d.Model)
		if !d.Real || model == nil {
			continue
		}
		s := Shape{Real: d.Name, Model: d.Model, Sizes: append(sizes(&d, model), indexes(all, d.Name, d.Model)...)}
		for _, k := range keys {
			if k.variant == d.Name {
				s.compare(cells, k)
			}
		}
		s.Distance = distance(s.Points)
		out = append(out, s)
	}
	return out
}

// shapeKey names a throughput cell.
type shapeKey struct {
	variant, family, rest string
	procs                 int
}

func keyOf(c *Cell) shapeKey {
	k := shapeKey{variant: c.Variant, family: c.family, procs: c.Procs}
	for _, p := range c.Params {
		switch p.Key {
		case "vmas", "layout", "page", "protocol":
			k.rest += "/" + p.Key + "=" + p.Value
		}
	}
	return k
}

func (f *Folder) design(name string) *DesignInfo {
	for i := range f.Run.Designs {
		if d := &f.Run.Designs[i]; d.Name == name {
			return d
		}
	}
	return nil
}

// compare adds the responses that end at k.
func (s *Shape) compare(cells map[shapeKey]*Cell, k shapeKey) {
	one := k
	for one.procs = 1; one.procs < k.procs; one.procs++ {
		if cells[one] != nil {
			s.add(cells, "GOMAXPROCS", fmt.Sprintf("%s: %d over %d", k.family, k.procs, one.procs), k, one)
			break
		}
	}
	for _, a := range axes {
		if a.workload != k.family {
			continue
		}
		for _, name := range a.against {
			base := k
			base.family = name
			if cells[base] != nil {
				s.add(cells, a.axis, fmt.Sprintf("%s over %s, %d", k.family, name, k.procs), k, base)
				break
			}
		}
	}
}

// add adds a point, if the model has it too.
func (s *Shape) add(cells map[shapeKey]*Cell, axis, at string, k, base shapeKey) {
	mk, mbase := k, base
	mk.variant, mbase.variant = s.Model, s.Model
	if cells[mk] == nil || cells[mbase] == nil {
		return
	}
	real, n1 := response(cells[k], cells[base])
	model, n2 := response(cells[mk], cells[mbase])
	if math.IsNaN(real) || math.IsNaN(model) {
		return
	}
	s.Points = append(s.Points, ShapePoint{Axis: axis, At: at, Real: real, Model: model, Factor: model / real, Noise: n1 * n2})
}

// response is the speed of c over that of base, and the factor by which their
// intervals could move it.
func response(c, base *Cell) (ratio, noise float64) {
	a, b := c.Summarize("ns/op"), base.Summarize("ns/op")
	noise = math.Inf(1)
	if a.Bounded() && b.Bounded() && a.Lo > 0 && b.Lo > 0 {
		noise = max(a.Hi/a.Median, a.Median/a.Lo) * max(b.Hi/b.Median, b.Median/b.Lo)
	}
	return b.Median / a.Median, noise
}

func distance(ps []ShapePoint) float64 {
	sum := 0.0
	for i := range ps {
		l := math.Log(ps[i].Factor)
		sum += l * l
	}
	return math.Exp(math.Sqrt(sum / float64(len(ps))))
}

// sizes pairs the objects of the kernel's slabs with the model's structs: its
// VMA is the first, its separate lock, if it has one, the second.
func sizes(real, model *DesignInfo) (out []ShapeSize) {
	for _, o := range real.Slab {
		i := slices.Index([]string{"vm_area_struct", "vma_lock"}, o.Name)
		if i >= 0 && i < len(model.Layout) {
			out = append(out, ShapeSize{Object: o.Name, Real: float64(o.Size), Model: float64(model.Layout[i].Size)})
		}
	}
	return out
}

// IndexPerVMA is the ShapeSize of the tree of VMAs: of maple nodes in the kernel.
const IndexPerVMA = "index by VMA"

// indexes pairs the bytes of the kernel's tree of VMAs with the model's, where
// both were asked with as many VMAs.
func indexes(cells []*Cell, real, model string) (out []ShapeSize) {
	of := func(variant, rest string) float64 {
		for _, c := range cells {
			if c.Kind == Footprint && c.Variant == variant && keyOf(c).rest == rest {
				return c.Summarize("index-B/vma").Median
			}
		}
		return 0
	}
	for _, c := range cells {
		if c.Kind != Footprint || c.Variant != real {
			continue
		}
		rest := keyOf(c).rest
		if r, m := of(real, rest), of(model, rest); r > 0 && m > 0 {
			out = append(out, ShapeSize{Object: IndexPerVMA, Real: r, Model: m})
		}
	}
	return out
}

// ShapeTables returns a table for each shape.
func ShapeTables(shapes []Shape) (out []Table) {
	for i := range shapes {
		s := &shapes[i]
		if len(s.Points)+len(s.Sizes) == 0 {
			continue
		}
		t := Table{Title: fmt.Sprintf("shape, not speed: %s and its model %s, each over itself", s.Real, s.Model),
			Head: []string{"", s.Real, s.Model, "model/real", "noise"}}
		for _, p := range s.Points {
			noise := "?"
			if !math.IsInf(p.Noise, 0) {
				noise = fmt.Sprintf("×%.2f", p.Noise)
			}
			t.Rows = append(t.Rows, []string{p.Axis + ", " + p.At, fmt.Sprintf("%.3f", p.Real), fmt.Sprintf("%.3f", p.Model), fmt.Sprintf("×%.2f", p.Factor), noise})
		}
		for _, z := range s.Sizes {
			counted := "exact"
			if z.Object == IndexPerVMA {
				counted = "of the whole machine"
			}
			t.Rows = append(t.Rows, []string{"bytes of " + strings.ReplaceAll(z.Object, "_", " "), fmt.Sprintf("%.4g", z.Real), fmt.Sprintf("%.4g", z.Model),
				fmt.Sprintf("×%.2f", z.Model/z.Real), counted})
		}
		if len(s.Points) > 0 {
			t.Notes = append(t.Notes, fmt.Sprintf("distance ×%.2f over %d points: the typical factor between the two responses", s.Distance, len(s.Points)))
		}
		t.Notes = append(t.Notes, "a real fault does some 100 times the model's work outside the lock, and a real fork copies the whole Go process: a distance of 1 is not to be expected")
		out = append(out, t)
	}
	return out
}
