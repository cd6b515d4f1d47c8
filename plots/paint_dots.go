package plots

import (
	"math"
	"slices"
	"strings"
)

// Heights of the rows of a dot panel, in pixels.
const dotH, dotGap = 15.0, 7.0

func dotsHeight(p *Panel) float64 {
	h := barsTop + barsEnd
	for i := range p.Rows {
		if p.Rows[i].Heading != "" {
			h += dotGap
		} else {
			h += dotH
		}
	}
	return h
}

// paintDots draws rows as marks with whiskers on one axis, which need not begin
// at zero as bars must. Groups have their name on the left, at their first row.
func (p *Panel) paintDots(c canvas, b box) {
	grouped := slices.ContainsFunc(p.Rows, func(r Row) bool { return r.Heading != "" })
	room := p.room()
	name := room.name
	f := frame{box: box{b.X + room.left, b.Y + barsTop, b.W - room.left - name - room.right, b.H - barsTop - barsEnd}}
	f.x = p.X.scaleTo(f.X+5, f.right()-5)
	p.paintRowAxis(c, f, room)
	y := f.Y
	if grouped {
		defer c.close()
	}
	for i := range p.Rows {
		r := &p.Rows[i]
		if r.Heading != "" {
			if i > 0 {
				c.close()
			}
			c.openWorkload(r.Workload)
			c.openRow("head", "", dotGap)
			y += dotGap
			c.text(pt{b.X, y + 11}, fit(r.Heading, room.left-6, sizeLabel, false), label{Size: sizeLabel, Ink: InkText})
			c.close()
			continue
		}
		c.openRow("bar", r.Name, dotH)
		end := label{Size: sizeLabel, Ink: r.Style.Ink, Bold: true}
		if grouped {
			c.text(pt{f.right() + 5, y + 11}, fit(r.Label, name-2, sizeLabel, true), end)
		} else {
			end.Anchor = anchorEnd
			c.text(pt{f.X - 7, y + 11}, fit(r.Label, room.left-7, sizeLabel, true), end)
		}
		p.paintDot(c, f, r, y+dotH/2)
		c.text(pt{f.right() + name + 5, y + 11}, fit(p.dotText(r), room.right-5, sizeTick, false), label{Size: sizeTick, Ink: inkOf(r)})
		c.close()
		y += dotH
	}
}

// dotText is short where a row failed: the table has the reason.
func (p *Panel) dotText(r *Row) string {
	why, _, _ := strings.Cut(p.rowText(r), ":")
	return why
}

func inkOf(r *Row) Ink {
	if r.Failed != "" {
		return InkBad
	}
	return InkText
}

func (p *Panel) paintDot(c canvas, f frame, r *Row, y float64) {
	x := f.x(r.Value)
	if math.IsNaN(r.Value) {
		x = f.x(r.Lo) // a range without a mark of its own
	}
	if r.Failed != "" || !finite(x) {
		return
	}
	d := &datum{Series: r.Name, Value: p.rowText(r), At: x, N: r.N}
	if r.Label != r.Name {
		d.X = r.Label
	}
	if finite(r.Lo, r.Hi, f.x(r.Lo)) {
		lo, hi := clamp(f.x(r.Lo), f.X, f.right()), clamp(f.x(r.Hi), f.X, f.right())
		s := stroke{Ink: r.Style.Ink, Width: 1.3}
		c.lines([][]pt{{{lo, y}, {hi, y}}, {{lo, y - 3}, {lo, y + 3}}, {{hi, y - 3}, {hi, y + 3}}}, s)
		d.Interval = interval(p.X.Format, r.Lo, r.Hi)
	}
	if math.IsNaN(r.Value) {
		d.Interval = ""
		c.mark(pt{x, y}, Circle, 0, r.Style.Ink, false, d)
		return
	}
	c.mark(pt{clamp(x, f.X, f.right()), y}, r.Style.Shape, 3.3, r.Style.Ink, r.Style.Hollow || r.Hollow, d)
}
