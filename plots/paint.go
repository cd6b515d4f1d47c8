package plots

import (
	"math"

	"gonum.org/v1/plot/font"
	_ "gonum.org/v1/plot/font/liberation" // the faces that text is measured with
)

// pt is a place in pixels, y down.
type pt struct{ X, Y float64 }

// box is a rectangle in pixels.
type box struct{ X, Y, W, H float64 }

func (b box) right() float64  { return b.X + b.W }
func (b box) bottom() float64 { return b.Y + b.H }

// stroke is how a line is drawn.
type stroke struct {
	Ink   Ink
	Width float64
	Dash  []float64
	Alpha float64 // 0 is opaque
	Round bool
}

// Anchors of text.
const (
	anchorStart = iota
	anchorMiddle
	anchorEnd
)

// label is how text is drawn.
type label struct {
	Size   float64
	Ink    Ink
	Bold   bool
	Anchor int
	Halo   bool // a rim of the ground colour, for text over lines
}

// canvas is what the painter draws on: a gonum/plot canvas or an SVG writer.
type canvas interface {
	line(pts []pt, s stroke)
	// lines strokes several lines as one, which is much smaller in SVG.
	lines(ls [][]pt, s stroke)
	fill(pts []pt, ink Ink, alpha float64)
	mark(p pt, shape Shape, r float64, ink Ink, hollow bool, d *datum)
	text(p pt, s string, l label)
	// open starts a group that belongs to a design, or to a workload; the page
	// can hide either. A row takes h pixels of the panel's height, which the
	// page closes up when it hides the row.
	open(class, design string)
	openRow(class, design string, h float64)
	openWorkload(name string)
	close()
}

// datum is what a mark stands for; the page's crosshair reads it.
type datum struct {
	Series   string
	Value    string // as a table writes it
	X        string
	At       float64 // x in pixels
	Interval string
	N        int
}

// Sizes of text, in pixels.
const (
	sizeTick  = 10.5
	sizeLabel = 11
	sizeTitle = 12.5
	lineGap   = 13.0
)

var faces = font.NewCache(liberationSans())

// textWidth measures s as the files will draw it. Pages use a metric-compatible
// family.
func textWidth(s string, size float64, bold bool) float64 {
	f := faces.Lookup(sans(bold), font.Length(size))
	return float64(f.Width(s))
}

// mostName is the share of a panel's width that a name may take; a longer one is cut,
// and stands in full in the legend and the table.
const mostName = 0.36

// fit cuts s so that it is at most width pixels wide; "" if nothing legible is.
func fit(s string, width, size float64, bold bool) string {
	if textWidth(s, size, bold) <= width {
		return s
	}
	rs := []rune(s)
	for n := len(rs) - 1; n >= 3; n-- {
		if t := string(rs[:n]) + "…"; textWidth(t, size, bold) <= width {
			return t
		}
	}
	return ""
}

func frameLine(c canvas, b box, s stroke) {
	c.line([]pt{{b.X, b.Y}, {b.right(), b.Y}, {b.right(), b.bottom()}, {b.X, b.bottom()}, {b.X, b.Y}}, s)
}

func fillBox(c canvas, b box, ink Ink, alpha float64) {
	c.fill([]pt{{b.X, b.Y}, {b.right(), b.Y}, {b.right(), b.bottom()}, {b.X, b.bottom()}}, ink, alpha)
}

// hatch draws diagonal lines over b: the sign of what was not measured as it
// stands (a model, a loss, an oversubscribed point).
func hatch(c canvas, b box, s stroke, step float64) {
	if !finite(b.X, b.Y, b.W, b.H) {
		return
	}
	// A diagonal is x+y = k within the box.
	var ls [][]pt
	for k := math.Ceil((b.X+b.Y)/step) * step; k < b.right()+b.bottom(); k += step {
		x0, x1 := math.Max(b.X, k-b.bottom()), math.Min(b.right(), k-b.Y)
		if x1-x0 > 0.5 {
			ls = append(ls, []pt{{x0, k - x0}, {x1, k - x1}})
		}
	}
	if len(ls) > 0 {
		c.lines(ls, s)
	}
}

// shapePoints are the corners of a marker around the origin.
func shapePoints(s Shape, r float64) []pt {
	poly := func(n int, turn, k float64) []pt {
		out := make([]pt, n)
		for i := range out {
			a := turn + 2*math.Pi*float64(i)/float64(n)
			out[i] = pt{k * r * math.Sin(a), -k * r * math.Cos(a)}
		}
		return out
	}
	switch s {
	case Square:
		return poly(4, math.Pi/4, 1.25)
	case Triangle:
		return poly(3, 0, 1.35)
	case Diamond:
		return poly(4, 0, 1.35)
	case TriangleDown:
		return poly(3, math.Pi, 1.35)
	case Pentagon:
		return poly(5, 0, 1.15)
	case Cross, Plus:
		const w = 0.3
		arms := []pt{{-w, -1.2}, {w, -1.2}, {w, -w}, {1.2, -w}, {1.2, w}, {w, w}, {w, 1.2}, {-w, 1.2}, {-w, w}, {-1.2, w}, {-1.2, -w}, {-w, -w}}
		sin, cos := 0.0, 1.0
		if s == Cross {
			sin, cos = math.Sqrt2/2, math.Sqrt2/2
		}
		for i, p := range arms {
			arms[i] = pt{r * (p.X*cos - p.Y*sin), r * (p.X*sin + p.Y*cos)}
		}
		return arms
	}
	return poly(20, 0, 1)
}

// spread moves labels apart so that none is closer than gap to the next, as
// little as possible, within [lo, hi]. ys are wanted places in rising order.
func spread(ys []float64, gap, lo, hi float64) []float64 {
	type block struct {
		sum float64 // of wanted places, each less its offset in the block
		n   int
		at  float64
	}
	var bs []block
	for _, y := range ys {
		b := block{sum: y, n: 1}
		for {
			b.at = b.sum / float64(b.n)
			span := float64(b.n-1) * gap
			b.at = math.Max(lo, math.Min(b.at, hi-span))
			if len(bs) == 0 {
				break
			}
			p := bs[len(bs)-1]
			if p.at+float64(p.n)*gap <= b.at {
				break
			}
			// b joins p: its members sit p.n gaps lower.
			b.sum += p.sum - float64(p.n)*gap*float64(b.n)
			b.n += p.n
			bs = bs[:len(bs)-1]
		}
		bs = append(bs, b)
	}
	var out []float64
	for _, b := range bs {
		for i := range b.n {
			out = append(out, b.at+float64(i)*gap)
		}
	}
	return out
}
