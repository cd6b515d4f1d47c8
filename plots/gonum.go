package plots

import (
	"bytes"
	"image/color"
	"image/png"
	"io"
	"math"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// pngDPI draws two dots a pixel.
const pngDPI = 144

func liberationSans() font.Collection {
	var out font.Collection
	for _, f := range liberation.Collection() {
		if f.Font.Variant == "Sans" && f.Font.Style == stdfont.StyleNormal {
			out = append(out, f)
		}
	}
	return out
}

func sans(bold bool) font.Font {
	f := font.Font{Typeface: "Liberation", Variant: "Sans"}
	if bold {
		f.Weight = stdfont.WeightBold
	}
	return f
}

// WritePNG draws f as a PNG image in theme th.
func (f *Figure) WritePNG(w io.Writer, th Theme) error {
	width, height := f.fileSize()
	c := vgimg.NewWith(vgimg.UseWH(vg.Length(width), vg.Length(height)), vgimg.UseDPI(pngDPI),
		vgimg.UseBackgroundColor(th.Color(InkGround)))
	f.paintFile(draw.New(c), th, height)
	enc := png.Encoder{CompressionLevel: png.BestSpeed} // else half of the time of all charts
	return enc.Encode(w, c.Image())
}

// WriteSVG draws f as an SVG image in theme th. Text stays text, in a family
// whose metrics it was laid out with.
func (f *Figure) WriteSVG(w io.Writer, th Theme) error {
	width, height := f.fileSize()
	c := vgsvg.New(vg.Length(width), vg.Length(height))
	f.paintFile(draw.New(c), th, height)
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return err
	}
	out := bytes.ReplaceAll(b.Bytes(), []byte("font-family:Liberation Sans;"),
		[]byte("font-family:'Liberation Sans',Arial,Helvetica,sans-serif;"))
	_, err := w.Write(out)
	return err
}

// Measures of a figure in a file, in pixels.
const (
	fileMargin = 22.0
	fileGapX   = 26.0
	fileGapY   = 22.0
	titleSize  = 16.0
)

func (f *Figure) columns() int {
	n := len(f.Panels)
	switch {
	case n <= 3:
		return max(n, 1)
	case n == 4:
		return 2
	}
	return 3
}

// grid returns each panel's box below top, and the whole size.
func (f *Figure) grid(top float64) (boxes []box, width, height float64) {
	cols := f.columns()
	y, rowHeight := top, 0.0
	x := fileMargin
	for i := range f.Panels {
		if i%cols == 0 && i > 0 {
			y += rowHeight + fileGapY
			x, rowHeight = fileMargin, 0
		}
		w, h := f.Panels[i].size()
		boxes = append(boxes, box{x, y, w, h})
		x += w + fileGapX
		width = math.Max(width, x-fileGapX+fileMargin)
		rowHeight = math.Max(rowHeight, h)
	}
	return boxes, math.Max(width, 560), y + rowHeight
}

// header returns the wrapped title and subtitle and the y where panels start.
func (f *Figure) header() (title, sub []string, legend float64, top float64) {
	_, width, _ := f.grid(0)
	title = wrapBold(f.Title, width-2*fileMargin, titleSize)
	sub = wrap(f.Subtitle, width-2*fileMargin, sizeTitle)
	top = fileMargin + 20*float64(len(title)) + 16*float64(len(sub)) + 6
	legend = top
	if rows := f.legendRows(width - 2*fileMargin); rows > 0 {
		top += 18*float64(rows) + 4
	}
	return title, sub, legend, top + 8
}

func (f *Figure) fileSize() (w, h float64) {
	_, _, _, top := f.header()
	_, w, h = f.grid(top)
	for _, n := range f.Notes {
		h += 14 * float64(len(wrap(n, w-2*fileMargin, sizeTick)))
	}
	return w, h + fileMargin + 10
}

func (f *Figure) paintFile(dc draw.Canvas, th Theme, height float64) {
	c := &vgCanvas{dc: dc, th: th, h: height}
	w, _ := f.fileSize()
	fillBox(c, box{0, 0, w, height}, InkGround, 1)
	title, sub, legend, top := f.header()
	y := fileMargin + 10
	for _, l := range title {
		c.text(pt{fileMargin, y}, l, label{Size: titleSize, Ink: InkText, Bold: true})
		y += 20
	}
	for _, l := range sub {
		c.text(pt{fileMargin, y}, l, label{Size: sizeTitle, Ink: InkMuted})
		y += 16
	}
	f.paintLegend(c, pt{fileMargin, legend + 12}, w-2*fileMargin)
	boxes, _, bottom := f.grid(top)
	for i, b := range boxes {
		c.panel(&f.Panels[i], b)
	}
	y = bottom + 18
	for _, n := range f.Notes {
		for _, l := range wrap(n, w-2*fileMargin, sizeTick) {
			c.text(pt{fileMargin, y}, l, label{Size: sizeTick, Ink: InkMuted})
			y += 14
		}
	}
}

// panel draws p in b. The data of a panel with axes go through a plot.Plot,
// whose transforms they use; everything around them is drawn by the painter.
func (c *vgCanvas) panel(p *Panel, b box) {
	if p.Empty != "" || len(p.Rows) > 0 || p.Bytes != nil || p.Strip != nil {
		p.paint(c, b)
		return
	}
	if p.Title != "" {
		c.text(pt{b.X, b.Y + 12}, p.Title, label{Size: sizeTitle, Ink: InkText, Bold: true})
	}
	f := p.layout(b)
	p.paintAxes(c, b, f)
	pl := plot.New()
	pl.HideAxes()
	pl.X.Padding, pl.Y.Padding = 0, 0
	pl.BackgroundColor = color.Transparent
	pl.X.Min, pl.X.Max, pl.X.Scale = p.X.Min, p.X.Max, normal{p.X.Scale}
	pl.Y.Min, pl.Y.Max, pl.Y.Scale = p.Y.Min, p.Y.Max, normal{p.Y.Scale}
	pl.Add(panelData{p, c, f.box})
	// The x axis keeps 6 pixels clear at both ends, as layout does.
	in := vg.Rectangle{Min: c.point(pt{f.X + 6, f.bottom()}), Max: c.point(pt{f.right() - 6, f.Y})}
	pl.Draw(draw.Canvas{Canvas: c.dc.Canvas, Rectangle: in})
	p.paintLabels(c, f)
}

// panelData is the plot.Plotter of a panel's series, bands and reference lines.
type panelData struct {
	p *Panel
	c *vgCanvas
	b box
}

// Plot implements plot.Plotter.
func (d panelData) Plot(dc draw.Canvas, pl *plot.Plot) {
	tx, ty := pl.Transforms(&dc)
	d.p.paintData(d.c, frame{d.b,
		func(v float64) float64 { return float64(tx(v)) },
		func(v float64) float64 { return d.c.h - float64(ty(v)) }})
}

// normal is a Scale as a plot.Normalizer.
type normal struct{ Scale }

// Normalize implements plot.Normalizer.
func (n normal) Normalize(min, max, x float64) float64 {
	lo, hi := n.at(min), n.at(max)
	if hi == lo {
		return 0.5
	}
	return (n.at(x) - lo) / (hi - lo)
}

// vgCanvas is the painter's canvas on gonum/plot's, which has y upwards.
type vgCanvas struct {
	dc draw.Canvas
	th Theme
	h  float64
}

func (c *vgCanvas) open(string, string)             {}
func (c *vgCanvas) openRow(string, string, float64) {}
func (c *vgCanvas) openWorkload(string)             {}
func (c *vgCanvas) close()                          {}

func (c *vgCanvas) point(p pt) vg.Point { return vg.Point{X: vg.Length(p.X), Y: vg.Length(c.h - p.Y)} }

func (c *vgCanvas) path(pts []pt) vg.Path {
	var path vg.Path
	for i, p := range pts {
		if i == 0 {
			path.Move(c.point(p))
		} else {
			path.Line(c.point(p))
		}
	}
	return path
}

func (c *vgCanvas) ink(i Ink, alpha float64) color.NRGBA {
	col := c.th.Color(i)
	col.A = uint8(math.Round(alpha * 255))
	return col
}

func (c *vgCanvas) line(pts []pt, s stroke) {
	alpha := 1.0
	if s.Alpha > 0 {
		alpha = s.Alpha
	}
	var dash []vg.Length
	for _, d := range s.Dash {
		dash = append(dash, vg.Length(d))
	}
	c.dc.SetLineStyle(draw.LineStyle{Color: c.ink(s.Ink, alpha), Width: vg.Length(s.Width), Dashes: dash})
	for _, p := range pts {
		if !finite(p.X, p.Y) {
			return // the rasterizer does not end on such a line
		}
	}
	c.dc.Stroke(c.path(pts))
}

func (c *vgCanvas) lines(ls [][]pt, s stroke) {
	for _, pts := range ls {
		c.line(pts, s)
	}
}

func (c *vgCanvas) fill(pts []pt, ink Ink, alpha float64) {
	c.dc.SetColor(c.ink(ink, alpha))
	path := c.path(pts)
	path.Close()
	c.dc.Fill(path)
}

func (c *vgCanvas) mark(p pt, shape Shape, r float64, ink Ink, hollow bool, _ *datum) {
	if r == 0 {
		return
	}
	pts := shapePoints(shape, r)
	for i := range pts {
		pts[i].X += p.X
		pts[i].Y += p.Y
	}
	rim := append(pts[:len(pts):len(pts)], pts[0])
	if hollow {
		c.fill(pts, InkGround, 1)
		c.line(rim, stroke{Ink: ink, Width: 1.4})
		return
	}
	c.line(rim, stroke{Ink: InkGround, Width: 2})
	c.fill(pts, ink, 1)
}

func (c *vgCanvas) text(p pt, s string, l label) {
	f := faces.Lookup(sans(l.Bold), font.Length(l.Size))
	w := float64(f.Width(s))
	switch l.Anchor {
	case anchorMiddle:
		p.X -= w / 2
	case anchorEnd:
		p.X -= w
	}
	if l.Halo {
		fillBox(c, box{p.X - 1, p.Y - l.Size*0.8, w + 2, l.Size}, InkGround, 0.75)
	}
	c.dc.SetColor(c.ink(l.Ink, 1))
	c.dc.FillString(f, c.point(p), s)
}

func wrapBold(s string, width, size float64) []string {
	// Bold runs about 7 % wider than the regular face that wrap measures.
	return wrap(s, width/1.08, size)
}
