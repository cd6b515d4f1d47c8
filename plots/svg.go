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
type svgCanvas struct{ b strings.Builder }

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

func (c *svgCanvas) close() { c.b.WriteString("</g>") }

func (c *svgCanvas) path(pts []pt) {
	for i, p := range pts {
		if i == 0 {
			c.b.WriteString("M")
		} else {
			c.b.WriteString("L")
		}
		c.b.WriteString(num(p.X) + " " + num(p.Y))
	}
}

func (c *svgCanvas) line(pts []pt, s stroke) { c.lines([][]pt{pts}, s) }

func (c *svgCanvas) lines(ls [][]pt, s stroke) {
	fmt.Fprintf(&c.b, `<path class="s%d" stroke-width="%s"`, s.Ink, num(s.Width))
	if len(s.Dash) > 0 {
		var d []string
		for _, v := range s.Dash {
			d = append(d, num(v))
		}
		c.b.WriteString(` stroke-dasharray="` + strings.Join(d, " ") + `"`)
	}
	if s.Alpha > 0 {
		c.b.WriteString(` stroke-opacity="` + num(s.Alpha) + `"`)
	}
	c.b.WriteString(` d="`)
	for _, pts := range ls {
		c.path(pts)
	}
	c.b.WriteString(`"/>`)
}

func (c *svgCanvas) fill(pts []pt, ink Ink, alpha float64) {
	fmt.Fprintf(&c.b, `<path class="f%d"`, ink)
	if alpha < 1 {
		c.b.WriteString(` fill-opacity="` + num(alpha) + `"`)
	}
	c.b.WriteString(` d="`)
	c.path(pts)
	c.b.WriteString(`Z"/>`)
}

func (c *svgCanvas) mark(p pt, shape Shape, r float64, ink Ink, hollow bool, d *datum) {
	class := "m"
	if d != nil {
		class = "p"
	}
	switch {
	case r == 0:
		// A point of a curve: a place for the crosshair only.
		fmt.Fprintf(&c.b, `<circle class="p" cx="%s" cy="%s" r="0"`, num(p.X), num(p.Y))
		c.datum(d)
		return
	case hollow:
		fmt.Fprintf(&c.b, `<path class="%s f%d s%d" stroke-width="1.4"`, class, InkGround, ink)
	default:
		fmt.Fprintf(&c.b, `<path class="%s f%d rim"`, class, ink)
	}
	pts := shapePoints(shape, r)
	for i := range pts {
		pts[i].X += p.X
		pts[i].Y += p.Y
	}
	c.b.WriteString(` d="`)
	if shape == Circle {
		fmt.Fprintf(&c.b, `M%s %sa%s %s 0 1 0 %s 0a%s %s 0 1 0 -%s 0`, num(p.X-r), num(p.Y), num(r), num(r), num(2*r), num(r), num(r), num(2*r))
	} else {
		c.path(pts)
	}
	c.b.WriteString(`Z"`)
	c.datum(d)
}

func (c *svgCanvas) datum(d *datum) {
	if d == nil {
		c.b.WriteString("/>")
		return
	}
	fmt.Fprintf(&c.b, ` data-s="%s" data-v="%s"`, html.EscapeString(d.Series), html.EscapeString(d.Value))
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
	fmt.Fprintf(&c.b, `<text class="f%d`, l.Ink)
	if l.Halo {
		c.b.WriteString(" halo")
	}
	fmt.Fprintf(&c.b, `" x="%s" y="%s" font-size="%s"`, num(p.X), num(p.Y), num(l.Size))
	if l.Bold {
		c.b.WriteString(` font-weight="600"`)
	}
	switch l.Anchor {
	case anchorMiddle:
		c.b.WriteString(` text-anchor="middle"`)
	case anchorEnd:
		c.b.WriteString(` text-anchor="end"`)
	}
	c.b.WriteString(">" + html.EscapeString(s) + "</text>")
}

// num writes a coordinate to a tenth of a pixel, small widths to a hundredth.
func num(v float64) string {
	k := 10.0
	if math.Abs(v) < 10 {
		k = 100
	}
	return strconv.FormatFloat(math.Round(v*k)/k+0, 'f', -1, 64)
}
