package plots

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// svgCanvas is the painter's canvas as SVG for the page. Colours are CSS
// classes, so that one picture serves both themes; marks carry their data.
type svgCanvas struct {
	b      strings.Builder
	design string // of the innermost group, which has no groups in it
}

// SVG returns the panel as an <svg> element. id must be unique on the page.
func (p *Panel) svg(id, desc string) string {
	w, h := p.size()
	var c svgCanvas
	kind := ""
	if p.crosshair() {
		kind = ` data-x="1"`
	}
	fmt.Fprintf(&c.b, `<svg id="%s" class="chart" viewBox="0 0 %s %s" width="%s" role="img" tabindex="0" aria-labelledby="%s-t" aria-describedby="%s-d"%s>`,
		id, num(w), num(h), num(w), id, id, kind)
	title := p.Title
	if title == "" {
		title = "chart"
	}
	fmt.Fprintf(&c.b, `<title id="%s-t">%s</title><desc id="%s-d">%s</desc>`,
		id, html.EscapeString(title), id, html.EscapeString(desc))
	p.paint(&c, box{0, 0, w, h})
	c.b.WriteString("</svg>")
	return c.b.String()
}

// crosshair reports whether the panel has points that share an x.
func (p *Panel) crosshair() bool { return len(p.Series) > 0 && p.Empty == "" }

// sample returns the legend's key as a small SVG.
func (k *Key) sample() string {
	var c svgCanvas
	fmt.Fprintf(&c.b, `<svg class="key" viewBox="0 0 %s 14" width="%s" height="14" aria-hidden="true">`, num(keyLine), num(keyLine))
	k.paint(&c, pt{0, 11})
	c.b.WriteString("</svg>")
	return c.b.String()
}

func (c *svgCanvas) open(class, design string) { c.openRow(class, design, 0) }

func (c *svgCanvas) openRow(class, design string, h float64) {
	c.b.WriteString(`<g class="` + class + `"`)
	c.design = design
	if design != "" {
		c.b.WriteString(` data-v="` + html.EscapeString(design) + `"`)
	}
	if h > 0 {
		c.b.WriteString(` data-h="` + num(h) + `"`)
	}
	c.b.WriteString(">")
}

func (c *svgCanvas) openWorkload(name string) {
	c.b.WriteString(`<g data-w="` + html.EscapeString(name) + `">`)
}

func (c *svgCanvas) close() {
	c.design = ""
	c.b.WriteString("</g>")
}

// path writes lines from point to point, the level and the upright ones by one
// coordinate.
func (c *svgCanvas) path(pts []pt) {
	x, y := "", ""
	for i, p := range pts {
		px, py := num(p.X), num(p.Y)
		switch {
		case i == 0:
			c.b.WriteString("M" + px + " " + py)
		case py == y && px == x:
		case py == y:
			c.b.WriteString("H" + px)
		case px == x:
			c.b.WriteString("V" + py)
		default:
			c.b.WriteString("L" + px + " " + py)
		}
		x, y = px, py
	}
}

func (c *svgCanvas) line(pts []pt, s stroke) { c.lines([][]pt{pts}, s) }

func (c *svgCanvas) lines(ls [][]pt, s stroke) {
	fmt.Fprintf(&c.b, `<path class="s%d%s"%s`, s.Ink, widthClass(s.Width), opacity("stroke", s.Alpha))
	if len(s.Dash) > 0 {
		var d []string
		for _, v := range s.Dash {
			d = append(d, num(v))
		}
		c.b.WriteString(` stroke-dasharray="` + strings.Join(d, " ") + `"`)
	}
	c.b.WriteString(` d="`)
	for _, pts := range ls {
		c.path(pts)
	}
	c.b.WriteString(`"/>`)
}

func (c *svgCanvas) fill(pts []pt, ink Ink, alpha float64) {
	fmt.Fprintf(&c.b, `<path class="f%d"%s d="`, ink, opacity("fill", alpha))
	c.path(pts)
	c.b.WriteString(`Z"/>`)
}

// opacity is the attribute; none for what is opaque: 1, or 0 of a stroke.
func opacity(of string, alpha float64) string {
	if alpha >= 1 || alpha == 0 && of == "stroke" {
		return ""
	}
	return ` ` + of + `-opacity="` + strings.TrimPrefix(num(alpha), "0") + `"`
}

// widthClass is the class of a stroke's width, from sheet.
func widthClass(w float64) string {
	if w == 1 {
		return ""
	}
	return " w" + strconv.Itoa(int(math.Round(w*10)))
}

// sizeClass is the class of a text's size, from sheet.
func sizeClass(size float64) string { return " z" + strconv.Itoa(int(math.Round(size*10))) }

// sheet is the style of what the canvas writes as classes.
func sheet() string {
	var b strings.Builder
	for _, w := range []float64{0.6, 0.8, 0.9, 1.1, 1.2, 1.3, 1.4, 1.9, 3} {
		fmt.Fprintf(&b, ".%s{stroke-width:%spx}", widthClass(w)[1:], num(w))
	}
	for _, z := range []float64{9, 9.5, sizeTick, sizeLabel, sizeTitle} {
		fmt.Fprintf(&b, ".%s{font-size:%spx}", sizeClass(z)[1:], num(z))
	}
	return b.String() + ".tb{font-weight:600}.tm{text-anchor:middle}.te{text-anchor:end}\n"
}

func (c *svgCanvas) mark(p pt, shape Shape, r float64, ink Ink, hollow bool, d *datum) {
	class := "m"
	if d != nil {
		class = "p"
	}
	switch {
	case r == 0: // a point of a curve: a place for the crosshair only
	case hollow:
		class += fmt.Sprintf(" f%d s%d w14", InkGround, ink)
	default:
		class += fmt.Sprintf(" f%d rim", ink)
	}
	if shape == Circle {
		fmt.Fprintf(&c.b, `<circle class="%s" cx="%s" cy="%s" r="%s"`, class, num(p.X), num(p.Y), num(r))
	} else {
		pts := shapePoints(shape, r)
		for i := range pts {
			pts[i].X += p.X
			pts[i].Y += p.Y
		}
		c.b.WriteString(`<path class="` + class + `" d="`)
		c.path(pts)
		c.b.WriteString(`Z"`)
	}
	c.datum(d)
}

// datum writes what a mark stands for. Its series is that of the group around it
// where that is a design's.
func (c *svgCanvas) datum(d *datum) {
	if d == nil {
		c.b.WriteString("/>")
		return
	}
	if d.Series != c.design {
		fmt.Fprintf(&c.b, ` data-s="%s"`, html.EscapeString(d.Series))
	}
	fmt.Fprintf(&c.b, ` data-v="%s"`, html.EscapeString(d.Value))
	if d.X != "" {
		fmt.Fprintf(&c.b, ` data-at="%s" data-x="%s"`, num(d.At), html.EscapeString(d.X))
	}
	if d.Interval != "" {
		fmt.Fprintf(&c.b, ` data-i="%s"`, html.EscapeString(d.Interval))
	}
	if d.N > 0 {
		fmt.Fprintf(&c.b, ` data-n="%d"`, d.N)
	}
	c.b.WriteString("/>")
}

func (c *svgCanvas) text(p pt, s string, l label) {
	fmt.Fprintf(&c.b, `<text class="f%d%s`, l.Ink, sizeClass(l.Size))
	if l.Halo {
		c.b.WriteString(" halo")
	}
	if l.Bold {
		c.b.WriteString(" tb")
	}
	c.b.WriteString([]string{"", " tm", " te"}[l.Anchor])
	fmt.Fprintf(&c.b, `" x="%s" y="%s">%s</text>`, num(p.X), num(p.Y), html.EscapeString(s))
}

// num writes a coordinate to a tenth of a pixel, small widths to a hundredth.
func num(v float64) string {
	k := 10.0
	if math.Abs(v) < 10 {
		k = 100
	}
	return strconv.FormatFloat(math.Round(v*k)/k+0, 'f', -1, 64)
}
