package results

import (
	"fmt"
	"math"

	"golang.org/x/perf/benchmath"
)

// MinTrials is the least number of repetitions that a verdict is given on.
const MinTrials = 10

// Options says what counts as a difference. The zero value is the default.
type Options struct {
	Baseline string  // "" is the run's own, else its first design
	Effect   float64 // the smallest change that a verdict may call; 0 is 0.01
	Alpha    float64 // of each family of tests; 0 is 0.05
}

func (o Options) withDefaults(r *Run) Options {
	if o.Baseline == "" {
		o.Baseline = r.Baseline
	}
	if o.Baseline == "" && len(r.Designs) > 0 {
		o.Baseline = r.Designs[0].Name
	}
	if o.Effect == 0 {
		o.Effect = 0.01
	}
	if o.Alpha == 0 {
		o.Alpha = 0.05
	}
	return o
}

// Verdict is what a comparison shows. The words go by the unit: a rate that
// rises is faster.
type Verdict string

const (
	Same   Verdict = "~" // no evidence of a difference; no evidence of none
	Faster Verdict = "faster"
	Slower Verdict = "slower"
	Less   Verdict = "less" // bytes, and units that neither way is better
	More   Verdict = "more"
)

// Delta compares a cell with the cell that it is measured against.
type Delta struct {
	Old, New *Summary
	Unit     string
	// Ratio is new over old: the median of the ratios within the blocks that
	// both completed, with an interval of order statistics. Unpaired (Blocks
	// 0), the Hodges-Lehmann estimate with the interval that belongs to the
	// Mann-Whitney test.
	Ratio, Lo, Hi float64
	Blocks        int
	// P decides; 0 of exact values. U is Mann-Whitney's p-value, which benchstat
	// shows, W that of the signed-rank test on the ratios of the blocks. Unpaired,
	// P is U; paired, it is twice the smaller: the price of two tries.
	P, U, W float64
	Holm    float64 // P corrected within the family
	MinP    float64 // the smallest P that samples of these sizes can reach
	Family  int     // tests in the family, this one included
	Verdict Verdict
	// Ranked is false for cells that are not Ranked: shown, but no part of
	// rankings, gates and geometric means.
	Ranked   bool
	Exact    bool
	Warnings []string

	machine bool // of the machine itself and no design: a family of its own
}

// Better returns +1 when the new cell is shown to be better, -1 when worse, 0
// when nothing is shown or neither way is better.
func (d *Delta) Better() int {
	switch d.Verdict {
	case Faster:
		return 1
	case Slower:
		return -1
	case More:
		return int(BetterOf(d.Unit))
	case Less:
		return -int(BetterOf(d.Unit))
	}
	return 0
}

// Percent returns the change in percent.
func (d *Delta) Percent() float64 { return 100 * (d.Ratio - 1) }

// Comparison compares the designs of one run with a baseline among them.
type Comparison struct {
	Options  Options
	Deltas   []Delta // report order, then units, then designs
	Geomeans []Geomean
	Tests    int // significance tests made
	Families int // over which Holm's correction was applied
	Gaps     []Gap
	Warnings []string
}

// Compare compares every design of the run with the baseline, cell by cell and
// unit by unit. Controls and the running kernel are no part of it, nor are
// units that neither way is better.
//
// A verdict other than ~ needs all of: ten repetitions or more, a p-value of
// at most Alpha after Holm's correction within the workload's family (one
// workload, unit and kind of trial), an interval of the paired ratio that
// excludes 1, and a change of at least Effect.
//
// Two tests are made. Mann-Whitney's is blind to the blocks: it takes the noise
// that a block's designs share for noise of the comparison, and misses small
// changes. The signed-rank test on the blocks' ratios sees those, but on n
// blocks no p below 2/2^n, too few for a large family. Either may decide.
func Compare(f *Folder, o Options) *Comparison {
	o = o.withDefaults(f.Run)
	c := &Comparison{Options: o, Gaps: f.Gaps(), Warnings: f.Warnings()}
	for _, row := range rows(f.Cells()) {
		base := row.find(o.Baseline)
		if base == nil {
			continue
		}
		for _, u := range base.Units() {
			if BetterOf(u) == Neither {
				continue
			}
			for _, cell := range row.cells {
				if cell != base && f.isDesign(cell.Variant) {
					c.add(base, cell, u)
				}
			}
		}
	}
	c.Tests, c.Families = judge(c.Deltas, o)
	c.Geomeans = geomeans(c.Deltas)
	return c
}

// Find returns the delta of a cell against the baseline in a unit, nil when
// there is none.
func (c *Comparison) Find(cell *Cell, unit string) *Delta {
	for i := range c.Deltas {
		if d := &c.Deltas[i]; d.Unit == unit && d.New.Cell.Kind == cell.Kind && d.New.Cell.Name == cell.Name {
			return d
		}
	}
	return nil
}

// isDesign reports whether a variant is one of the designs that compete:
// neither a control nor the running kernel, which stands beside them.
func (f *Folder) isDesign(variant string) bool {
	for _, d := range f.Run.Designs {
		if d.Name == variant {
			return !d.Control && !d.Real
		}
	}
	return true
}

// row is the cells that differ in the variant alone, in table order.
type row struct{ cells []*Cell }

func (r *row) find(variant string) *Cell {
	for _, c := range r.cells {
		if c.Variant == variant {
			return c
		}
	}
	return nil
}

// rows groups cells that are in report order.
func rows(cells []*Cell) (out []*row) {
	at := map[string]*row{}
	for _, c := range cells {
		key := string(c.Kind) + " " + c.Row
		r := at[key]
		if r == nil {
			r = new(row)
			at[key] = r
			out = append(out, r)
		}
		r.cells = append(r.cells, c)
	}
	return out
}

func (c *Comparison) add(base, cell *Cell, unit string) {
	if d, ok := pairedDelta(base, cell, unit); ok {
		c.Deltas = append(c.Deltas, d)
	}
}

// pairedDelta compares two cells whose repetitions ran side by side in blocks.
// It is false when one of them has no values.
func pairedDelta(base, cell *Cell, unit string) (Delta, bool) {
	d, ok := newDelta(base, cell, unit)
	if !ok {
		return d, false
	}
	a, b := base.byRep(unit), cell.byRep(unit)
	var ratios []float64
	for rep, old := range a {
		if v, ok := b[rep]; ok && old > 0 {
			ratios = append(ratios, v/old)
		}
	}
	d.pair(ratios)
	if 0 < d.Blocks && d.Blocks < max(d.Old.N, d.New.N) {
		d.warn("%d of %d repetitions have a partner in their block", d.Blocks, max(d.Old.N, d.New.N))
	}
	return d, true
}

// newDelta fills in all but the ratio.
func newDelta(base, cell *Cell, unit string) (Delta, bool) {
	old, now := base.Summarize(unit), cell.Summarize(unit)
	d := Delta{Old: &old, New: &now, Unit: unit, Exact: old.Exact && now.Exact,
		Ranked: base.Ranked() && cell.Ranked()}
	if old.N == 0 || now.N == 0 {
		return d, false
	}
	d.test(base.Sample(unit), cell.Sample(unit))
	return d, true
}

// test fills in the p-value of two samples as unpaired; exact values need none.
func (d *Delta) test(a, b []float64) {
	if d.Exact {
		return
	}
	t := benchmath.DefaultThresholds
	d.U = benchmath.AssumeNothing.Compare(benchmath.NewSample(a, &t), benchmath.NewSample(b, &t)).P
	d.P, d.W, d.MinP = d.U, 1, MinP(len(a), len(b))
}

// pair fills in the ratio from those of the blocks, and the p-value that goes
// with it.
func (d *Delta) pair(ratios []float64) {
	d.Blocks = len(ratios)
	if d.Blocks == 0 {
		d.Ratio, d.Lo, d.Hi = math.NaN(), math.NaN(), math.NaN()
		if !d.Exact {
			d.warn("no ratio: no block has both, or the baseline is zero")
		}
		return
	}
	m := estimate(ratios, d.Exact)
	d.Ratio, d.Lo, d.Hi = m.Center, m.Lo, m.Hi
	if d.Exact {
		return
	}
	logs := make([]float64, len(ratios))
	for i, r := range ratios {
		logs[i] = math.Log(r) // of 0, -Inf, which ranks as it should
	}
	d.W = SignedRank(logs)
	d.P = min(1, 2*min(d.U, d.W))
	d.MinP = min(1, 2*min(MinP(d.Old.N, d.New.N), MinPairedP(d.Blocks)))
}

func (d *Delta) warn(format string, args ...any) {
	d.Warnings = append(d.Warnings, fmt.Sprintf(format, args...))
}

// family is what one correction is made over.
func (d *Delta) family() string {
	c := d.New.Cell
	return fmt.Sprint(c.Kind, " ", c.family, " ", d.Unit, " ", d.Ranked, " ", c.Goroutines > 0, " ", d.machine)
}

// judge corrects the p-values within their families and gives the verdicts.
func judge(deltas []Delta, o Options) (tests, families int) {
	members := map[string][]int{}
	for i := range deltas {
		if !deltas[i].Exact {
			members[deltas[i].family()] = append(members[deltas[i].family()], i)
		}
	}
	for _, at := range members {
		p := make([]float64, len(at))
		for k, i := range at {
			p[k] = deltas[i].P
		}
		for k, q := range Holm(p) {
			deltas[at[k]].Holm = q
			deltas[at[k]].Family = len(at)
		}
		tests += len(at)
	}
	for i := range deltas {
		deltas[i].judge(o)
	}
	return tests, len(members)
}

func (d *Delta) judge(o Options) {
	d.Verdict = Same
	n := min(d.Old.N, d.New.N)
	if d.Blocks > 0 {
		n = min(n, d.Blocks)
	}
	switch {
	case d.Exact: // counted, and so without chance; from zero there is no ratio
		if d.Old.Median != d.New.Median {
			d.Verdict = verdict(d.Unit, d.New.Median/d.Old.Median)
		}
		return
	case math.IsNaN(d.Ratio):
		return
	case n < MinTrials:
		d.warn("n=%d: a verdict needs %d repetitions", n, MinTrials)
		return
	case d.MinP*float64(d.Family) > o.Alpha:
		d.warn("the smallest p within reach is %.2g: no verdict is possible among %d tests", d.MinP*float64(d.Family), d.Family)
		return
	case d.Holm > o.Alpha || d.Lo <= 1 && 1 <= d.Hi || math.Abs(d.Ratio-1) < o.Effect:
		return
	}
	d.Verdict = verdict(d.Unit, d.Ratio)
}

func verdict(unit string, ratio float64) Verdict {
	timed := isTime(unit) || isRate(unit)
	switch up := ratio > 1; {
	case timed && up == (BetterOf(unit) == Higher):
		return Faster
	case timed:
		return Slower
	case up:
		return More
	default:
		return Less
	}
}
