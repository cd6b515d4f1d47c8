package plots

import (
	"fmt"
	"math"

	"vmabench/results"
)

// figStability shows every trial against its cell's median, in the order of
// the repetitions, and what the slices say of the warm-up.
func figStability(d *data) []*Figure {
	const id, title = "stability", "Trials over time"
	table := &Table{Head: []string{"workload", "GOMAXPROCS", "design", "spread (CV)", "outliers", "drift (ρ)", "trial to next", "first slice", "95 % interval", "slices that trend", "warnings"}, Left: 3}
	var panels []Panel
	drifts, cold := 0, 0
	for _, s := range d.of(results.Throughput, nil) {
		procs := d.ranked(s.key)
		strip := &Strip{}
		for _, n := range d.main() {
			c := d.get(results.Throughput, s.key, n, procs)
			if c == nil || len(c.trials) == 0 {
				continue
			}
			sum := c.Summarize("ns/op")
			strip.Rows = append(strip.Rows, stripRow(n, c, sum.Median))
			row := []string{s.title, fmt.Sprint(procs), n, Share.Write(sum.CV), fmt.Sprint(len(sum.Outliers)), signed(sum.Drift.Rho, 4), signed(sum.Autocorr, 4), "–", "", "", ""}
			if sum.Drift.P < 0.01 {
				drifts++
				row[10] = "drifts"
			}
			if w, ok := c.WarmUp(); ok {
				row[7], row[8], row[9] = Percent.Write(w.First), interval(Percent, w.Lo, w.Hi), fmt.Sprintf("%d of %d", w.Drifting, w.Trials)
				if w.Lo > 1.05 {
					cold++
					row[10] = "the first slice is slow"
				}
			}
			table.Rows = append(table.Rows, row)
		}
		if len(strip.Rows) > 0 {
			panels = append(panels, Panel{Title: fmt.Sprintf("%s, GOMAXPROCS %d", s.title, procs), Workload: s.workload, Strip: strip, X: Axis{Label: "repetitions, first to last"}})
		}
	}
	if len(panels) == 0 {
		return missing(id, secChecks, title, "the run has no throughput trials")
	}
	return []*Figure{{
		ID: id, Section: secChecks, Title: fmt.Sprintf("%s: %d of %d cells drift, %d began cold", title, drifts, len(table.Rows), cold),
		Subtitle: "Each cell is one trial's time per operation against the median of its cell: faint is 10 % faster, strong is 10 % slower, red was disturbed. " +
			"A pattern from left to right is a drift. First slice: against the trial's median slice; a trend in one of a hundred is chance.",
		Panels: panels, Table: table,
	}}
}

func stripRow(name string, c *cell, median float64) StripRow {
	row := StripRow{Name: name}
	for _, t := range c.Trials {
		v, ok := t.Value("ns/op")
		if !ok || t.Failed != "" {
			v = math.NaN()
		}
		row.Cells = append(row.Cells, 0.5+(v/median-1)*5)
		row.Bad = append(row.Bad, t.Failed == "" && !t.Guard.OK)
	}
	return row
}
