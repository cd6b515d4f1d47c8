package plots

import "math"

var refStroke = stroke{Ink: InkIdeal, Width: 1, Dash: []float64{1.5, 2.5}}

// paintRef draws a reference line.
func (p *Panel) paintRef(c canvas, f frame, r RefLine) {
	if r.Vertical {
		x := f.x(r.X)
		c.line([]pt{{x, f.Y}, {x, f.bottom()}}, refStroke)
		return
	}
	if pts := p.refPoints(f, r); len(pts) > 1 {
		c.line(pts, refStroke)
	}
}

// refPoints is a line in data space, which is a curve on a log axis: it is drawn in
// pieces and leaves through the top of the data rectangle.
func (p *Panel) refPoints(f frame, r RefLine) (pts []pt) {
	if r.B == 0 {
		if r.A < p.Y.Min || r.A > p.Y.Max {
			return nil
		}
		return []pt{{f.X, f.y(r.A)}, {f.right(), f.y(r.A)}}
	}
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
		at := pt{f.x(v), f.y(y)}
		if n := len(pts); n > 1 && pts[n-1].Y == at.Y && pts[n-2].Y == at.Y {
			pts[n-1] = at // level: its ends will do
			continue
		}
		pts = append(pts, at)
	}
	return pts
}

// nameRefs writes the names of reference lines: of vertical ones below each other,
// of others above the line's end, or beside it where that is the frame's.
func (p *Panel) nameRefs(c canvas, f frame) {
	row := 0.0
	for _, r := range p.Lines {
		word := label{Size: 9.5, Ink: InkMuted, Halo: true}
		if r.Vertical {
			c.text(pt{f.x(r.X) + 3, f.Y + 10 + 11*row}, r.Label, word)
			row++
			continue
		}
		pts := p.refPoints(f, r)
		if r.Label == "" || r.B == 0 || len(pts) < 2 {
			continue
		}
		end := pts[len(pts)-1]
		at := pt{end.X - 2, end.Y - 4}
		word.Anchor = anchorEnd
		if at.Y < f.Y+8 {
			at = pt{end.X - 6, end.Y + 9}
		}
		if at.X-textWidth(r.Label, 9.5, false) < f.X+10 { // a short line at the left
			at, word.Anchor = pt{end.X + 6, end.Y + 9}, anchorStart
		}
		c.text(at, r.Label, word)
	}
}
