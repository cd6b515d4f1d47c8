package plots

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"vmabench/results"
)

// matrixRow is one row of the summary: a workload at one GOMAXPROCS.
type matrixRow struct {
	Workload, Procs string
	Cells           []matrixCell
}

type matrixCell struct{ Text, Interval, Class string }

// point is a place where designs are compared: a scenario at one worker, and
// at as many as there are CPUs.
type point struct {
	s     *scenario
	procs int
}

func (d *data) points() []point {
	var out []point
	scens := d.of(results.Throughput, nil)
	for i := range scens {
		s := &scens[i]
		if !d.hasRates(s.key) {
			continue // timed alone, as in a run of growth
		}
		top := d.ranked(s.key)
		if top > 1 && len(d.barNames(results.Throughput, s.key, 1)) > 0 {
			out = append(out, point{s, 1})
		}
		if top > 0 {
			out = append(out, point{s, top})
		}
	}
	return out
}

// hasRates reports that a trial of the scenario has a throughput, or failed.
func (d *data) hasRates(scen string) bool {
	return slices.ContainsFunc(d.order, func(c *cell) bool {
		xs, _ := c.samples("ops/s")
		return c.key.kind == results.Throughput && c.key.scenario == scen && (len(xs) > 0 || len(c.failed) > 0)
	})
}

// matrix returns the summary's rows, and the geometric means of its ratios at
// one worker and at all CPUs.
func (d *data) matrix() (rows, means []matrixRow) {
	cols := append([]string{d.baseline}, without(d.main(), d.baseline)...)
	sums := map[string][]mean{}
	var order []string
	for _, pt := range d.points() {
		row := matrixRow{Workload: pt.s.title, Procs: strconv.Itoa(pt.procs)}
		at := "alone"
		if pt.procs > 1 {
			at = "all CPUs"
		}
		if sums[at] == nil {
			sums[at] = make([]mean, len(cols))
			order = append(order, at)
		}
		for i, n := range cols {
			row.Cells = append(row.Cells, d.matrixCell(pt, n))
			if x := d.delta(d.baseline, pt.s.key, n, pt.procs, "ops/s"); x != nil && x.Ratio > 0 && finite(x.Ratio) {
				sums[at][i].add(x.Ratio)
			}
		}
		rows = append(rows, row)
	}
	for _, at := range order {
		row := matrixRow{Workload: "geometric mean", Procs: at}
		for i := range cols {
			row.Cells = append(row.Cells, sums[at][i].cell(i == 0))
		}
		means = append(means, row)
	}
	return rows, means
}

// mean is a geometric mean of ratios and their range.
type mean struct {
	sum, lo, hi float64
	n           int
}

func (m *mean) add(r float64) {
	if m.n == 0 {
		m.lo, m.hi = r, r
	}
	m.sum += math.Log(r)
	m.lo, m.hi = math.Min(m.lo, r), math.Max(m.hi, r)
	m.n++
}

func (m *mean) cell(base bool) matrixCell {
	switch {
	case base:
		return matrixCell{Text: "1"}
	case m.n == 0:
		return matrixCell{Text: "–", Class: "same"}
	}
	g := math.Exp(m.sum / float64(m.n))
	return matrixCell{Text: change(g), Interval: between(g, m.lo, m.hi)}
}

func (d *data) matrixCell(pt point, n string) matrixCell {
	c := d.get(results.Throughput, pt.s.key, n, pt.procs)
	switch {
	case c == nil:
		return matrixCell{Text: "missing", Class: "bad"}
	case len(c.trials) == 0:
		return matrixCell{Text: "failed", Class: "bad"}
	case n == d.baseline:
		return matrixCell{Text: d.rateText(c)}
	}
	x := d.delta(d.baseline, pt.s.key, n, pt.procs, "ops/s")
	if x == nil {
		return matrixCell{Text: d.rateText(c), Class: "same"}
	}
	return deltaCell(x)
}

// rateText is a cell's throughput, and of how many trials where some failed or
// are missing.
func (d *data) rateText(c *cell) string {
	xs, _ := c.samples("ops/s")
	s := SI.Write(summarize(xs).Med)
	if len(xs) < d.run.Plan.Count {
		s += fmt.Sprintf(" (%d of %d)", len(xs), d.run.Plan.Count)
	}
	return s
}

func deltaCell(x *results.Delta) matrixCell {
	c := matrixCell{Text: change(x.Ratio), Class: "same"}
	if finite(x.Lo, x.Hi) && x.Lo < x.Hi {
		c.Interval = between(x.Ratio, x.Lo, x.Hi)
	}
	switch b := x.Better(); {
	case b > 0:
		c.Class = "better"
	case b < 0:
		c.Class = "worse"
	default:
		c.Text = "~ " + c.Text
	}
	return c
}

// script is the summary's data for the page's script, which writes the rows
// again for the reader's baseline, designs and workloads.
type script struct {
	Base      string
	Designs   []string
	Baselines []string
	Points    []scriptPoint
	// Losses are the cells of each row of the table of losses.
	Losses [][]lossCell
}

type scriptPoint struct {
	W, T  string // workload, title
	P     int    // GOMAXPROCS
	Alone bool
	// V is the text of each design's rate; R the ratio of each design to each
	// baseline: by baseline, by design: ratio, text, interval, class.
	V map[string]string
	R map[string]map[string]scriptRatio
}

type scriptRatio struct {
	X float64
	T string `json:",omitempty"`
	I string `json:",omitempty"`
	C string `json:",omitempty"`
}

func (d *data) script() script {
	out := script{Base: d.baseline, Designs: append([]string{}, d.main()...), Baselines: append([]string{}, d.baselines()...), Points: []scriptPoint{}} // [], not null
	for _, pt := range d.points() {
		p := scriptPoint{W: pt.s.workload, T: pt.s.title, P: pt.procs, Alone: pt.procs == 1, V: map[string]string{}, R: map[string]map[string]scriptRatio{}}
		for _, n := range d.main() {
			c := d.get(results.Throughput, pt.s.key, n, pt.procs)
			switch {
			case c == nil:
				p.V[n] = "missing"
			case len(c.trials) == 0:
				p.V[n] = "failed"
			default:
				p.V[n] = d.rateText(c)
			}
		}
		for _, base := range d.baselines() {
			p.R[base] = map[string]scriptRatio{}
			for _, n := range without(d.main(), base) {
				x := d.delta(base, pt.s.key, n, pt.procs, "ops/s")
				if x == nil || !finite(x.Ratio) {
					continue
				}
				c := deltaCell(x)
				r := fmt.Sprintf("%.5g", x.Ratio)
				p.R[base][n] = scriptRatio{number(r), c.Text, c.Interval, c.Class}
			}
		}
		out.Points = append(out.Points, p)
	}
	for _, l := range d.losses() {
		out.Losses = append(out.Losses, l.Cells)
	}
	return out
}
