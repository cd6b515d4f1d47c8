package results

import (
	"math"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/montanaflynn/stats"
	"golang.org/x/perf/benchmath"
)

// What the numbers here rest on in other modules: a change of definition there
// must not pass unseen.
func TestLibraries(t *testing.T) {
	x := []float64{15, 20, 35, 40, 50}
	if p, _ := stats.Percentile(x, 40); math.Abs(p-29) > 1e-9 {
		t.Errorf("Percentile 40 is %v; type 7 of Hyndman and Fan is 29", p)
	}
	if p, _ := stats.PercentileNearestRank(x, 40); p != 20 {
		t.Errorf("PercentileNearestRank 40 is %v, want 20", p)
	}
	if q, _ := stats.Quartile([]float64{1, 2, 3, 4, 5, 6, 7}); q.Q1 != 2 || q.Q3 != 6 {
		t.Errorf("quartiles %v; the halves leave the median out: 2 and 6", q)
	}
	if m, _ := stats.MedianAbsoluteDeviation([]float64{1, 2, 3, 4, 100}); m != 1 {
		t.Errorf("MAD %v is scaled", m)
	}
	if s, _ := stats.StandardDeviationSample([]float64{1, 3}); math.Abs(s-math.Sqrt2) > 1e-12 {
		t.Errorf("sample standard deviation %v", s)
	}
	// The order statistics that bound the median at 95 %.
	for n, want := range map[int][2]float64{6: {1, 6}, 8: {1, 7}, 10: {2, 9}, 20: {6, 15}, 30: {10, 21}} {
		x := make([]float64, n)
		for i := range x {
			x[i] = float64(i + 1)
		}
		if s := estimate(x, false); s.Confidence < 0.95 || s.Lo < want[0]-1e-9 || s.Hi > want[1]+1e-9 && n != 8 {
			t.Errorf("n=%d: interval %v to %v at %v", n, s.Lo, s.Hi, s.Confidence)
		}
	}
	if s := estimate([]float64{1, 2, 3, 4, 5}, false); !math.IsInf(s.Lo, -1) && !math.IsInf(s.Hi, 1) {
		t.Errorf("five samples have an interval: %v to %v", s.Lo, s.Hi)
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		t.Skip("no build information")
	}
	for _, m := range info.Deps {
		if m.Path == "gonum.org/v1/plot" && m.Version < "v0.17.0" {
			t.Errorf("gonum/plot is %s: x/perf's old requirement won", m.Version)
		}
		if m.Path == "github.com/montanaflynn/stats" && m.Version < "v0.14.0" {
			t.Errorf("montanaflynn/stats is %s", m.Version)
		}
	}
}

// Holm's own rule on a worked example, in any order.
func TestHolm(t *testing.T) {
	p := []float64{0.01, 0.04, 0.03, 0.005}
	want := []float64{0.03, 0.06, 0.06, 0.02}
	got := Holm(p)
	for i := range p {
		if math.Abs(got[i]-want[i]) > 1e-12 {
			t.Errorf("Holm(%v) = %v, want %v", p, got, want)
		}
	}
	if got := Holm([]float64{0.9, 0.8}); got[0] != 1 || got[1] != 1 {
		t.Errorf("above 1: %v", got)
	}
	if len(Holm(nil)) != 0 {
		t.Error("of nothing")
	}
}

// MinP is what the test itself answers when every value of one sample is below
// every value of the other.
func TestMinP(t *testing.T) {
	for n := 1; n <= 20; n++ {
		for _, m := range []int{n, 10} {
			var a, b []float64
			for i := range n {
				a = append(a, float64(i))
			}
			for i := range m {
				b = append(b, float64(100+i))
			}
			th := benchmath.DefaultThresholds
			p := benchmath.AssumeNothing.Compare(benchmath.NewSample(a, &th), benchmath.NewSample(b, &th)).P
			if q := MinP(n, m); math.Abs(p/q-1) > 1e-9 {
				t.Errorf("MinP(%d, %d) = %v, the test's is %v", n, m, q, p)
			}
		}
	}
}

// SignedRank is the share of all sign patterns that are as far from even, ties
// and zeros included.
func TestSignedRank(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	for range 200 {
		var x, whole []float64
		for range 1 + rng.IntN(9) {
			v := float64(rng.IntN(9) - 4) // ties and zeros
			x = append(x, v)
			if v != 0 {
				whole = append(whole, v)
			}
		}
		if got, want := SignedRank(x), signedRankByHand(whole); math.Abs(got-want) > 1e-12 {
			t.Fatalf("SignedRank(%v) = %v, want %v", x, got, want)
		}
	}
	for n := 1; n <= 30; n++ {
		up := make([]float64, n)
		for i := range up {
			up[i] = float64(i + 1)
		}
		if got := SignedRank(up); math.Abs(got/MinPairedP(n)-1) > 1e-9 {
			t.Errorf("%d of one sign: %v, MinPairedP is %v", n, got, MinPairedP(n))
		}
	}
	// The approximation for large samples meets the exact value.
	var x []float64
	for range 101 {
		x = append(x, 0.2+rng.NormFloat64())
	}
	if a, b := SignedRank(x), SignedRank(x[:100]); a <= 0 || math.Abs(math.Log(a/b)) > 1 {
		t.Errorf("p of 101 and of the first 100 of them: %v, %v", a, b)
	}
}

// signedRankByHand goes through every pattern of signs.
func signedRankByHand(x []float64) float64 {
	rank := make([]float64, len(x))
	total := 0.0
	for i, v := range x {
		for _, u := range x {
			switch {
			case math.Abs(u) < math.Abs(v):
				rank[i]++
			case math.Abs(u) == math.Abs(v):
				rank[i] += 0.5
			}
		}
		rank[i] += 0.5
		total += rank[i]
	}
	distance := func(positive func(i int) bool) float64 {
		w := 0.0
		for i := range x {
			if positive(i) {
				w += rank[i]
			}
		}
		return math.Abs(w - total/2)
	}
	seen := distance(func(i int) bool { return x[i] > 0 })
	far := 0
	for pattern := range 1 << len(x) {
		if distance(func(i int) bool { return pattern>>i&1 == 1 }) >= seen-1e-9 {
			far++
		}
	}
	return float64(far) / float64(int(1)<<len(x))
}

func cellOf(values ...float64) *Cell {
	c := &Cell{Kind: Throughput, Name: "A-1"}
	for i, v := range values {
		c.Trials = append(c.Trials, &Trial{Kind: Throughput, Bench: "A", Procs: 1, Rep: i, Values: []Value{{"ns/op", v}}, Guard: Guard{OK: true}})
	}
	return c
}

func TestSummarize(t *testing.T) {
	c := cellOf(10, 11, 10, 12, 11, 10, 30, 11, 12, 90)
	c.Trials[2].Guard.OK = false
	c.Trials = append(c.Trials, &Trial{Rep: 10, Failed: "hung", Values: []Value{{"ns/op", 1}}})
	s := c.Summarize("ns/op")
	if s.N != 10 || s.Median != 11 || s.Min != 10 || s.Max != 90 || s.Q1 != 10 || s.Q3 != 12 || s.MAD != 1 {
		t.Errorf("%+v", s)
	}
	want := []Outlier{{6, 30, true}, {9, 90, true}}
	if !slices.Equal(s.Outliers, want) {
		t.Errorf("outliers %v, want %v", s.Outliers, want)
	}
	if s.Disturbed != 1 || s.Failed != 1 || len(s.Warnings) != 2 {
		t.Errorf("disturbed %d, failed %d, warnings %q", s.Disturbed, s.Failed, s.Warnings)
	}
	if !s.Bounded() || s.Lo > 11 || s.Hi < 11 || s.Lo < 10 || s.Hi > 30 {
		t.Errorf("interval %v to %v", s.Lo, s.Hi)
	}
	none := (&Cell{Trials: []*Trial{{Failed: "x"}}}).Summarize("ns/op")
	if none.N != 0 || !math.IsNaN(none.Median) || len(none.Warnings) == 0 {
		t.Errorf("of a failed cell: %+v", none)
	}
}

// A drift is named, and noise is not: the correction is over all summaries.
func TestDrift(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	f := &Folder{Run: synthRun()}
	for cell := range 100 {
		for rep := range 20 {
			v := 100 + rng.NormFloat64()
			if cell == 42 {
				v += float64(rep)
			}
			f.Trials = append(f.Trials, Trial{Bench: "A", Kind: Throughput, Procs: cell + 1, Rep: rep,
				Values: []Value{{"ns/op", v}}, Guard: Guard{OK: true}})
		}
	}
	f.Run.Env.CPUs = 0
	for _, s := range Summaries(f) {
		drifts := slices.ContainsFunc(s.Warnings, func(w string) bool { return strings.HasPrefix(w, "drifts") })
		if drifts != (s.Cell.Procs == 43) {
			t.Errorf("cell %d: drift %+v, warned %v", s.Cell.Procs-1, s.Drift, drifts)
		}
		if s.Cell.Procs == 43 && s.Autocorr < 0.5 {
			t.Errorf("autocorrelation of a ramp: %v", s.Autocorr)
		}
	}
	if tr := trend([]float64{1, 2, 3, 4, 5, 6}); tr.Rho != 1 || math.Abs(tr.P-2.0/720) > 1e-9 {
		t.Errorf("a rising six: %+v", tr)
	}
}

func TestWarmUp(t *testing.T) {
	c := cellOf(1, 1, 1, 1, 1, 1, 1, 1)
	if _, ok := c.WarmUp(); ok {
		t.Error("a verdict without traces")
	}
	for i, x := range c.Trials {
		x.Trace = []float64{150, 101, 99, 100, 101, 99, 100}
		if i == 0 {
			x.Trace = []float64{100, 101, 102, 103, 104, 105, 106, 107}
		}
	}
	var trials []Trial
	for _, x := range c.Trials {
		trials = append(trials, *x)
	}
	warnings := (&Folder{Run: synthRun(), Trials: trials}).Warnings()
	if !slices.ContainsFunc(warnings, func(w string) bool { return strings.Contains(w, "in 1 of 1 benchmarks the first slice differs") }) {
		t.Errorf("no word of a cold start: %q", warnings)
	}
	w, ok := c.WarmUp()
	if !ok || w.Trials != 8 || w.First != 1.5 || w.Drifting != 1 {
		t.Errorf("%+v %v", w, ok)
	}
}

// What Compare finds in the synthetic run is what was put in.
func TestCompare(t *testing.T) {
	f := synthFolder(t)
	c := Compare(f, Options{})
	seen := 0
	for i := range c.Deltas {
		d := &c.Deltas[i]
		if d.Unit != "ns/op" {
			continue
		}
		seen++
		w, v := d.New.Cell.Workload, d.New.Cell.Variant
		want := synthNS[w][v] / synthNS[w]["mmaponly"]
		if d.Lo > want || d.Hi < want || d.Blocks != 10 {
			t.Errorf("%s: ratio %v [%v, %v] over %d blocks, put in %v", d.New.Cell.Name, d.Ratio, d.Lo, d.Hi, d.Blocks, want)
		}
		if (want < 1) != (d.Verdict == Faster) || d.Verdict == Slower {
			t.Errorf("%s: verdict %s for %v", d.New.Cell.Name, d.Verdict, want)
		}
		if d.Ranked == (d.New.Cell.Procs == 4) {
			t.Errorf("%s: ranked %v", d.New.Cell.Name, d.Ranked)
		}
		if family := map[bool]int{true: 4, false: 2}[d.Ranked]; d.Family != family {
			t.Errorf("%s: a family of %d, want %d", d.New.Cell.Name, d.Family, family)
		}
	}
	if seen != 12 {
		t.Errorf("%d comparisons in ns/op, want 12", seen)
	}
	for _, g := range c.Geomeans {
		if g.Unit == "ns/op" && g.Variant == "refcount" {
			if want := math.Sqrt(0.6); math.Abs(g.Ratio/want-1) > 0.01 || g.Rows != 4 || g.Best.Old.Cell.Workload != "local" || g.Worst.Old.Cell.Workload != "hotvma" {
				t.Errorf("geomean %+v, put in %v", g, want)
			}
		}
	}
}

// Noise that the designs of a block share cancels in the paired ratio.
func TestPairing(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	var a, b []float64
	for range 20 {
		block := 100 * math.Exp(rng.NormFloat64())
		a = append(a, block*(1+0.001*rng.NormFloat64()))
		b = append(b, block*1.05*(1+0.001*rng.NormFloat64()))
	}
	d, ok := pairedDelta(cellOf(a...), cellOf(b...), "ns/op")
	if !ok || math.Abs(d.Ratio-1.05) > 0.002 || d.Hi-d.Lo > 0.005 {
		t.Errorf("paired: %v [%v, %v]", d.Ratio, d.Lo, d.Hi)
	}
	if u, _ := unpairedDelta(cellOf(a...), cellOf(b...), "ns/op"); u.Hi-u.Lo < 0.2 {
		t.Errorf("unpaired, the blocks' noise is gone: %v [%v, %v]", u.Ratio, u.Lo, u.Hi)
	}
}

// Each of the four conditions alone keeps the verdict at ~.
func TestVerdictConditions(t *testing.T) {
	near := func(center, step float64, n int) (x []float64) {
		for i := range n {
			x = append(x, center+step*float64(i*int(center)%10)) // another order for another center
		}
		return x
	}
	for _, c := range []struct {
		name   string
		a, b   []float64
		family int
		want   Verdict
		warned bool
	}{
		{"a clear change", near(101, 0.1, 10), near(111, 0.1, 10), 1, Slower, false},
		{"nine repetitions", near(101, 0.1, 9), near(111, 0.1, 9), 1, Same, true},
		{"an effect below the threshold", near(101, 0.01, 10), near(101.5, 0.01, 10), 1, Same, false},
		{"overlapping samples", near(101, 3, 10), near(103, 3, 10), 1, Same, false},
		{"a family of a hundred", near(101, 0.1, 10), near(111, 0.1, 10), 100, Slower, false},
		{"a family too large for ten repetitions", near(101, 0.1, 10), near(111, 0.1, 10), 10000, Same, true},
	} {
		p := Pool{Unit: "ns/op", A: c.a, B: c.b}
		all := make([]int, len(c.a))
		for i := range all {
			all[i] = i
		}
		d := p.delta(all)
		d.judgeIn(c.family, Options{}.withDefaults(&Run{}))
		if d.Verdict != c.want || (len(d.Warnings) > 0) != c.warned {
			t.Errorf("%s: %s %q (p %v, ratio %v [%v, %v])", c.name, d.Verdict, d.Warnings, d.P, d.Ratio, d.Lo, d.Hi)
		}
	}
}

func TestVerdictWords(t *testing.T) {
	for _, c := range []struct {
		unit   string
		ratio  float64
		want   Verdict
		better int
	}{
		{"ns/op", 0.5, Faster, 1}, {"ns/op", 2, Slower, -1}, {"ops/s", 2, Faster, 1}, {"mapper-ops/s", 0.5, Slower, -1},
		{"p99-ns", 2, Slower, -1}, {"B/vma", 2, More, -1}, {"slab-B/vma", 0.5, Less, 1}, {"mm-B", 2, More, -1},
		{"fair-min/max", 2, More, 1}, {"fair-jain", 0.5, Less, -1}, {"retry/op", 2, More, 0},
	} {
		d := Delta{Unit: c.unit, Ratio: c.ratio, Verdict: verdict(c.unit, c.ratio)}
		if d.Verdict != c.want || d.Better() != c.better {
			t.Errorf("%s ×%v: %s, better %d", c.unit, c.ratio, d.Verdict, d.Better())
		}
	}
}

// Trials that are missing or failed are listed, whichever way they are missing.
func TestGaps(t *testing.T) {
	var trials []Trial
	for _, x := range synthTrials(t) {
		switch {
		case x.Kind != Throughput || x.Procs == 4:
			continue
		case x.Param("variant") == "rwsem" && x.Param("workload") == "hotvma" && x.Procs == 2:
			continue // a cell that never ran
		case x.Param("variant") == "refcount" && x.Param("workload") == "local" && x.Procs == 1 && x.Rep == 3:
			x.Failed, x.Values = "hung", nil
		case x.Param("variant") == "mmaponly" && x.Param("workload") == "local" && x.Procs == 2 && x.Rep > 7:
			continue
		}
		trials = append(trials, x)
	}
	f := &Folder{Run: synthRun(), Trials: trials}
	c := Compare(f, Options{})
	var got []string
	for _, g := range c.Gaps {
		got = append(got, g.String())
	}
	want := []string{
		"Fault/variant=refcount/workload=local/vmas=1000-1: 9 of 10 trials; hung",
		"Fault/variant=mmaponly/workload=local/vmas=1000-2: 8 of 10 trials",
		"Fault/workload=hotvma/vmas=1000-2 of rwsem: 0 of 10 trials",
	}
	if !slices.Equal(got, want) {
		t.Errorf("gaps\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	var b strings.Builder
	if err := WriteTable(&b, f, c); err != nil {
		t.Fatal(err)
	}
	for _, s := range append(want, "1 of 108 trials failed", "108 of 213 planned trials", "missing") {
		if !strings.Contains(b.String(), s) {
			t.Errorf("the table does not say %q:\n%s", s, &b)
		}
	}
}

// What is counted needs no test, and zero no ratio, to be told apart.
func TestExactFromZero(t *testing.T) {
	f := synthFolder(t)
	f.Trials = f.Trials[:3]
	for i := range f.Trials {
		f.Trials[i].Values = []Value{{"lock-B/vma", map[string]float64{"rwsem": 40}[f.Trials[i].Param("variant")]}}
	}
	c := Compare(f, Options{})
	if len(c.Deltas) != 2 || c.Deltas[0].Verdict != More || c.Deltas[0].Better() != -1 || c.Deltas[1].Verdict != Same || len(c.Deltas[0].Warnings) != 0 {
		t.Errorf("0 B, 40 B, 0 B: %+v", c.Deltas)
	}
	var b strings.Builder
	if err := WriteTable(&b, f, c); err != nil || !strings.Contains(b.String(), "40.00     more     0.000        ~") {
		t.Errorf("%v\n%s", err, &b)
	}
}

// Controls and the running kernel are neither compared nor missed.
func TestControls(t *testing.T) {
	run := synthRun()
	run.Designs = append(run.Designs, DesignInfo{Name: "null", Control: true}, DesignInfo{Name: "linux", Real: true})
	trials := synthTrials(t)
	for i := range slices.Clone(trials) {
		if trials[i].Param("variant") == "refcount" && trials[i].Param("workload") == "local" {
			x := trials[i]
			for _, v := range []string{"null", "linux"} {
				x.Params = synthParams(v, "local")
				trials = append(trials, x)
			}
		}
	}
	c := Compare(&Folder{Run: run, Trials: trials}, Options{})
	for i := range c.Deltas {
		if v := c.Deltas[i].New.Cell.Variant; v == "null" || v == "linux" {
			t.Fatalf("%s was compared", c.Deltas[i].New.Cell.Name)
		}
	}
	if len(c.Gaps) != 0 {
		t.Errorf("gaps: %v", c.Gaps)
	}
}
