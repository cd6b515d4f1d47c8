package results

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	moremath "github.com/aclements/go-moremath/stats"
)

// RunComparison compares two runs benchmark by benchmark.
type RunComparison struct {
	Old, New *Folder
	Options  Options
	// SameMachine: only then do absolute values compare. Of two machines, the
	// deltas are shown, none is ranked, and Gate refuses; see Across.
	SameMachine bool
	// Interleaved: the trials of the runs alternated, so ratios are paired.
	// Else whatever changed between the runs is in the deltas.
	Interleaved bool
	Deltas      []Delta
	Geomeans    []Geomean
	Tests       int
	Families    int
	OnlyOld     []string // benchmarks with values in one run alone
	OnlyNew     []string
	Warnings    []string
}

// CompareRuns compares every benchmark and unit that both runs have. Verdicts
// need what those of Compare need, the interval being that of the unpaired
// ratio where the runs were not interleaved.
func CompareRuns(old, now *Folder, o Options) *RunComparison {
	c := &RunComparison{Old: old, New: now, Options: o.withDefaults(old.Run),
		SameMachine: old.Run.Env.Machine() == now.Run.Env.Machine(),
		Interleaved: old.Run.Interleaved != "" && old.Run.Interleaved == now.Run.ID && now.Run.Interleaved == old.Run.ID}
	c.warn()
	was := map[string]*Cell{}
	oldCells := old.Cells()
	for _, cell := range oldCells {
		was[string(cell.Kind)+" "+cell.Name] = cell
	}
	common := map[*Cell]bool{}
	for _, cell := range now.Cells() {
		base := was[string(cell.Kind)+" "+cell.Name]
		if base == nil || !hasValues(base) {
			c.OnlyNew = append(c.OnlyNew, cell.Name)
			continue
		}
		common[base] = hasValues(cell)
		c.addCell(base, cell)
	}
	for _, cell := range oldCells {
		if hasValues(cell) && !common[cell] {
			c.OnlyOld = append(c.OnlyOld, cell.Name)
		}
	}
	c.Tests, c.Families = judge(c.Deltas, c.Options)
	c.Geomeans = geomeans(c.Deltas)
	return c
}

func hasValues(c *Cell) bool { return len(c.Failed()) < len(c.Trials) }

func (c *RunComparison) addCell(base, cell *Cell) {
	for _, u := range base.Units() {
		if BetterOf(u) == Neither {
			continue
		}
		compare := unpairedDelta
		if c.Interleaved {
			compare = pairedDelta
		}
		if d, ok := compare(base, cell, u); ok {
			d.Ranked = d.Ranked && c.SameMachine
			d.machine = c.New.isMachine(cell.Variant)
			c.Deltas = append(c.Deltas, d)
		}
	}
}

func (c *RunComparison) warn() {
	for _, f := range []*Folder{c.Old, c.New} {
		for _, w := range f.Warnings() {
			c.Warnings = append(c.Warnings, f.Run.ID+": "+w)
		}
	}
	a, b := c.Old.Run, c.New.Run
	if !c.SameMachine {
		c.Warnings = append(c.Warnings, fmt.Sprintf("two machines: %s; %s: absolute values do not compare", a.Env.Machine(), b.Env.Machine()))
	}
	if !c.Interleaved {
		c.Warnings = append(c.Warnings, "the runs were not interleaved: what else changed between them is in the deltas")
	}
	for _, d := range a.Env.differences(&b.Env) {
		c.Warnings = append(c.Warnings, "the runs differ in "+d)
	}
	if a.Plan.Seed != b.Plan.Seed {
		c.Warnings = append(c.Warnings, fmt.Sprintf("the runs differ in their seed: %d, %d", a.Plan.Seed, b.Plan.Seed))
	}
	for _, w := range a.Plan.Workloads {
		i := slices.IndexFunc(b.Plan.Workloads, func(x WorkloadInfo) bool { return x.Name == w.Name })
		if i >= 0 && b.Plan.Workloads[i].Doc != w.Doc {
			c.Warnings = append(c.Warnings, fmt.Sprintf("the runs describe the workload %s differently: it may be another one", w.Name))
		}
	}
}

// Machine names what two runs must share for absolute values to compare.
func (e *Env) Machine() string {
	sockets := "sockets"
	if e.Sockets == 1 {
		sockets = "socket"
	}
	s := fmt.Sprintf("%s, %d CPUs, %d cores, %d %s, %s/%s", oneLine(e.CPU), e.CPUs, e.Cores, e.Sockets, sockets, e.GOOS, e.GOARCH)
	if e.Virt != "" {
		s += ", " + e.Virt
	}
	return s
}

// differences lists what else may move a result between runs on one machine.
func (e *Env) differences(o *Env) (out []string) {
	for _, d := range []struct{ name, a, b string }{
		{"Go", e.GoVersion, o.GoVersion}, {"GOAMD64", e.GOAMD64, o.GOAMD64},
		{"build flags", fmt.Sprint(e.Flags), fmt.Sprint(o.Flags)}, {"GOGC", e.GOGC, o.GOGC},
		{"kernel", e.Kernel, o.Kernel}, {"clocksource", e.Clocksource, o.Clocksource},
		{"governor", e.Governor, o.Governor}, {"turbo", e.Turbo, o.Turbo},
		{"mitigations", e.Mitigations, o.Mitigations},
		{"the clock of latencies", cmp.Or(e.Clock, "monotonic"), cmp.Or(o.Clock, "monotonic")},
	} {
		if d.a != d.b {
			out = append(out, fmt.Sprintf("%s: %q, %q", d.name, d.a, d.b))
		}
	}
	return out
}

// unpairedDelta compares two cells whose trials share no blocks.
func unpairedDelta(base, cell *Cell, unit string) (Delta, bool) {
	d, ok := newDelta(base, cell, unit)
	if !ok {
		return d, false
	}
	if d.Exact {
		d.Ratio = d.New.Median / d.Old.Median
		d.Lo, d.Hi = d.Ratio, d.Ratio
	} else {
		d.Ratio, d.Lo, d.Hi = ratioOf(base.Sample(unit), cell.Sample(unit))
	}
	if math.IsNaN(d.Ratio) || math.IsInf(d.Ratio, 0) {
		d.Ratio, d.Lo, d.Hi = math.NaN(), math.NaN(), math.NaN()
		if !d.Exact {
			d.warn("no ratio: the old value is zero")
		}
	}
	return d, true
}

// ratioOf returns the median of all ratios of a value of b to one of a
// (Hodges and Lehmann 1963, on a log scale) and the interval that holds the
// shifts which the Mann-Whitney test does not reject.
func ratioOf(a, b []float64) (ratio, lo, hi float64) {
	var all []float64
	for _, x := range a {
		for _, y := range b {
			if x > 0 {
				all = append(all, y/x)
			}
		}
	}
	if len(all) < len(a)*len(b) || len(all) == 0 {
		return math.NaN(), math.NaN(), math.NaN()
	}
	slices.Sort(all)
	n := len(all)
	ratio = (all[(n-1)/2] + all[n/2]) / 2
	k := uRank(len(a), len(b))
	if k < 1 {
		return ratio, math.Inf(-1), math.Inf(1)
	}
	return ratio, all[k-1], all[n-k]
}

// uRank returns the greatest k with P(U < k) <= (1-Confidence)/2, which leaves
// out k-1 of the sorted ratios at either end; 0 when there are too few.
func uRank(n1, n2 int) int {
	tail := (1 - Confidence) / 2
	if n1 > 50 || n2 > 50 { // where benchmath, too, turns to the normal approximation
		mean := float64(n1*n2) / 2
		sd := math.Sqrt(float64(n1*n2) * float64(n1+n2+1) / 12)
		return max(0, int(math.Floor(mean+sd*moremath.InvCDF(moremath.StdNormal)(tail)-0.5))+1)
	}
	u := moremath.UDist{N1: n1, N2: n2}
	k := 0
	for u.CDF(float64(k)) <= tail {
		k++
	}
	return k
}

// Gate says whether the new run is significantly slower than the old one by
// more than threshold (0.05 is 5 %), or fails where the old one did not. Of a
// throughput benchmark it looks at the headline unit, of a latency benchmark at
// every percentile, of a footprint at its bytes. Oversubscribed points have no
// say, nor has what is no code of the suite: the idle loop and the running
// kernel. An error means that there is no answer: also where a benchmark could
// be judged in the old run and is missing, or has too few trials, in the new.
func Gate(c *RunComparison, threshold float64) (fail bool, why []string, err error) {
	if math.IsNaN(threshold) || threshold < 0 {
		return false, nil, fmt.Errorf("gate %v: want a share such as 0.05", threshold)
	}
	if !c.SameMachine {
		return false, nil, fmt.Errorf("the runs are from two machines: %s; %s", c.Old.Run.Env.Machine(), c.New.Run.Env.Machine())
	}
	judged, timed, counted := 0, 0, 0
	for i := range c.Deltas {
		d := &c.Deltas[i]
		if !d.gated() {
			continue
		}
		switch {
		case d.Exact:
			counted++
		case d.canJudge(c.Options):
			judged++
			fallthrough
		default:
			timed++
		}
		if d.Better() < 0 && worsening(d) > threshold {
			why = append(why, fmt.Sprintf("%s: %s %+.2f%% (95 %% of %+.2f to %+.2f), p=%.3g after Holm over %d, beyond %g%%",
				d.New.Cell.Name, d.Unit, d.Percent(), 100*(d.Lo-1), 100*(d.Hi-1), d.Holm, d.Family, 100*threshold))
		}
	}
	failed, lost := c.losses()
	why = append(why, failed...)
	switch {
	case len(why) > 0:
		return true, why, nil
	case len(lost) > 0:
		return false, nil, fmt.Errorf("%d benchmarks that the old run could be judged by: %s", len(lost), strings.Join(lost[:min(3, len(lost))], "; "))
	case judged == 0 && (timed > 0 || counted == 0):
		return false, nil, errors.New("no benchmark of the two runs has trials enough for a verdict")
	}
	return false, nil, nil
}

// gated reports whether Gate looks at d.
func (d *Delta) gated() bool {
	return d.Ranked && !d.machine && (d.Old.Cell.Kind == Latency || d.Unit == d.Old.Cell.Units()[0])
}

// losses returns the old run's benchmarks that fail more often in the new one,
// and those that have too few trials there for a verdict.
func (c *RunComparison) losses() (failed, lost []string) {
	is := map[string]*Cell{}
	for _, cell := range c.New.Cells() {
		is[string(cell.Kind)+" "+cell.Name] = cell
	}
	for _, base := range c.Old.Cells() {
		if !base.Ranked() || c.Old.isMachine(base.Variant) {
			continue
		}
		had := len(base.Trials) - len(base.Failed())
		cell := is[string(base.Kind)+" "+base.Name]
		switch {
		case cell == nil:
			if had > 0 {
				lost = append(lost, base.Name+" is missing")
			}
		case len(cell.Failed()) > len(base.Failed()):
			failed = append(failed, fmt.Sprintf("%s: failed in %d of %d trials, %d of %d before: %s", base.Name, len(cell.Failed()), len(cell.Trials),
				len(base.Failed()), len(base.Trials), clip(oneLine(cell.Failed()[0].Failed), 120)))
		case had >= MinTrials && len(cell.Trials)-len(cell.Failed()) < MinTrials:
			lost = append(lost, fmt.Sprintf("%s has %d trials, %d before", base.Name, len(cell.Trials)-len(cell.Failed()), had))
		}
	}
	return failed, lost
}

// isMachine reports whether a variant is the machine itself and no design.
func (f *Folder) isMachine(variant string) bool {
	return variant == IdleVariant || slices.ContainsFunc(f.Run.Designs, func(d DesignInfo) bool { return d.Name == variant && d.Real })
}

// canJudge reports whether a difference, had there been one, could have shown.
func (d *Delta) canJudge(o Options) bool {
	return d.Exact || !math.IsNaN(d.Ratio) && min(d.Old.N, d.New.N) >= MinTrials && d.MinP*float64(d.Family) <= o.Alpha
}

// worsening is by how much a delta is worse: the longer time, or the time that
// the lower rate means.
func worsening(d *Delta) float64 {
	switch {
	case math.IsNaN(d.Ratio): // from zero
		return math.Inf(1)
	case BetterOf(d.Unit) == Higher:
		return 1/d.Ratio - 1
	}
	return d.Ratio - 1
}

// AcrossRow is one design's ratio to the baseline in one benchmark and unit,
// as each run found it. Machines compare by these, each within itself; their
// samples are never pooled.
type AcrossRow struct {
	Label, Unit, Variant string
	Deltas               []*Delta // one a run, nil where it has none
}

// Across compares runs of any machines by the ratios that each found between
// its own designs.
func Across(runs []*Folder, o Options) (rows []AcrossRow) {
	at := map[string]int{}
	for i, f := range runs {
		c := Compare(f, o)
		for k := range c.Deltas {
			d := &c.Deltas[k]
			key := string(d.New.Cell.Kind) + " " + d.New.Cell.Name + " " + d.Unit
			if _, ok := at[key]; !ok {
				at[key] = len(rows)
				rows = append(rows, AcrossRow{Label: d.New.Cell.Label(), Unit: d.Unit,
					Variant: d.New.Cell.Variant, Deltas: make([]*Delta, len(runs))})
			}
			rows[at[key]].Deltas[i] = d
		}
	}
	return rows
}
