package plots

import (
	"fmt"
	"image/color"
)

// Ink is a colour by role; a theme says what it looks like.
type Ink int

const (
	InkText  Ink = iota // titles, values
	InkMuted            // labels, captions
	InkGrid             // hairlines
	InkGround
	InkShade // oversubscribed region, no-difference band
	InkIdeal // reference lines
	InkBad   // failed, missing
	InkPart0 // parts of a stacked bar: VMA
	InkPart1 // lock
	InkPart2 // index
	InkPart3 // lost to the slab
	InkData  // the first of the design colours
)

// numData is the number of design colours, numControl of those for controls.
const numData, numControl = 8, 4

// Theme maps every Ink to a colour.
type Theme struct {
	Name string
	inks []color.NRGBA
}

// Design colours descend from the Okabe-Ito set, darkened for white paper and
// lightened for a dark ground until text in them reads (contrast 4.5 at least;
// a test computes it). Controls are greys.
var (
	Light = theme("light", "1b1f24 57606a dfe3e8 ffffff eef1f4 6e7781 b3261e 8b98a9 24364d c9b27c bcc4cd",
		"b84a00 0062a3 007a57 9c3f78 7d5f00 1f7391 665f00 8a3ffc",
		"4d5359 62686f 71777e 6b6256")
	Dark = theme("dark", "e6e9ed 9aa4af 2d333b 14171b 1f242b 8b949e ff8a80 6f7d8f d8e3f2 a08a55 4a545f",
		"ff9a5c 62b5f5 3ccf9f e593c3 e3b341 7fd3f0 d6cf55 c4a3ff",
		"c3c8ce aab0b7 959ca4 b8ad9c")
)

func theme(name string, lists ...string) Theme {
	t := Theme{Name: name}
	for _, l := range lists {
		var hex uint32
		for len(l) >= 6 {
			fmt.Sscanf(l[:6], "%06x", &hex)
			t.inks = append(t.inks, color.NRGBA{uint8(hex >> 16), uint8(hex >> 8), uint8(hex), 255})
			l = l[min(7, len(l)):]
		}
	}
	return t
}

// Color returns the colour of i.
func (t Theme) Color(i Ink) color.NRGBA { return t.inks[i] }

// Hex returns the colour of i as #rrggbb.
func (t Theme) Hex(i Ink) string {
	c := t.inks[i]
	return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)
}

// Shape is a marker.
type Shape int

const (
	Circle Shape = iota
	Square
	Triangle
	Diamond
	TriangleDown
	Pentagon
	Cross
	Plus
	numShapes
)

// Style is what makes a design recognisable without its name.
type Style struct {
	Ink    Ink
	Shape  Shape
	Dash   []float64 // nil is solid
	Hollow bool      // the marker; used for controls
}

var dashes = [][]float64{nil, {9, 3}, {10, 3, 2, 3}, {5, 2}, {12, 3, 2, 3, 2, 3}, {7, 4}}

// The three designs that the suite is about, the range lock beside them, and the
// kernel that runs it, keep their look in every run, whatever else was in it.
var fixed = map[string]Style{
	"mmaponly":  {Ink: InkData, Shape: Square, Dash: dashes[2]},
	"rwsem":     {Ink: InkData + 1, Shape: Triangle, Dash: dashes[1]},
	"refcount":  {Ink: InkData + 2, Shape: Circle},
	"rangelock": {Ink: InkData + 6, Shape: Plus, Dash: dashes[4]},
	"linux":     {Ink: InkData + 7, Shape: Diamond, Hollow: true, Dash: dashes[3]},
}

const numMain = 3

// styles gives every design its look, by name for those above and by the order
// of the run's table for the rest.
func styles(names []string, control func(string) bool) map[string]Style {
	out := make(map[string]Style, len(names))
	next, grey := numMain, 0
	for _, n := range names {
		s, ok := fixed[n]
		switch {
		case ok:
		case control(n):
			s = Style{Ink: InkData + numData + Ink(grey%numControl), Hollow: true,
				Shape: Shape((grey + 4) % int(numShapes)), Dash: dashes[(grey+3)%len(dashes)]}
			grey++
		default:
			i := numMain + (next-numMain)%(numData-numMain-1) // the last is the kernel's
			s = Style{Ink: InkData + Ink(i), Shape: Shape(next % int(numShapes)), Dash: dashes[next%len(dashes)]}
			next++
		}
		out[n] = s
	}
	return out
}
