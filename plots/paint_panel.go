package plots

import (
	"math"
	"slices"
	"strings"
)

// Default size of a panel, in pixels: three beside each other on a page, one
// on a phone without scaling.
const panelW, panelH = 344, 232

func (p *Panel) width() float64 {
	if p.W != 0 {
		return p.W
	}
	return panelW
}

func (p *Panel) size() (w, h float64) {
	w, h = p.width(), p.H
	switch {
	case h != 0:
	case p.Dots:
		h = dotsHeight(p)
	case len(p.Rows) > 0:
		h = rowsHeight(p)
	case p.Bytes != nil:
		h = bytesHeight(p)
	case p.Strip != nil:
		h = 30 + 16*float64(len(p.Strip.Rows)) + lineGap*float64(len(p.stripFoot()))
	default:
		h = math.Max(panelH, 80+lineGap*float64(p.labels())) // room for every name
	}
	return w, h
}

// labels counts the lines that have their name at their end.
func (p *Panel) labels() (n int) {
	for i := range p.Series {
		if p.Series[i].Label != "" {
			n++
		}
	}
	return n
}

// frame is where a panel's data go: the data rectangle and its two transforms.
type frame struct {
	box
	x, y func(float64) float64
}

// scaleTo returns the transform of a's values onto [from, to].
func (a *Axis) scaleTo(from, to float64) func(float64) float64 {
	lo, hi := a.Scale.at(a.Min), a.Scale.at(a.Max)
	if hi == lo {
		hi = lo + 1
	}
	return func(v float64) float64 { return from + (a.Scale.at(v)-lo)/(hi-lo)*(to-from) }
}

// title is what stands at the axis: a logarithmic one says so, before what more
// there is to say.
func (a *Axis) title() string {
	if a.Label == "" || a.Scale == Linear {
		return a.Label
	}
	what, more, ok := strings.Cut(a.Label, ", ")
	if ok {
		more = ", " + more
	}
	return what + " (log)" + more
}

func (a *Axis) marks(n int) []Tick {
	if a.Ticks != nil {
		return a.Ticks
	}
	return ticks(a.Scale, a.Format, a.Min, a.Max, n)
}

// fitting is marks, fewer where the labels of an axis that chooses its own would
// touch.
func (a *Axis) fitting(n int, x func(float64) float64) []Tick {
	out := a.marks(n)
	for ; a.Ticks == nil && n > 2 && len(apart(out, x)) < len(out); n-- {
		out = a.marks(n - 1)
	}
	return out
}

// layout finds the data rectangle of a panel with axes inside b.
func (p *Panel) layout(b box) frame {
	left, right := 8.0, 12.0
	for _, t := range p.Y.marks(5) {
		left = math.Max(left, textWidth(t.Label, sizeTick, false)+8)
	}
	for i := range p.Series {
		if s := &p.Series[i]; s.Label != "" {
			right = math.Max(right, math.Min(textWidth(s.Label, sizeLabel, true), mostName*b.W)+14)
		}
	}
	top, bottom := 10.0, 34.0
	if p.Title != "" {
		top += 16
	}
	if p.Y.Label != "" || p.Modelled {
		top += 15
	}
	f := frame{box: box{b.X + left, b.Y + top, b.W - left - right, b.H - top - bottom}}
	f.x = p.X.scaleTo(f.X+6, f.right()-6)
	f.y = p.Y.scaleTo(f.bottom(), f.Y)
	return f
}

// paint draws the panel into b.
func (p *Panel) paint(c canvas, b box) {
	if p.Title != "" {
		c.text(pt{b.X, b.Y + 12}, fit(p.Title, b.W, sizeTitle, true), label{Size: sizeTitle, Ink: InkText, Bold: true})
	}
	switch {
	case p.Empty != "":
		p.paintEmpty(c, b)
	case p.Dots:
		p.paintDots(c, b)
	case len(p.Rows) > 0:
		p.paintRows(c, b)
	case p.Bytes != nil:
		p.paintBytes(c, b)
	case p.Strip != nil:
		p.paintStrip(c, b)
	default:
		f := p.layout(b)
		p.paintAxes(c, b, f)
		p.paintData(c, f)
		p.paintLabels(c, f)
	}
}

func (p *Panel) paintEmpty(c canvas, b box) {
	in := box{b.X, b.Y + 20, b.W, b.H - 24}
	frameLine(c, in, stroke{Ink: InkGrid, Width: 1, Dash: []float64{3, 3}})
	lines := wrap(p.Empty, in.W-24, sizeLabel)
	y := in.Y + in.H/2 - float64(len(lines)-1)*7 + 4
	for _, l := range lines {
		c.text(pt{in.X + in.W/2, y}, l, label{Size: sizeLabel, Ink: InkMuted, Anchor: anchorMiddle})
		y += 15
	}
}

// paintAxes draws everything behind the data: shades, grid, tick labels.
func (p *Panel) paintAxes(c canvas, b box, f frame) {
	c.open("axes", "")
	defer c.close()
	for _, s := range p.Shades {
		r := box{f.X, f.Y, f.W, f.H}
		if s.OfY {
			lo, hi := f.y(math.Max(s.Lo, p.Y.Min)), f.y(math.Min(s.Hi, p.Y.Max))
			r.Y, r.H = hi, lo-hi
		} else {
			lo, hi := math.Max(f.X, f.x(s.Lo)), f.right()
			if s.Hi < p.X.Max {
				hi = f.x(s.Hi)
			}
			r.X, r.W = lo, hi-lo
		}
		fillBox(c, r, InkShade, 1)
		if s.Label != "" && !s.OfY {
			c.text(pt{r.right(), f.Y - 5}, s.Label, label{Size: 9.5, Ink: InkMuted, Anchor: anchorEnd}) // where no curve goes
		}
	}
	if p.Modelled {
		hatch(c, f.box, stroke{Ink: InkGrid, Width: 0.6}, 9)
		// Above the data, where no curve goes.
		c.text(pt{f.right(), f.Y - 5}, "modelled", label{Size: 9.5, Ink: InkMuted, Anchor: anchorEnd})
	}
	if p.Y.Label != "" {
		y := b.Y + 12
		if p.Title != "" {
			y += 15
		}
		c.text(pt{b.X, y}, fit(p.Y.title(), b.W, sizeTick, false), label{Size: sizeTick, Ink: InkMuted})
	}
	var grid [][]pt
	for _, t := range p.Y.marks(5) {
		grid = append(grid, []pt{{f.X, f.y(t.V)}, {f.right(), f.y(t.V)}})
	}
	c.lines(grid, stroke{Ink: InkGrid, Width: 0.8})
	for _, t := range p.Y.marks(5) {
		c.text(pt{f.X - 6, f.y(t.V) + 3.6}, t.Label, label{Size: sizeTick, Ink: InkMuted, Anchor: anchorEnd})
	}
	marks := p.X.fitting(7, f.x)
	foot := [][]pt{{{f.X, f.bottom()}, {f.right(), f.bottom()}}}
	for _, t := range marks {
		foot = append(foot, []pt{{f.x(t.V), f.bottom()}, {f.x(t.V), f.bottom() + 3.5}})
	}
	c.lines(foot, stroke{Ink: InkMuted, Width: 0.9})
	for _, t := range apart(marks, f.x) {
		c.text(pt{f.x(t.V), f.bottom() + 14}, t.Label, label{Size: sizeTick, Ink: InkMuted, Anchor: anchorMiddle})
	}
	c.text(pt{f.X + f.W/2, f.bottom() + 28}, fit(p.X.title(), b.W, sizeTick, false), label{Size: sizeTick, Ink: InkMuted, Anchor: anchorMiddle})
}

// apart is the marks whose labels can stand beside each other. The last, where
// a sweep or a published table ends, and those at the given places stay; the
// others give way to them and to those on their left.
func apart(marks []Tick, x func(float64) float64, places ...float64) []Tick {
	var out []Tick
	add := func(t Tick) {
		touches := func(o Tick) bool {
			room := (textWidth(t.Label, sizeTick, false)+textWidth(o.Label, sizeTick, false))/2 + 5
			return math.Abs(x(t.V)-x(o.V)) < room
		}
		if !slices.ContainsFunc(out, touches) {
			out = append(out, t)
		}
	}
	for _, t := range marks {
		if slices.Contains(places, t.V) {
			add(t)
		}
	}
	if len(marks) > 0 {
		add(marks[len(marks)-1])
	}
	for _, t := range marks {
		add(t)
	}
	return out
}

// paintData draws reference lines, bands, lines and markers, in that order, and
// over them the names of the reference lines.
func (p *Panel) paintData(c canvas, f frame) {
	for _, r := range p.Lines {
		p.paintRef(c, f, r)
	}
	defer p.nameRefs(c, f)
	for i := range p.Series {
		s := &p.Series[i]
		c.open("band", s.Name)
		paintBand(c, f, s)
		c.close()
	}
	for i := range p.Series {
		s := &p.Series[i]
		c.open("line", s.Name)
		p.paintSeries(c, f, s)
		c.close()
	}
}

func paintBand(c canvas, f frame, s *Series) {
	if s.Lo == nil {
		return
	}
	for _, run := range runsOf(s, true) {
		var poly []pt
		for i := run[0]; i < run[1]; i++ {
			poly = append(poly, pt{f.x(s.X[i]), clamp(f.y(s.Hi[i]), f.Y, f.bottom())})
		}
		for i := run[1] - 1; i >= run[0]; i-- {
			poly = append(poly, pt{f.x(s.X[i]), clamp(f.y(s.Lo[i]), f.Y, f.bottom())})
		}
		if len(poly) > 2 {
			c.fill(poly, s.Style.Ink, 0.11)
		}
	}
	if s.Curve {
		return
	}
	var whiskers [][]pt
	defer func() {
		if whiskers != nil {
			c.lines(whiskers, stroke{Ink: s.Style.Ink, Width: 1, Alpha: 0.6})
		}
	}()
	for i := range s.X {
		if !finite(s.Lo[i], s.Hi[i], s.Y[i]) {
			continue
		}
		lo, hi := f.y(s.Lo[i]), f.y(s.Hi[i])
		if !finite(lo, hi) || math.Abs(lo-hi) < 1.5 {
			continue
		}
		x := f.x(s.X[i])
		lo, hi = clamp(lo, f.Y, f.bottom()), clamp(hi, f.Y, f.bottom())
		whiskers = append(whiskers, []pt{{x, lo}, {x, hi}}, []pt{{x - 2.5, lo}, {x + 2.5, lo}}, []pt{{x - 2.5, hi}, {x + 2.5, hi}})
	}
}

func (p *Panel) paintSeries(c canvas, f frame, s *Series) {
	st := stroke{Ink: s.Style.Ink, Width: 1.9, Dash: s.Style.Dash, Round: true}
	if s.Quiet {
		st.Width = 1.1
	}
	if s.Modelled {
		st.Width, st.Dash = 1.3, []float64{1.2, 3}
	}
	for _, run := range runsOf(s, false) {
		var pts []pt
		for i := run[0]; i < run[1]; i++ {
			pts = append(pts, pt{f.x(s.X[i]), clamp(f.y(s.Y[i]), f.Y, f.bottom())})
		}
		if len(pts) > 1 && !s.Marks {
			c.line(pts, st)
		}
	}
	for i := range s.X {
		at := pt{f.x(s.X[i]), f.y(s.Y[i])}
		if s.Failed != nil && s.Failed[i] != "" {
			at.Y = f.bottom() - 5
			c.mark(at, Cross, 4, InkBad, false, &datum{Series: s.Name, Value: s.Failed[i], X: p.X.word(s.X[i]), At: at.X})
			continue
		}
		if finite(s.Y[i]) && s.Y[i] <= 0 && !finite(at.Y) {
			at.Y = f.bottom() // zero has no place on a logarithmic axis
		}
		if !finite(at.X, at.Y) {
			continue
		}
		d := p.datum(s, i, at.X)
		if s.Curve {
			if s.Probe != nil && s.Probe[i] {
				c.mark(at, Circle, 0, s.Style.Ink, false, d)
			}
			continue
		}
		r := 3.3
		if s.Quiet {
			r = 2.5
		}
		hollow := s.Style.Hollow || s.Modelled || s.Hollow != nil && s.Hollow[i]
		c.mark(at, s.Style.Shape, r, s.Style.Ink, hollow, d)
	}
}

// word writes a value of the axis as its tick would.
func (a *Axis) word(v float64) string {
	for _, t := range a.Ticks {
		if t.V == v {
			return t.Label
		}
	}
	return a.Format.Write(v)
}

func (p *Panel) datum(s *Series, i int, at float64) *datum {
	d := &datum{Series: s.Name, Value: p.Y.Format.Write(s.Y[i]), X: p.X.word(s.X[i]), At: at}
	if s.Lo != nil {
		d.Interval = interval(p.Y.Format, s.Lo[i], s.Hi[i])
	}
	if s.N != nil {
		d.N = s.N[i]
	}
	return d
}

// runsOf returns the half-open index ranges of s without gaps: of points that
// have a value, and with bounds an interval too.
func runsOf(s *Series, bounds bool) [][2]int {
	var out [][2]int
	start := -1
	for i := range s.X {
		ok := finite(s.Y[i]) && (!bounds || finite(s.Lo[i], s.Hi[i])) && (s.Failed == nil || s.Failed[i] == "")
		if ok && start < 0 {
			start = i
		}
		if !ok && start >= 0 {
			out = append(out, [2]int{start, i})
			start = -1
		}
	}
	if start >= 0 {
		out = append(out, [2]int{start, len(s.X)})
	}
	return out
}

func clamp(v, lo, hi float64) float64 { return math.Max(lo, math.Min(hi, v)) }

func finite(vs ...float64) bool {
	for _, v := range vs {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}
