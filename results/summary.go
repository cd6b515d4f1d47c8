package results

import (
	"fmt"
	"math"

	moremath "github.com/aclements/go-moremath/stats"
	"github.com/montanaflynn/stats"
	"golang.org/x/perf/benchmath"
)

// Confidence is the level of every interval in this package.
const Confidence = 0.95

// Summary describes the sample of one cell in one unit. Nothing is trimmed:
// outliers are named and stay in.
type Summary struct {
	Cell *Cell
	Unit string
	N    int
	// Median, with the interval of order statistics that covers it with at
	// least Confidence. With too few trials for that the interval is infinite.
	Median, Lo, Hi float64
	Min, Max       float64
	Q1, Q3         float64
	MAD            float64 // median of the distances from the median, unscaled
	CV             float64 // standard deviation over mean
	Outliers       []Outlier
	Drift          Trend
	Autocorr       float64 // of each trial with the one before it, -1 to 1
	Disturbed      int     // trials that the guard did not find fit
	Failed         int
	Exact          bool // counted, not measured: one trial says all
	Warnings       []string
}

// driftWord begins the warning of a drift.
const driftWord = "drifts"

// Outlier is a trial beyond Tukey's fences: 1.5 interquartile ranges outside
// the quartiles, 3 when Extreme.
type Outlier struct {
	Rep     int
	Value   float64
	Extreme bool
}

// Trend is the rank correlation of a sample with the order of its trials.
type Trend struct {
	Rho float64 // Spearman's, -1 to 1
	P   float64 // of no trend, by Student's t; 1 when there are too few trials
}

// Bounded reports whether there were trials enough for an interval.
func (s *Summary) Bounded() bool { return !math.IsInf(s.Lo, 0) && !math.IsInf(s.Hi, 0) }

// Summaries returns the summary of each cell in each unit of its samples, in
// report order. A drift is warned of when its p-value, corrected by Holm's
// method over all of them, is below 0.05.
func Summaries(f *Folder) []Summary {
	var out []Summary
	var p []float64
	for _, c := range f.Cells() {
		for _, u := range c.Units() {
			s := c.Summarize(u)
			out = append(out, s)
			p = append(p, s.Drift.P)
		}
	}
	for i, q := range Holm(p) {
		if q < 0.05 {
			out[i].warn(driftWord+" with the order of its trials: rank correlation %+.2f over %d", out[i].Drift.Rho, out[i].N)
		}
	}
	return out
}

func (s *Summary) warn(format string, args ...any) {
	s.Warnings = append(s.Warnings, fmt.Sprintf(format, args...))
}

// Summarize describes the cell's sample of a unit, of Values or of Events.
func (c *Cell) Summarize(unit string) Summary {
	s := Summary{Cell: c, Unit: unit, Exact: IsExact(c.Kind, unit), Drift: Trend{P: 1}, Failed: len(c.Failed())}
	x := c.Sample(unit)
	s.N = len(x)
	for _, t := range c.Trials {
		if t.Failed == "" && !t.Guard.OK {
			s.Disturbed++
		}
	}
	if s.N == 0 {
		s.Median, s.Lo, s.Hi = math.NaN(), math.Inf(-1), math.Inf(1)
		s.warn("no values: %d of %d trials failed", s.Failed, len(c.Trials))
		return s
	}
	m := estimate(x, s.Exact)
	s.Median, s.Lo, s.Hi = m.Center, m.Lo, m.Hi
	for _, w := range m.Warnings {
		s.warn("%v", w)
	}
	s.describe(x)
	s.findOutliers(c)
	s.Warnings = append(s.Warnings, s.trialWarnings()...)
	return s
}

// trialWarnings say what is wrong with the cell's trials, whatever the unit.
func (s *Summary) trialWarnings() (out []string) {
	if s.Disturbed > 0 {
		out = append(out, fmt.Sprintf("%d of %d trials were disturbed", s.Disturbed, s.N+s.Failed))
	}
	if s.Failed > 0 {
		out = append(out, fmt.Sprintf("%d of %d trials failed", s.Failed, s.N+s.Failed))
	}
	return out
}

// estimate returns the median of x and its interval; of exact values, the
// value and their range. x keeps its order.
func estimate(x []float64, exact bool) benchmath.Summary {
	sample := benchmath.NewSample(append([]float64(nil), x...), &benchmath.DefaultThresholds)
	if exact {
		return benchmath.AssumeExact.Summary(sample, Confidence)
	}
	return benchmath.AssumeNothing.Summary(sample, Confidence)
}

// describe fills in what montanaflynn/stats knows. Its errors are those of a
// sample that is too small or constant: the field keeps its zero then.
func (s *Summary) describe(x []float64) {
	s.Min, _ = stats.Min(x)
	s.Max, _ = stats.Max(x)
	s.MAD, _ = stats.MedianAbsoluteDeviation(x)
	s.Q1, s.Q3 = s.Median, s.Median
	if q, err := stats.Quartile(x); err == nil {
		s.Q1, s.Q3 = q.Q1, q.Q3
	}
	if cv, err := stats.CoefficientOfVariation(x); err == nil && !math.IsNaN(cv) {
		s.CV = cv
	}
	if ac, err := stats.AutoCorrelation(x, 1); err == nil && s.N >= 3 {
		s.Autocorr = ac
	}
	s.Drift = trend(x)
}

// trend correlates x with the order of its values.
func trend(x []float64) Trend {
	n := len(x)
	if n < 6 {
		return Trend{P: 1}
	}
	order := make([]float64, n)
	for i := range order {
		order[i] = float64(i)
	}
	rho, err := stats.Spearman(order, x)
	if err != nil {
		return Trend{P: 1} // constant
	}
	if math.Abs(rho) >= 1 {
		return Trend{Rho: rho, P: 2 / math.Gamma(float64(n)+1)} // one order of n! and its reverse
	}
	t := rho * math.Sqrt(float64(n-2)/(1-rho*rho))
	return Trend{Rho: rho, P: 2 * moremath.TDist{V: float64(n - 2)}.CDF(-math.Abs(t))}
}

func (s *Summary) findOutliers(c *Cell) {
	out, err := stats.QuartileOutliers(c.Sample(s.Unit))
	if err != nil || s.N < 4 {
		return
	}
	for _, t := range c.Trials {
		v, ok := t.Value(s.Unit)
		if !ok || t.Failed != "" {
			continue
		}
		extreme := contains(out.Extreme, v)
		if extreme || contains(out.Mild, v) {
			s.Outliers = append(s.Outliers, Outlier{Rep: t.Rep, Value: v, Extreme: extreme})
		}
	}
}

func contains(x []float64, v float64) bool {
	for _, y := range x {
		if y == v {
			return true
		}
	}
	return false
}
