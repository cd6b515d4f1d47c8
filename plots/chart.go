package plots

import (
	"html/template"

	"vmabench/results"
)

// Figure is one chart: panels on shared axes under a title that says what was
// found.
type Figure struct {
	ID       string // stable: file name and anchor
	Section  string
	Title    string // the finding
	Subtitle string // metric, unit, which way is better
	Missing  string // what the run lacks to draw it; "" when drawn
	Panels   []Panel
	Legend   []Key
	Notes    []string       // what a reader must know to read it right
	Table    *Table         // the same numbers
	Body     template.HTML  // in place of panels, on the page only
	Command  string         // how to get this figure's data again
	Samples  []results.Kind // drawn from trials of these kinds, whose lines the page has
	// Baseline is the design that a relative figure is relative to.
	Baseline string
	// Hidden until the reader picks another baseline; never drawn to a file.
	Hidden bool
}

// Panel is one rectangle of a figure.
type Panel struct {
	Title    string
	Workload string // for the page's filter; "" always shows
	X, Y     Axis
	Series   []Series
	Lines    []RefLine
	Shades   []Shade
	Rows     []Row       // bars instead of series
	Bytes    *ByteMap    // a byte layout instead of series
	Strip    *Strip      // a heat strip instead of series
	Dots     bool        // the rows are marks on the axis, not bars from zero
	Modelled bool        // hatched ground and the word
	Empty    string      // what is missing; nothing else is drawn then
	Notes    []PanelNote // words placed at data coordinates
	W, H     float64     // pixels on the page; 0 is the default
	Room     rowRoom     // at least, beside the rows: one for all panels of a figure
}

// Axis is a panel's axis.
type Axis struct {
	Label    string
	Scale    Scale
	Format   Format
	Min, Max float64
	Ticks    []Tick // nil are chosen
}

// Series is one design's line with its 95 % intervals. Lo and Hi are nil where
// there are none.
type Series struct {
	Name, Label string // variant, and what stands at the line's end
	Style       Style
	X, Y        []float64
	Lo, Hi      []float64
	N           []int
	Hollow      []bool // oversubscribed
	Failed      []string
	Modelled    bool
	Curve       bool   // many points: no markers
	Probe       []bool // points of a curve that the crosshair stops at
	Quiet       bool   // a control that is context: thin
	Marks       bool   // no line joins the points
}

// RefLine is a reference line: y = A + B*x, level where x is beyond To unless
// that is 0; or a vertical line at X.
type RefLine struct {
	Label    string
	A, B     float64
	To       float64
	Vertical bool
	X        float64
}

// Shade is a region: of x values, or of y values.
type Shade struct {
	Label  string
	OfY    bool
	Lo, Hi float64
}

// PanelNote is a word at a place.
type PanelNote struct {
	X, Y float64
	Text string
}

// Row is a horizontal bar with its whisker, or a heading above a group of them.
type Row struct {
	Heading string // a group's name; the rest is not used then
	// Workload of a heading's group, for the page's filter.
	Workload string
	Label    string
	Name     string // variant, for the filter
	Style    Style
	Value    float64
	Lo, Hi   float64 // NaN is no interval
	N        int
	Parts    []Part // stacked; Value is their sum
	Text     string // beside the bar; "" writes Value
	Failed   string // drawn in place of the bar
	Hollow   bool   // oversubscribed or modelled: hatched
}

// Part is one piece of a stacked bar.
type Part struct {
	Name  string
	Ink   Ink
	Value float64
	Hatch bool
}

// ByteMap is a struct drawn byte by byte, one cache line a row.
type ByteMap struct {
	Size  int
	Boxes []ByteBox
}

// ByteBox is one field of it.
type ByteBox struct {
	Name, Type   string
	Offset, Size int
	Lock, Pad    bool
}

// Strip is a row of cells shaded by value, one row a name.
type Strip struct {
	Rows []StripRow
}

// StripRow is one row of a Strip; NaN is a cell that was not there.
type StripRow struct {
	Name  string
	Cells []float64 // 0 light to 1 dark
	Bad   []bool
}

// Key is one entry of a legend.
type Key struct {
	Label    string
	Style    Style
	Part     bool // a box of Style.Ink instead of a line
	Hatch    bool
	Line     bool // a reference line
	Modelled bool
}

// Table is a figure's numbers.
type Table struct {
	Head []string
	Rows [][]string
	// Left counts the columns from the left that are text, Note those from the
	// right.
	Left, Note int
}
