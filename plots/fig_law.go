package plots

import (
	"fmt"
	"math"

	"vmabench/results"
)

// figLaw fits the universal scalability law to what was measured, and to what
// was modelled, each where it has points enough.
func figLaw(d *data) []*Figure {
	const id, title = "law", "Universal scalability law"
	f := law{d: d, table: &Table{Head: []string{"workload", "design", "contention σ", "coherence κ", "best number of workers", "residuals, RMS"}, Left: 2}}
	for _, k := range []results.Kind{results.Throughput, results.Modelled} {
		for _, s := range d.of(k, nil) {
			f.fit(k, &s)
		}
	}
	if len(f.panels) == 0 {
		return missing(id, secModels, title, fmt.Sprintf("a fit needs %d numbers of workers within the CPUs, twice its parameters, measured or modelled", results.MinUSLPoints))
	}
	fromZero(f.panels, SI)
	points, of := "points within the CPUs", "measured"
	if d.modelledOn() != "" {
		points, of = "modelled points", "modelled too"
	}
	return []*Figure{{
		ID: id, Section: secModels, Title: fmt.Sprintf("%s: fits the %s to %s at worst (RMS)", title, points, Share.Write(f.worst)),
		Subtitle: "Operations per second; higher is better. Marks are " + of + ", dotted lines are the fit (modelled); the table has its parameters and residuals. A fit describes; it predicts nothing beyond its last point.",
		Panels:   f.panels, Legend: append(d.legend(f.panels), Key{Label: "fit", Modelled: true, Style: Style{Ink: InkIdeal}}), Table: f.table,
	}}
}

// law is the figure as it grows.
type law struct {
	d      *data
	panels []Panel
	table  *Table
	worst  float64 // residuals
}

// fit adds the panel of a scenario, if some design has points enough.
func (f *law) fit(k results.Kind, s *scenario) {
	p := f.d.byProcs(k, s, f.d.procs(k, ""), func(v string, procs int) stat { return f.d.unitStat(k, s.key, v, procs, "ops/s") }, f.d.main())
	if p.Y.Label = "operations/s"; k == results.Modelled {
		p.Shades, p.Modelled, p.X.Label, p.Y.Label = nil, true, "simulated CPUs", "operations/s (modelled)"
	}
	var fits []Series
	for j := range p.Series {
		m := &p.Series[j]
		var n []int
		var x []float64
		for i := range m.X {
			if k == results.Modelled || !m.Hollow[i] {
				if finite(m.Y[i]) {
					n, x = append(n, int(m.X[i])), append(x, m.Y[i])
				}
			}
		}
		l, err := results.FitUSL(n, x)
		if err != nil {
			continue
		}
		fit := Series{Name: m.Name, Style: m.Style, Modelled: true, Curve: true}
		for v := p.X.Min; v <= float64(n[len(n)-1])*1.0001; v *= math.Exp2(0.125) {
			fit.X, fit.Y = append(fit.X, v), append(fit.Y, l.At(v))
		}
		fits = append(fits, fit)
		peak := "–"
		if l.Peak > 0 {
			peak = sig(l.Peak, 3)
		}
		f.worst = math.Max(f.worst, l.RMS)
		f.table.Rows = append(f.table.Rows, []string{s.title, m.Name, sig(l.Sigma, 2), sig(l.Kappa, 2), peak, Share.Write(l.RMS)})
	}
	if len(fits) == 0 {
		return
	}
	for j := range p.Series {
		if m := &p.Series[j]; k == results.Modelled { // marks alone: the dots are the fit's
			m.Lo, m.Hi, m.Hollow = nil, nil, nil
			m.Style.Hollow, m.Marks = true, true
		}
	}
	p.Series = append(p.Series, fits...)
	f.panels = append(f.panels, p)
}
