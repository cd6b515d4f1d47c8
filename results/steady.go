package results

import (
	"fmt"
	"math"
	"strings"

	"github.com/montanaflynn/stats"
)

// WarmUp says whether the slices of a cell's trials are stationary.
type WarmUp struct {
	Trials int // that carry a trace
	// First is the median over trials of the first accepted slice over the
	// trial's median slice: above 1 the warm-up was too short.
	First, Lo, Hi float64
	P             float64 // of no difference between the first slice and the rest
	// Drifting trials have slices that trend (Spearman, p < 0.01 uncorrected);
	// one in a hundred does by chance.
	Drifting int
}

// WarmUp judges the traces of the cell's trials; ok is false without any.
func (c *Cell) WarmUp() (w WarmUp, ok bool) {
	var first []float64
	for _, t := range c.Trials {
		if len(t.Trace) < 2 || t.Failed != "" {
			continue
		}
		m, err := stats.Median(t.Trace)
		if err != nil || m <= 0 {
			continue
		}
		first = append(first, t.Trace[0]/m)
		if trend(t.Trace).P < 0.01 {
			w.Drifting++
		}
	}
	if len(first) == 0 {
		return w, false
	}
	m := estimate(first, false)
	w.Trials, w.First, w.Lo, w.Hi = len(first), m.Center, m.Lo, m.Hi
	for i, r := range first {
		first[i] = math.Log(r)
	}
	w.P = SignedRank(first)
	return w, true
}

// unsteady says which benchmarks were not yet warm, and which drift from trial
// to trial. Each p-value is corrected by Holm's method over all that are
// looked at; differences below 2 % in the first slice are not called cold.
func (f *Folder) unsteady() (out []string) {
	var cells []*Cell
	var warm []WarmUp
	var p []float64
	for _, c := range f.Cells() {
		if w, ok := c.WarmUp(); ok {
			cells, warm, p = append(cells, c), append(warm, w), append(p, w.P)
		}
	}
	var cold []string
	for i, q := range Holm(p) {
		if q <= 0.05 && math.Abs(warm[i].First-1) > 0.02 {
			cold = append(cold, fmt.Sprintf("%s of %s (×%.2f)", cells[i].Label(), cells[i].Variant, warm[i].First))
		}
	}
	if len(cold) > 0 {
		out = append(out, fmt.Sprintf("in %d of %d benchmarks the first slice differs from the rest, the warm-up was too short: %s",
			len(cold), len(cells), some(cold)))
	}
	all := Summaries(f)
	var drift []string
	for i := range all {
		for _, w := range all[i].Warnings {
			if strings.HasPrefix(w, driftWord) {
				drift = append(drift, fmt.Sprintf("%s of %s in %s (%+.2f)", all[i].Cell.Label(), all[i].Cell.Variant, all[i].Unit, all[i].Drift.Rho))
			}
		}
	}
	if len(drift) > 0 {
		out = append(out, fmt.Sprintf("%d of %d samples drift with the order of their trials: %s", len(drift), len(all), some(drift)))
	}
	return out
}

// some lists at most four names.
func some(names []string) string {
	if len(names) > 4 {
		return strings.Join(names[:3], ", ") + fmt.Sprintf(", and %d more", len(names)-3)
	}
	return strings.Join(names, ", ")
}
