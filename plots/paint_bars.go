package plots

import (
	"math"
	"strings"
)

// Heights of the rows of a bar panel, in pixels.
const (
	rowH, headingH   = 18.0, 19.0
	aboveH           = 13.0 // a label above its bar
	barsTop, barsEnd = 22.0, 36.0
)

func rowsHeight(p *Panel) float64 {
	h := barsTop + barsEnd
	bar := rowH + p.above()
	for i := range p.Rows {
		if p.Rows[i].Heading != "" {
			h += headingH
		} else {
			h += bar
		}
	}
	return h
}

// above is the room above each bar for its label: none where all labels fit
// beside the bars.
func (p *Panel) above() float64 {
	if p.labelWidth() > mostName*p.width() {
		return aboveH
	}
	return 0
}

func (p *Panel) labelWidth() (w float64) {
	for i := range p.Rows {
		w = math.Max(w, textWidth(p.Rows[i].Label, sizeLabel, true)+8)
	}
	return w
}

// rowRoom is what rows take beside their data, in pixels: groups or labels on the
// left, labels and values on the right.
type rowRoom struct{ left, name, right float64 }

// room is what the panel's own rows need, and at least what its figure gives all.
func (p *Panel) room() rowRoom {
	r := rowRoom{right: 8}
	grouped := false
	for i := range p.Rows {
		x := &p.Rows[i]
		switch {
		case p.Dots:
			grouped = grouped || x.Heading != ""
			r.left = math.Max(r.left, textWidth(x.Heading, sizeLabel, false)+12)
			r.name = math.Max(r.name, textWidth(x.Label, sizeLabel, true)+7)
			r.right = math.Max(r.right, textWidth(p.dotText(x), sizeTick, false)+8)
		default:
			r.right = math.Max(r.right, textWidth(p.rowText(x), sizeTick, false)+12)
		}
	}
	switch {
	case p.Dots && !grouped:
		r.left, r.name = r.name+5, 0
	case !p.Dots && p.above() == 0:
		r.left = p.labelWidth()
	}
	r = rowRoom{math.Max(r.left, p.Room.left), math.Max(r.name, p.Room.name), math.Max(r.right, p.Room.right)}
	// The data keep a quarter: long names are cut, and stand in full in the table.
	for _, x := range []struct {
		of    *float64
		least float64
	}{{&r.name, 70}, {&r.left, 90}, {&r.right, 60}} {
		if over := r.left + r.name + r.right - 0.75*p.width(); over > 0 {
			*x.of = math.Min(*x.of, math.Max(*x.of-over, x.least))
		}
	}
	return r
}

// alignRows gives panels of rows on one axis the same room, so that a place on the
// axis is the same in all.
func alignRows(panels []Panel) {
	like := func(a, b *Panel) bool {
		return len(a.Rows) > 0 && len(b.Rows) > 0 && a.Dots == b.Dots && a.width() == b.width() && a.X.Min == b.X.Min && a.X.Max == b.X.Max
	}
	for i := range panels {
		p := &panels[i]
		for j := range panels {
			if !like(p, &panels[j]) {
				continue
			}
			o := panels[j].room()
			p.Room = rowRoom{math.Max(p.Room.left, o.left), math.Max(p.Room.name, o.name), math.Max(p.Room.right, o.right)}
		}
	}
}

// paintRows draws horizontal bars from zero, labels left, values right.
func (p *Panel) paintRows(c canvas, b box) {
	room, above := p.room(), p.above()
	f := frame{box: box{b.X + room.left, b.Y + barsTop, b.W - room.left - room.right, b.H - barsTop - barsEnd}}
	f.x = p.X.scaleTo(f.X, f.right())
	p.paintRowAxis(c, f, room)
	y, grouped := f.Y, false
	for i := range p.Rows {
		r := &p.Rows[i]
		if r.Heading != "" {
			if grouped {
				c.close()
			}
			grouped = true
			c.openWorkload(r.Workload)
			c.openRow("head", "", headingH)
			c.text(pt{b.X, y + 14}, fit(r.Heading, b.W, sizeLabel, false), label{Size: sizeLabel, Ink: InkMuted, Halo: true})
			c.close()
			y += headingH
			continue
		}
		c.openRow("bar", r.Name, rowH+above)
		name := label{Size: sizeLabel, Ink: r.Style.Ink, Bold: true}
		if above > 0 {
			name.Halo = true
			c.text(pt{f.X, y + 12.5}, fit(r.Label, b.W, sizeLabel, true), name)
		} else {
			name.Anchor = anchorEnd
			c.text(pt{f.X - 7, y + 12.5}, fit(r.Label, room.left-7, sizeLabel, true), name)
		}
		p.paintBar(c, f, r, y+above)
		c.close()
		y += rowH + above
	}
	if grouped {
		c.close()
	}
}

func (p *Panel) rowText(r *Row) string {
	switch {
	case r.Heading != "":
		return ""
	case r.Failed != "":
		return r.Failed
	case r.Text != "":
		return r.Text
	}
	return p.X.Format.Write(r.Value)
}

func (p *Panel) paintRowAxis(c canvas, f frame, room rowRoom) {
	c.open("axes", "")
	defer c.close()
	marks := p.X.fitting(4, f.x)
	c.openRow("grid", "", f.H)
	if p.Modelled {
		hatch(c, f.box, stroke{Ink: InkGrid, Width: 0.6}, 9)
	}
	for _, s := range p.Shades {
		lo, hi := math.Max(f.X, f.x(s.Lo)), math.Min(f.right(), f.x(s.Hi))
		fillBox(c, box{lo, f.Y, hi - lo, f.H}, InkShade, 1)
	}
	var grid [][]pt
	for _, t := range marks {
		grid = append(grid, []pt{{f.x(t.V), f.Y}, {f.x(t.V), f.bottom()}})
	}
	c.lines(grid, stroke{Ink: InkGrid, Width: 0.8})
	for _, r := range p.Lines {
		c.line([]pt{{f.x(r.X), f.Y}, {f.x(r.X), f.bottom()}}, stroke{Ink: InkIdeal, Width: 1, Dash: []float64{1.5, 2.5}})
	}
	c.close()
	c.open("foot", "")
	var at []float64
	for _, r := range p.Lines {
		at = append(at, r.X)
	}
	for _, t := range apart(marks, f.x, at...) {
		c.text(pt{f.x(t.V), f.bottom() + 13}, t.Label, label{Size: sizeTick, Ink: InkMuted, Anchor: anchorMiddle})
	}
	if p.X.Label == "" {
		c.close()
		return
	}
	word := fit(p.X.title(), p.width(), sizeTick, false)
	half := textWidth(word, sizeTick, false) / 2
	middle := math.Max(f.X+f.W/2, half-room.left+f.X) // not beyond the panel's left
	c.text(pt{middle, f.bottom() + 27}, word, label{Size: sizeTick, Ink: InkMuted, Anchor: anchorMiddle})
	c.close()
}

func (p *Panel) paintBar(c canvas, f frame, r *Row, y float64) {
	zero := f.x(math.Max(p.X.Min, 0))
	if p.X.Scale == Log10 {
		zero = f.X
	}
	if r.Failed != "" {
		c.text(pt{zero + 4, y + 12.5}, fit(r.Failed, f.W+p.room().right-6, sizeTick, false), label{Size: sizeTick, Ink: InkBad})
		return
	}
	bar := box{zero, y + 3.5, f.x(math.Min(r.Value, p.X.Max)) - zero, rowH - 7}
	end := bar.right()
	if len(r.Parts) > 0 {
		paintParts(c, f, r, bar)
	} else if r.Hollow {
		hatch(c, bar, stroke{Ink: r.Style.Ink, Width: 1.1}, 4)
		frameLine(c, bar, stroke{Ink: r.Style.Ink, Width: 1})
	} else {
		fillBox(c, bar, r.Style.Ink, 0.82)
	}
	d := &datum{Series: r.Name, Value: p.X.Format.Write(r.Value), At: end, N: r.N}
	if r.Label != r.Name {
		d.X = r.Label
	}
	if finite(r.Lo, r.Hi) && r.Hi > r.Lo {
		lo, hi := f.x(math.Min(r.Lo, p.X.Max)), f.x(math.Min(r.Hi, p.X.Max))
		mid := bar.Y + bar.H/2
		c.line([]pt{{lo, mid}, {hi, mid}}, stroke{Ink: InkGround, Width: 3})
		c.lines([][]pt{{{lo, mid}, {hi, mid}}, {{lo, mid - 3}, {lo, mid + 3}}, {{hi, mid - 3}, {hi, mid + 3}}}, stroke{Ink: InkText, Width: 1.1})
		end = math.Max(end, hi)
		d.Interval = p.X.Format.Write(r.Lo) + " … " + p.X.Format.Write(r.Hi)
	}
	c.mark(pt{bar.right(), bar.Y + bar.H/2}, Circle, 0, r.Style.Ink, false, d)
	c.text(pt{end + 5, y + 12.5}, fit(p.rowText(r), f.right()+p.room().right-end-4, sizeTick, false), label{Size: sizeTick, Ink: InkText, Halo: true})
}

func paintParts(c canvas, f frame, r *Row, bar box) {
	sum := 0.0
	for _, part := range r.Parts {
		x0, x1 := f.x(sum), f.x(sum+part.Value)
		sum += part.Value
		if x1-x0 < 0.05 {
			continue
		}
		b := box{x0, bar.Y, x1 - x0, bar.H}
		if part.Hatch {
			fillBox(c, b, part.Ink, 0.25)
			hatch(c, b, stroke{Ink: part.Ink, Width: 1.2}, 4)
		} else {
			fillBox(c, b, part.Ink, 1)
		}
		c.line([]pt{{x1, bar.Y}, {x1, bar.bottom()}}, stroke{Ink: InkGround, Width: 1})
	}
}

// wrap breaks s into lines of at most width pixels.
func wrap(s string, width, size float64) []string {
	var out []string
	line := ""
	for _, w := range strings.Fields(s) {
		next := w
		if line != "" {
			next = line + " " + w
		}
		if line != "" && textWidth(next, size, false) > width {
			out = append(out, line)
			next = w
		}
		line = next
	}
	if line != "" {
		out = append(out, line)
	}
	return out
}
