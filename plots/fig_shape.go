package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"vmabench/results"
)

// figShape sets the response of a real kernel beside that of the design that
// models it: each point is a speed over another speed of the same subject.
func figShape(d *data) []*Figure {
	const id, title = "shape", "The running kernel beside its model"
	shapes := results.Shapes(d.folder)
	var panels []Panel
	var words []string
	table := &Table{Head: []string{"kernel", "model", "what changed", "from, to", "kernel", "model", "model/kernel", "noise"}, Left: 4}
	var notes []string
	for i := range shapes {
		s := &shapes[i]
		if len(s.Points) > 0 {
			panels = append(panels, d.shapePanel(s, table))
			words = append(words, shapeClaim(s))
		}
		within := 0
		for _, x := range s.Points {
			if math.Abs(math.Log(x.Factor)) <= math.Log(x.Noise) {
				within++
			}
		}
		if len(s.Points) > 0 {
			notes = append(notes, fmt.Sprintf("%s: in %d of %s the intervals of the four medians alone could make the gap.", s.Real, within, plural(len(s.Points), "point", "points")))
		}
		for _, z := range s.Sizes {
			notes = append(notes, fmt.Sprintf("%s: %s bytes in %s, %s in %s.", z.Object, sig(z.Real, 4), s.Real, sig(z.Model, 4), s.Model))
		}
	}
	if len(panels) == 0 {
		return missing(id, secBeyond, title, "no running kernel (linux, linux-mmaplock) and its model were measured at two points that can be set in relation")
	}
	ratioRows(panels)
	return []*Figure{{
		ID: id, Section: secBeyond, Title: "Shape, not speed: " + strings.Join(words, "; "),
		Subtitle: "Each mark is a subject's speed over its own speed at another point, so units and clock cancel out. The typical factor is the root mean square of the logarithmic gaps, the worst the largest of them; 1 is the same shape. " +
			"It is not to be expected: a real fault does some hundred times the model's work outside the lock.",
		Panels: panels, Legend: d.legend(panels), Notes: notes, Table: table,
	}}
}

// shapeClaim is how far the responses of a kernel and its model are apart, and
// where they go in opposite directions by more than the intervals explain.
func shapeClaim(s *results.Shape) string {
	far := func(f float64) float64 { return math.Exp(math.Abs(math.Log(f))) }
	worst := &s.Points[0]
	var against []*results.ShapePoint
	for i := range s.Points {
		x := &s.Points[i]
		if far(x.Factor) > far(worst.Factor) {
			worst = x
		}
		if (x.Real-1)*(x.Model-1) < 0 && far(x.Factor) > x.Noise {
			against = append(against, x)
		}
	}
	c := fmt.Sprintf("%s and %s are typically ×%s apart, at worst ×%s (%s)", s.Real, s.Model, sig(s.Distance, 3), sig(far(worst.Factor), 3), worst.At)
	if len(against) > 0 {
		slices.SortStableFunc(against, func(a, b *results.ShapePoint) int { return cmp.Compare(far(b.Factor), far(a.Factor)) })
		var named []string
		for _, x := range against[:min(2, len(against))] {
			named = append(named, fmt.Sprintf("%s (%s, %s)", x.At, times(x.Real), times(x.Model)))
		}
		if more := len(against) - len(named); more > 0 {
			named = append(named, fmt.Sprintf("%d more", more))
		}
		c += ", in opposite directions in " + list(named)
	}
	return c
}

func (d *data) shapePanel(s *results.Shape, table *Table) Panel {
	p := Panel{Title: fmt.Sprintf("%s and %s: ×%s", s.Real, s.Model, sig(s.Distance, 3)), Dots: true,
		X: Axis{Label: "speed over its own"}, Lines: []RefLine{{X: 1}}}
	for _, x := range s.Points {
		p.Rows = append(p.Rows, Row{Heading: x.At})
		for _, v := range []struct {
			name string
			y    float64
		}{{s.Real, x.Real}, {s.Model, x.Model}} {
			p.Rows = append(p.Rows, Row{Label: v.name, Name: v.name, Style: d.style[v.name], Value: v.y, Lo: math.NaN(), Hi: math.NaN(), Text: times(v.y)})
		}
		noise := "too few trials"
		if finite(x.Noise) {
			noise = times(x.Noise)
		}
		table.Rows = append(table.Rows, []string{s.Real, s.Model, x.Axis, x.At, times(x.Real), times(x.Model), times(x.Factor), noise})
	}
	return p
}
