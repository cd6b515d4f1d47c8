package plots

import (
	"fmt"
	"strconv"

	"vmabench/results"
)

// figOverview is the summary as a picture: each design over the baseline, alone
// and with all CPUs, once for every design as the baseline.
func figOverview(d *data) []*Figure {
	const id, title = "overview", "Throughput over the baseline"
	if len(d.main()) < 2 || !d.comparable() {
		return missing(id, secThroughput, title, "it takes throughput trials of two designs")
	}
	out := []*Figure{d.overview(d.baseline)}
	for _, n := range without(d.baselines(), d.baseline) {
		f := d.overview(n)
		f.ID, f.Hidden = id+"-"+n, true
		out = append(out, f)
	}
	return out
}

// comparable reports that some point has two designs with throughput.
func (d *data) comparable() bool {
	for _, pt := range d.points() {
		for _, n := range without(d.main(), d.baseline) {
			if d.delta(d.baseline, pt.s.key, n, pt.procs, "ops/s") != nil {
				return true
			}
		}
	}
	return false
}

func (d *data) overview(base string) *Figure {
	effect, mixed := d.versus(base).Options.Effect, d.mixedProcs()
	one := Panel{Title: "GOMAXPROCS 1", Dots: true}
	all := Panel{Title: "as many workers as CPUs", Dots: true}
	for _, pt := range d.points() {
		p := &all
		if pt.procs == 1 {
			p = &one
		}
		rows := []Row{{Heading: pt.s.title, Workload: pt.s.workload}}
		if p == &all && mixed {
			rows[0].Heading += ", " + strconv.Itoa(pt.procs)
		} else if p == &all {
			p.Title = "GOMAXPROCS " + strconv.Itoa(pt.procs)
		}
		for _, n := range without(d.main(), base) {
			rows = append(rows, d.overRow(base, n, pt))
		}
		p.Rows = append(p.Rows, rows...)
	}
	var panels []Panel
	for _, p := range []Panel{one, all} {
		if len(p.Rows) > 0 {
			p.X.Label = "throughput over " + base
			p.Shades, p.Lines = []Shade{{Lo: 1 - effect, Hi: 1 + effect}}, []RefLine{{X: 1}}
			panels = append(panels, p)
		}
	}
	ratioRows(panels)
	scens := d.of(results.Throughput, nil)
	return &Figure{
		ID: "overview", Section: secThroughput, Title: d.relativeTitle(scens, base), Baseline: base,
		Subtitle: fmt.Sprintf("Throughput over that of %s; right is better. Median of the ratios paired by repetition with its 95 %% interval; the line is no change, its grey ground ±%s, below which nothing counts as a difference.",
			base, trimZeros(Share.Write(effect))),
		Panels: panels, Legend: d.legend(panels), Table: tableOfRows(panels, "workers", "over "+base), Samples: []results.Kind{results.Throughput},
	}
}

// mixedProcs reports that not all workloads ran at the same largest GOMAXPROCS
// within the CPUs.
func (d *data) mixedProcs() bool {
	top := 0
	for _, pt := range d.points() {
		if pt.procs == 1 {
			continue
		}
		if top > 0 && pt.procs != top {
			return true
		}
		top = pt.procs
	}
	return false
}

// overRow is a design over the baseline at one point: what a table's cell says.
func (d *data) overRow(base, n string, pt point) Row {
	x := d.delta(base, pt.s.key, n, pt.procs, "ops/s")
	r := rowOf(n, d.style[n], ratioOf(x), d.get(results.Throughput, pt.s.key, n, pt.procs))
	if x != nil && r.Failed == "" {
		r.Text = deltaCell(x).Text
	}
	return r
}

// ratioRows puts rows of ratios on one logarithmic axis, where twice and half
// are as far from 1.
func ratioRows(panels []Panel) {
	up, down := 1.04, 1.04
	for i := range panels {
		for j := range panels[i].Rows {
			r := &panels[i].Rows[j]
			stretch(&down, &up, r.Value, r.Lo, r.Hi)
		}
	}
	for i := range panels {
		x := &panels[i].X
		x.Scale, x.Format = Log10, Percent
		x.Min, x.Max, x.Ticks = ratioAxis(down, up)
	}
}
