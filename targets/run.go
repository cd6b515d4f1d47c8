package targets

import (
	"fmt"
	"math"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"golang.org/x/perf/benchmath"

	"vmabench/harness"
)

// All returns the targets in the order in which they are measured.
func All() []Target {
	return slices.Concat(lockTargets, updateTargets(), readerTargets(), indexTargets, faultTargets, []Target{parallelism})
}

// parallelism is the proof that threads ran side by side.
var parallelism = Target{
	Name: "time-side-by-side/wall-time",
	Doc: "over all slices of several threads that counted: how much of the first thread's time every other was in the slice too, by the stamps " +
		"of begin and end; no slice is refused for it",
	Excellent: AtLeast(0.985), Allowed: AtLeast(0.97),
	ofRun: (*Report).Overlap,
}

// Options say how to measure.
type Options struct {
	Targets []Target       // nil is All
	Run     *regexp.Regexp // names to measure; nil is all
	Rounds  int
	Slice   time.Duration
	// FIFO gives the threads a real-time priority and idles half of the time,
	// for a machine that others use.
	FIFO bool
	// Each, if set, is told of each result as it comes.
	Each func(Result)
}

// Result is what was found of a target.
type Result struct {
	Name, Doc, Unit    string
	Median, Lo, Hi     float64
	Excellent, Allowed Bounds
	Verdict            Verdict
	Rounds             int           // that counted
	Rejected           int           // slices that did not count
	Slices             int           // that counted
	LeastShare         float64       // the least CPU share in a slice that counted
	First, Beside      time.Duration // see reading, over the slices that counted
	Counted            bool          // not measured: no noise can touch it
	Why                string        // of the last slice that did not
	A, B               float64       // medians of the two sides: ns/op of a thread, mostly
}

// Report is what a run found.
type Report struct {
	Results  []Result
	Accepted int
	Rejected int
	Notes    []string
	// Disturbed says why nothing can be said; "" if it can.
	Disturbed string
}

// retries is how many slices a round may take, beyond the two it needs, before
// it is given up.
const retries = 12

// confidence of the intervals.
const confidence = 0.95

// Run measures.
func Run(o Options) *Report {
	old := runtime.GOMAXPROCS(max(2, runtime.NumCPU()))
	defer runtime.GOMAXPROCS(old)
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(4 << 30))
	warmHeap()
	c := newCrew(o.Slice, o.FIFO)
	defer c.close()
	c.learn()
	rep := &Report{Notes: c.notes}
	for _, t := range o.targets() {
		if o.Run != nil && !o.Run.MatchString(t.Name) {
			continue
		}
		r := rep.of(&t)
		if t.ofRun == nil {
			r = t.measure(c, o.Rounds)
		}
		rep.add(r)
		if o.Each != nil {
			o.Each(r)
		}
	}
	rep.judge()
	return rep
}

// of returns the result of a target that is a figure of the run.
func (rep *Report) of(t *Target) Result {
	r := t.result()
	if t.ofRun == nil {
		return r
	}
	r.Verdict, r.Unit = Skipped, ""
	r.Why = "no slice of several threads counted"
	if x := t.ofRun(rep); !math.IsNaN(x) {
		r.Why = ""
		r.Median, r.Rounds = x, 1
		r.Lo, r.Hi, r.Verdict = x, x, t.judge(x, x, x)
	}
	return r
}

func (t *Target) result() Result {
	r := Result{Name: t.Name, Doc: t.Doc, Unit: t.Unit, Excellent: t.Excellent, Allowed: t.Allowed, LeastShare: 1}
	if r.Unit == "" {
		r.Unit = "x"
	}
	return r
}

func (o *Options) targets() []Target {
	if o.Targets == nil {
		return All()
	}
	return o.Targets
}

func (rep *Report) add(r Result) {
	rep.Results = append(rep.Results, r)
	rep.Rejected += r.Rejected
	rep.Accepted += r.Slices
}

// shown reports whether r has no bounds: nothing is to be said of it.
func (r *Result) shown() bool { return r.Excellent.none() && r.Allowed.none() }

// judge says whether the machine let anything be said.
func (rep *Report) judge() {
	for _, r := range rep.Results {
		switch {
		case r.Verdict == Disturbed && !r.shown():
			rep.Disturbed = fmt.Sprintf("%s got %d rounds: %s", r.Name, r.Rounds, r.Why)
		case isAA(r.Name) && r.Verdict == Failed:
			rep.Disturbed = fmt.Sprintf("%s is %.3f", r.Name, r.Median)
		case r.Verdict == Unsure && !r.Allowed.has(r.Median):
			rep.Disturbed = fmt.Sprintf("%s is %.3g, in its fail range, but its interval is not", r.Name, r.Median)
		}
	}
	if rep.Rejected > 2*rep.Accepted {
		rep.Disturbed = fmt.Sprintf("%d of %d slices did not count", rep.Rejected, rep.Accepted+rep.Rejected)
	}
}

// isAA reports whether a target measures the measurement.
func isAA(name string) bool { return regexp.MustCompile(`/itself$`).MatchString(name) }

// Failed reports whether a target lies in its fail range: of a disturbed run
// those that are counted, which no noise can touch.
func (rep *Report) Failed() bool {
	return slices.ContainsFunc(rep.Results, func(r Result) bool {
		return r.Verdict == Failed && (r.Counted || rep.Disturbed == "")
	})
}

func (t *Target) measure(c *crew, rounds int) Result {
	r := t.result()
	if t.threads > c.cores && !t.siblings {
		r.Verdict, r.Why = Skipped, fmt.Sprintf("needs %d cores", t.threads)
		return r
	}
	if t.threads > len(c.members) {
		r.Verdict, r.Why = Skipped, fmt.Sprintf("needs %d CPUs", t.threads)
		return r
	}
	c.ownCores, c.patience = !t.siblings, patience
	if t.count != nil {
		e := new(Env)
		defer e.close()
		r.Median = t.count(e)
		r.Lo, r.Hi, r.Rounds, r.Counted = r.Median, r.Median, 1, true
		r.Verdict = t.judge(r.Median, r.Lo, r.Hi)
		return r
	}
	var f found
	for i := range setups {
		e := new(Env)
		defer e.close() // all stay until the end: each lies elsewhere in memory
		if n := rounds*(i+1)/setups - rounds*i/setups; n > 0 {
			f.measure(c, &r, t.pair(e), n)
		}
	}
	r.conclude(&f)
	if r.Rounds < (rounds+1)/2 || math.IsNaN(r.Median) {
		r.Verdict = Disturbed
		return r
	}
	r.Verdict = t.judge(r.Median, r.Lo, r.Hi)
	if isAA(r.Name) && r.Verdict == Excellent && (r.Lo > 1 || r.Hi < 1) {
		r.Verdict = Good // two things that are one, told apart
	}
	return r
}

// setups is how often both sides of a ratio are made anew: where their memory
// happens to lie can make a difference of 5 %, and more at times.
const setups = 3

// found are the values of the rounds that counted.
type found struct{ as, bs, ratios []float64 }

// measure runs rounds of p.
func (f *found) measure(c *crew, r *Result, p pair, rounds int) {
	ratio := p.ratio
	if ratio == nil {
		ratio = func(a, b float64) float64 { return a / b }
	}
	collect(true)
	c.calibrate(p.a)
	c.calibrate(p.b)
	c.slice(p.a)
	c.slice(p.b)
	for i := range rounds {
		a, b, ok := r.round(c, p, i)
		if ok {
			f.as, f.bs, f.ratios = append(f.as, a), append(f.bs, b), append(f.ratios, ratio(a, b))
		}
	}
}

// round measures round i: a slice of each side, or so many as p has turns, in
// reverse order every other time. The medians over the turns in which both slices
// counted make the round; it does not count if they are less than half.
func (r *Result) round(c *crew, p pair, i int) (a, b float64, ok bool) {
	turns := max(1, p.turns)
	var as, bs []float64
	for turn := range turns {
		sides := []*side{p.a, p.b}
		swap := (i+turn)%2 == 1
		if swap {
			slices.Reverse(sides)
		}
		first, ok := r.slice(c, sides[0])
		if !ok {
			continue
		}
		second, ok := r.slice(c, sides[1])
		if !ok {
			continue
		}
		if swap {
			first, second = second, first
		}
		as, bs = append(as, first), append(bs, second)
	}
	return median(as), median(bs), 2*len(as) > turns
}

// median returns the middle of xs, or of its two middle ones; it sorts them.
func median(xs []float64) float64 {
	slices.Sort(xs)
	n := len(xs)
	if n == 0 {
		return math.NaN()
	}
	return (xs[(n-1)/2] + xs[n/2]) / 2
}

// conclude sums f up.
func (r *Result) conclude(f *found) {
	r.Rounds = len(f.ratios)
	if r.Rounds == 0 {
		r.Median = math.NaN()
		return
	}
	s := benchmath.AssumeNothing.Summary(benchmath.NewSample(f.ratios, &benchmath.DefaultThresholds), confidence)
	r.Median, r.Lo, r.Hi = s.Center, s.Lo, s.Hi
	r.A, r.B = median(f.as), median(f.bs)
}

// slice measures s until a slice counts.
func (r *Result) slice(c *crew, s *side) (value float64, ok bool) {
	for range 1 + retries/2 {
		x := c.patientSlice(s)
		if x.why == "" {
			r.Slices++
			r.LeastShare = min(r.LeastShare, x.share)
			r.First, r.Beside = r.First+x.first, r.Beside+x.beside
			return x.value, true
		}
		r.Rejected++
		r.Why = x.why
	}
	return 0, false
}

// Machine describes where the run took place, in one line.
func Machine() string {
	version, commit := harness.Version()
	return fmt.Sprintf("%s %s/%s, %d CPUs, vmabench %s %s", runtime.Version(), runtime.GOOS, runtime.GOARCH,
		len(harness.AllowedCPUs()), version, commit)
}
