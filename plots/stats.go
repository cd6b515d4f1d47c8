package plots

import (
	"math"
	"slices"

	"golang.org/x/perf/benchmath"

	"vmabench/results"
)

// stat is a median over trials with its 95 % interval.
type stat struct {
	Med, Lo, Hi float64
	N           int
}

var none = stat{math.NaN(), math.NaN(), math.NaN(), 0}

// summarize is for what a trial does not record as it stands, such as the rate
// of one kind of operation; samples of a unit are summarized by results.
func summarize(xs []float64) stat {
	if len(xs) == 0 {
		return none
	}
	s := benchmath.AssumeNothing.Summary(benchmath.NewSample(slices.Clone(xs), &benchmath.DefaultThresholds), results.Confidence)
	return stat{s.Center, s.Lo, s.Hi, len(xs)}
}

// kept is the paired ratio of two cells of one design in a unit, repetition by
// repetition.
func kept(from, to *cell, unit string) stat {
	if from == nil || to == nil {
		return none
	}
	bs, br := from.samples(unit)
	xs, xr := to.samples(unit)
	var ratios []float64
	for i, r := range xr {
		if j := slices.Index(br, r); j >= 0 && bs[j] > 0 {
			ratios = append(ratios, xs[i]/bs[j])
		}
	}
	return summarize(ratios)
}

// comparison is the run compared with one baseline.
type comparison struct {
	*results.Comparison
	byKey map[deltaKey]*results.Delta
}

type deltaKey struct {
	cellKey
	unit string
}

// versus compares the run with a baseline, once.
func (d *data) versus(base string) *comparison {
	if c, ok := d.against[base]; ok {
		return c
	}
	c := &comparison{Comparison: results.Compare(d.folder, results.Options{Baseline: base}), byKey: map[deltaKey]*results.Delta{}}
	for i := range c.Deltas {
		x := &c.Deltas[i]
		k, _ := keyOf(x.New.Cell.Trials[0])
		c.byKey[deltaKey{k, x.Unit}] = x
	}
	d.against[base] = c
	return c
}

// delta is the comparison of a throughput cell with the baseline's; nil where
// one of them is missing.
func (d *data) delta(base, scen, variant string, procs int, unit string) *results.Delta {
	return d.versus(base).byKey[deltaKey{cellKey{kind: results.Throughput, scenario: scen, variant: variant, procs: procs}, unit}]
}

func ratioOf(x *results.Delta) stat {
	if x == nil {
		return none
	}
	return stat{x.Ratio, x.Lo, x.Hi, x.Blocks}
}
