package plots

import "math"

// paintRef draws a reference line; the names of vertical ones stand below each
// other, by row.
func (p *Panel) paintRef(c canvas, f frame, r RefLine, row int) {
	s := stroke{Ink: InkIdeal, Width: 1, Dash: []float64{1.5, 2.5}}
	if r.Vertical {
		x := f.x(r.X)
		c.line([]pt{{x, f.Y}, {x, f.bottom()}}, s)
		c.text(pt{x + 3, f.Y + 10 + 11*float64(row)}, r.Label, label{Size: 9.5, Ink: InkMuted, Halo: true})
		return
	}
	// A line in data space is a curve on a log axis: it is drawn in pieces and
	// leaves through the top of the data rectangle.
	var pts []pt
	x0, x1 := f.X, f.right()
	const pieces = 64
	lo, hi := p.X.Scale.at(p.X.Min), p.X.Scale.at(p.X.Max)
	for i := range pieces + 1 {
		t := lo + (hi-lo)*float64(i)/pieces
		v := t
		if p.X.Scale == Log2 || p.X.Scale == Log10 {
			v = math.Exp2(t)
		}
		y := r.A + r.B*v
		if r.To > 0 {
			y = r.A + r.B*math.Min(v, r.To)
		}
		if y < p.Y.Min || y > p.Y.Max {
			continue
		}
		pts = append(pts, pt{f.x(v), f.y(y)})
	}
	if r.B == 0 && len(pts) > 0 {
		pts[0].X, pts[len(pts)-1].X = x0, x1
	}
	if len(pts) < 2 {
		return
	}
	c.line(pts, s)
	if end := pts[len(pts)-1]; r.Label != "" && r.B != 0 {
		// Above the line's end, or beside it where that is the frame's.
		at, anchor := pt{end.X - 2, end.Y - 4}, anchorEnd
		if at.Y < f.Y+8 {
			at = pt{end.X - 6, end.Y + 9}
		}
		if at.X-textWidth(r.Label, 9.5, false) < f.X+10 { // a short line at the left
			at, anchor = pt{end.X + 6, end.Y + 9}, anchorStart
		}
		c.text(at, r.Label, label{Size: 9.5, Ink: InkMuted, Anchor: anchor, Halo: true})
	}
}
