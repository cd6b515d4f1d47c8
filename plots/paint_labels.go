package plots

import (
	"math"
	"slices"
)

// paintLabels writes each line's name at its end, apart from each other.
func (p *Panel) paintLabels(c canvas, f frame) {
	type end struct {
		s  *Series
		at pt
	}
	var ends []end
	for i := range p.Series {
		s := &p.Series[i]
		if s.Label == "" {
			continue
		}
		for j := len(s.X) - 1; j >= 0; j-- {
			if finite(s.Y[j]) && finite(f.y(s.Y[j])) {
				ends = append(ends, end{s, pt{f.x(s.X[j]), clamp(f.y(s.Y[j]), f.Y, f.bottom())}})
				break
			}
		}
	}
	slices.SortStableFunc(ends, func(a, b end) int {
		switch {
		case a.at.Y < b.at.Y:
			return -1
		case a.at.Y > b.at.Y:
			return 1
		}
		return 0
	})
	want := make([]float64, len(ends))
	for i, e := range ends {
		want[i] = e.at.Y
	}
	x, low, inside := f.right()+5, f.bottom()-1, false
	far, width, most := 0.0, 0.0, mostName*p.width()
	for _, e := range ends {
		far, width = math.Max(far, e.at.X), math.Max(width, math.Min(textWidth(e.s.Label, sizeLabel, true), most))
	}
	if far+9+width < f.right() { // all lines end early: there is room beside them, above the axis
		x, low, inside = far+8, f.bottom()-8, true
	}
	at := spread(want, lineGap, f.Y+3, low)
	for i, e := range ends {
		c.open("name", e.s.Name)
		if math.Abs(at[i]-e.at.Y) > 5 || x-e.at.X > 14 {
			c.line([]pt{{e.at.X + 5, e.at.Y}, {x - 1, at[i]}}, stroke{Ink: e.s.Style.Ink, Width: 0.6, Alpha: 0.55})
		}
		c.text(pt{x + 1, at[i] + 3.8}, fit(e.s.Label, most, sizeLabel, true), label{Size: sizeLabel, Ink: e.s.Style.Ink, Bold: true, Halo: inside})
		c.close()
	}
	for _, n := range p.Notes {
		c.text(pt{f.x(n.X), f.y(n.Y)}, n.Text, label{Size: 9.5, Ink: InkMuted, Anchor: anchorMiddle, Halo: true})
	}
}
