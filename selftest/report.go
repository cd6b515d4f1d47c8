package selftest

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"vmabench/results"
)

// File is the name of the report in a run's folder.
const File = "selftest.json"

// Report is what the self-test found.
type Report struct {
	// BoundaryNS is what the driver and the interface call cost an operation:
	// the null address space at GOMAXPROCS 1, with its 95 % interval. It is
	// subtracted from nothing.
	BoundaryNS, BoundaryLo, BoundaryHi float64

	// AA is A/A by row: drawn runs of one design against itself in which a
	// difference was found. Alarms is that of the row with most; Families are
	// such comparisons corrected together.
	AA                         []results.Power
	AlarmRuns                  int
	Alarms, AlarmsLo, AlarmsHi float64
	Families                   results.FamilyAlarms
	AfterHolm                  float64 // share of Families' comparisons with a verdict after correction
	Family                     int     // comparisons in each of Families

	// Slow is, for each row and slowdown, the share of drawn runs in which it
	// was found, Found that of the row in which it is found least; Smallest the
	// smallest that is found in at least 90 % of runs of every row.
	Slow                             []results.Power
	RunLength                        int
	Found                            []results.Power
	Smallest, SmallestLo, SmallestHi float64
	NothingReaches                   bool `json:",omitempty"`
	Broken                           []Caught
	Costs                            Costs
	Failures                         []string // what did not come out as it must
	Warnings                         []string `json:",omitempty"` // what makes a figure doubtful
	Disturbed                        string   `json:",omitempty"` // what could not be said, and why
}

// Caught is a broken subject and who caught it.
type Caught struct {
	Name, Doc   string
	Breaks      string // the fault class that must be named
	Conformance string // what conformance said; "" when it found nothing
	Named       bool   // conformance named the class
	Harness     string // what a trial of it said; "" when it looked healthy
	// HarnessClass is the fault class that Harness means.
	HarnessClass string
}

// draws is how many runs are drawn from a pool, families how many families.
const draws, families = 400, 200

// Cost measures what measuring costs.
func (r *Report) Cost(fifo bool) (err error) {
	r.Costs, err = MeasureCosts(fifo)
	r.judgeCosts()
	return err
}

func (r *Report) judgeCosts() {
	if r.Costs.Rounds == 0 {
		r.disturbed("costs: fewer than %d of %d rounds in which the thread had its CPU", leastForInterval, costRounds)
	}
	r.Failures = append(r.Failures, r.Costs.failures()...)
}

// Judge fills in what the pools say.
func (r *Report) Judge(f *results.Folder) {
	r.RunLength, r.AlarmRuns = runLength, draws
	r.boundary(f)
	aa, ok := r.pools(f, againName, 0)
	slow := make([][]*results.Pool, len(slowdowns))
	for i, s := range slowdowns {
		var enough bool
		slow[i], enough = r.pools(f, s.name, s.share)
		ok = ok && enough
	}
	if !ok {
		return
	}
	r.judgeAA(aa)
	for i := range slow {
		r.judgeSlow(slow[i])
	}
	r.Smallest, r.SmallestLo, r.SmallestHi = results.SmallestFound(r.Found, 0.9)
	r.NothingReaches = math.IsNaN(r.Smallest)
	r.noNaN()
}

// pools returns the pools of a copy of Base, and whether each has the pairs
// that a drawn run needs.
func (r *Report) pools(f *results.Folder, name string, share float64) ([]*results.Pool, bool) {
	pools := results.PoolsOf(f, sameName, name, "ns/op", share)
	ok := len(pools) > 0
	if !ok {
		r.disturbed("%s: no pairs", name)
	}
	for _, p := range pools {
		if len(p.A) < runLength {
			r.disturbed("%s at GOMAXPROCS %d: %d of %d pairs undisturbed, %d are needed", name, p.Procs, len(p.A), len(p.A)+p.LeftOut, runLength)
			ok = false
		}
	}
	return pools, ok
}

// judgeAA judges a design against itself.
func (r *Report) judgeAA(pools []*results.Pool) {
	for _, p := range pools {
		w := p.Power(runLength, draws, 1, 1, results.Options{})
		if r.AA = append(r.AA, w); len(r.AA) == 1 || w.Share > r.Alarms {
			r.Alarms, r.AlarmsLo, r.AlarmsHi = w.Share, w.Lo, w.Hi
		}
		for what, lo := range map[string]float64{"a difference was found": w.Lo, "p was at most 0.05": w.PLo} {
			if lo > 0.05 {
				r.fail("A/A at GOMAXPROCS %d: %s in at least %.1f %% of runs of one design against itself; at most 5 %% may be", w.Procs, what, 100*lo)
			}
		}
	}
	r.Families = results.AlarmsInFamilies(pools, runLength, families, 1, results.Options{})
	r.Family = r.Families.Tests
	r.AfterHolm = float64(r.Families.After) / float64(r.Families.Tests*families)
}

// judgeSlow judges the pools of a slowdown.
func (r *Report) judgeSlow(pools []*results.Pool) {
	var least results.Power
	for i, p := range pools {
		w := p.Power(runLength, draws, 1, 1, results.Options{})
		r.Slow = append(r.Slow, w)
		if i == 0 || w.Share < least.Share {
			least = w
		}
		if w.Slowdown >= 0.05 && w.Hi < 0.9 {
			r.fail("a slowdown of %.0f %% at GOMAXPROCS %d was found in %.0f %% of runs, at most %.0f %%; 90 %% must be", 100*w.Slowdown, w.Procs, 100*w.Share, 100*w.Hi)
		}
		if noise := r.noise(w.Procs); w.Slowdown < w.MedianLo-noise || w.Slowdown > w.MedianHi+noise {
			r.Warnings = append(r.Warnings, fmt.Sprintf("the slowdown called %.0f %% is one of %.1f %% [%.1f, %.1f] at GOMAXPROCS %d: more off than A/A there (%.1f %%)",
				100*w.Slowdown, 100*w.MedianChange, 100*w.MedianLo, 100*w.MedianHi, w.Procs, 100*noise))
		}
	}
	r.Found = append(r.Found, least)
}

// noise is how far off 0 the median change of A/A may lie in a row.
func (r *Report) noise(procs int) float64 {
	for _, w := range r.AA {
		if w.Procs == procs {
			return max(math.Abs(w.MedianLo), math.Abs(w.MedianHi))
		}
	}
	return 0
}

// noNaN makes what no slowdown reaches 0, which JSON can say.
func (r *Report) noNaN() {
	for _, p := range []*float64{&r.Smallest, &r.SmallestLo, &r.SmallestHi} {
		if math.IsNaN(*p) {
			*p = 0
		}
	}
}

func (r *Report) fail(format string, args ...any) {
	r.Failures = append(r.Failures, fmt.Sprintf(format, args...))
}

// disturbed notes what the machine was too busy to say.
func (r *Report) disturbed(format string, args ...any) {
	if r.Disturbed != "" {
		r.Disturbed += "; "
	}
	r.Disturbed += fmt.Sprintf(format, args...)
}

// boundary is the null address space's cost at GOMAXPROCS 1.
func (r *Report) boundary(f *results.Folder) {
	for _, s := range results.Summaries(f) {
		if s.Cell.Variant == nullName && s.Cell.Procs == 1 && s.Unit == "ns/op" {
			r.BoundaryNS, r.BoundaryLo, r.BoundaryHi = s.Median, s.Lo, s.Hi
		}
	}
}

// Write prints the report.
func (r *Report) Write(w io.Writer) {
	fmt.Fprintf(w, "boundary    %.2f ns an operation [%.2f, %.2f]: driver and interface call, by the null address space\n", r.BoundaryNS, r.BoundaryLo, r.BoundaryHi)
	r.Costs.write(w)
	if len(r.AA) == 0 {
		fmt.Fprintln(w, "A/A         cannot be said: too few undisturbed pairs")
	} else {
		r.writePools(w)
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range r.Broken {
		fmt.Fprintf(tw, "%s\tmust be named %s\tconformance: %s\ttrial: %s: %s\n", c.Name, c.Breaks, said(c.Conformance), said(c.HarnessClass), said(c.Harness))
	}
	tw.Flush()
	for _, f := range r.Warnings {
		fmt.Fprintf(w, "warning     %s\n", f)
	}
	for _, f := range r.Failures {
		fmt.Fprintf(w, "FAILED      %s\n", f)
	}
	if r.Disturbed != "" {
		fmt.Fprintf(w, "DISTURBED   the machine was too busy to say: %s\n", r.Disturbed)
	}
	if r.Disturbed == "" && len(r.Failures) == 0 {
		fmt.Fprintln(w, "passed")
	}
}

// writePools prints what was drawn from the pools.
func (r *Report) writePools(w io.Writer) {
	for _, a := range r.AA {
		fmt.Fprintf(w, "A/A         GOMAXPROCS %d: p <= 0.05 in %.1f %% [%.1f, %.1f], a verdict (p, interval, 1 %% effect) in %.1f %% [%.1f, %.1f] of %d runs of %d repetitions; the draws overlap: %d distinct pairs, %d left out as disturbed; the intervals account for it\n",
			a.Procs, 100*a.Plain, 100*a.PLo, 100*a.PHi, 100*a.Share, 100*a.Lo, 100*a.Hi, a.Runs, a.N, a.Blocks, a.LeftOut)
	}
	f := &r.Families
	n := float64(f.Families * f.Tests)
	percent := func(k int) float64 { return 100 * float64(k) / n }
	fmt.Fprintf(w, "A/A         %d comparisons in families of %d: before correction p <= 0.05 in %.1f %%, a verdict in %.1f %%; after Holm's correction %.1f %% and %.1f %%; families with any alarm after it: %.1f %% and %.1f %% of %d. Draws of one family are distinct pairs, families overlap: %d distinct pairs in all; no interval is given\n",
		f.Families*f.Tests, f.Tests, percent(f.Plain), percent(f.Before), percent(f.PlainHolm), percent(f.After),
		100*float64(f.AnyPlain)/float64(f.Families), 100*float64(f.Any)/float64(f.Families), f.Families, f.Pairs)
	for _, p := range r.Slow {
		fmt.Fprintf(w, "slower %2.0f %%  GOMAXPROCS %d: found in %.1f %% [%.1f, %.1f] of runs; the median change of %d pairs is %+.1f %% [%+.1f, %+.1f]\n",
			100*p.Slowdown, p.Procs, 100*p.Share, 100*p.Lo, 100*p.Hi, p.Blocks, 100*p.MedianChange, 100*p.MedianLo, 100*p.MedianHi)
	}
	if r.NothingReaches {
		fmt.Fprintln(w, "smallest    no slowdown of the pools is found in 90 % of runs")
	} else {
		fmt.Fprintf(w, "smallest    %.0f %% is found in at least 90 %% of runs of %d repetitions\n", 100*r.Smallest, r.RunLength)
	}
}

func said(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}
