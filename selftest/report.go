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

	// Alarms is A/A: drawn runs of one design against itself in which a
	// difference was found, before and after correction in a family of Family.
	AlarmRuns                  int
	Alarms, AlarmsLo, AlarmsHi float64
	AfterHolm                  float64
	Family                     int

	// Found is, for each slowdown, the share of drawn runs in which it was
	// found; Smallest the smallest that is found in at least 90 % of them.
	RunLength                        int
	Found                            []results.Power
	Smallest, SmallestLo, SmallestHi float64
	NothingReaches                   bool `json:",omitempty"`
	Broken                           []Caught
	Costs                            Costs
	Failures                         []string // what did not come out as it must
	Disturbed                        string   `json:",omitempty"` // why the machine was too busy to say
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

// family is the number of tests that a default run's workload holds.
const family = 6

// draws is how many runs are drawn from a pool.
const draws = 400

// Cost measures what measuring costs.
func (r *Report) Cost(fifo bool) (err error) {
	r.Costs, err = MeasureCosts(fifo)
	r.Failures = append(r.Failures, r.Costs.failures()...)
	return err
}

// Judge fills in what the pools say.
func (r *Report) Judge(f *results.Folder) {
	r.RunLength, r.AlarmRuns, r.Family = runLength, draws, family
	r.boundary(f)
	aa := results.PoolOf(f, sameName, againName, "ns/op", 0)
	if len(aa.A) < runLength {
		r.Disturbed = fmt.Sprintf("%d undisturbed pairs of the same design, %d are needed", len(aa.A), runLength)
		return
	}
	o := results.Options{}
	before := aa.Power(runLength, draws, 1, 1, o)
	r.Alarms, r.AlarmsLo, r.AlarmsHi = before.Share, before.Lo, before.Hi
	r.AfterHolm = aa.Power(runLength, draws, family, 1, o).Share
	for _, s := range slowdowns {
		p := results.PoolOf(f, sameName, s.name, "ns/op", s.share)
		r.Found = append(r.Found, p.Power(runLength, draws, 1, 1, o))
	}
	r.Smallest, r.SmallestLo, r.SmallestHi = results.SmallestFound(r.Found, 0.9)
	r.NothingReaches = math.IsNaN(r.Smallest)
	r.noNaN()
	if r.AlarmsLo > 0.05 {
		r.fail("A/A: a difference was found in %.1f %% of runs of one design against itself, at least %.1f %%; at most 5 %% may be", 100*r.Alarms, 100*r.AlarmsLo)
	}
	for _, p := range r.Found {
		if p.Slowdown >= 0.05 && p.Hi < 0.9 {
			r.fail("a slowdown of %.0f %% was found in %.0f %% of runs, at most %.0f %%; 90 %% must be", 100*p.Slowdown, 100*p.Share, 100*p.Hi)
		}
	}
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
	if r.Disturbed != "" {
		fmt.Fprintf(w, "A/A         cannot be said: %s\n", r.Disturbed)
	} else {
		fmt.Fprintf(w, "A/A         a difference in %.1f %% [%.1f, %.1f] of %d runs of %d repetitions drawn from one pool, %.1f %% after correction in a family of %d\n",
			100*r.Alarms, 100*r.AlarmsLo, 100*r.AlarmsHi, r.AlarmRuns, r.RunLength, 100*r.AfterHolm, r.Family)
		for _, p := range r.Found {
			fmt.Fprintf(w, "slower %2.0f %%  found in %.1f %% [%.1f, %.1f] of runs; the pool's median change is %+.1f %%\n", 100*p.Slowdown, 100*p.Share, 100*p.Lo, 100*p.Hi, 100*p.MedianChange)
		}
		if r.NothingReaches {
			fmt.Fprintln(w, "smallest    no slowdown of the pool is found in 90 % of runs")
		} else {
			fmt.Fprintf(w, "smallest    %.0f %% is found in at least 90 %% of runs of %d repetitions\n", 100*r.Smallest, r.RunLength)
		}
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range r.Broken {
		fmt.Fprintf(tw, "%s\tmust be named %s\tconformance: %s\ttrial: %s: %s\n", c.Name, c.Breaks, said(c.Conformance), said(c.HarnessClass), said(c.Harness))
	}
	tw.Flush()
	for _, f := range r.Failures {
		fmt.Fprintf(w, "FAILED      %s\n", f)
	}
}

func said(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}
