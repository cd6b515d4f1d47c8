package targets

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestBounds(t *testing.T) {
	for _, tt := range []struct {
		b           Bounds
		in, out     float64
		text, fails string
	}{
		{AtMost(1.2), 1.2, 1.21, "<= 1.2", "> 1.2"},
		{AtLeast(1.94), 1.94, 1.9, ">= 1.94", "< 1.94"},
		{Between(0.97, 1.03), 1, 0.96, "0.97 to 1.03", "< 0.97, > 1.03"},
	} {
		if !tt.b.has(tt.in) || tt.b.has(tt.out) || tt.b.has(math.NaN()) {
			t.Errorf("%v: %v in %v, %v in %v", tt.b, tt.in, tt.b.has(tt.in), tt.out, tt.b.has(tt.out))
		}
		if tt.b.String() != tt.text || tt.b.outside() != tt.fails {
			t.Errorf("%q, outside %q; want %q and %q", tt.b, tt.b.outside(), tt.text, tt.fails)
		}
	}
}

func TestVerdicts(t *testing.T) {
	x := Target{Excellent: AtMost(1.2), Allowed: AtMost(1.5)}
	for v, want := range map[[3]float64]Verdict{
		{1, 0.9, 1.3}: Excellent, {1.2, 1.2, 1.2}: Excellent, {1.3, 1.1, 1.5}: Good, {1.1, 1, 1.6}: Unsure, {1.4, 1.3, 1.7}: Unsure,
		{1.6, 1.4, 1.8}: Unsure, {1.6, 1.55, 1.8}: Failed, {1.6, 1.6, 1.6}: Failed, {1, math.Inf(-1), math.Inf(1)}: Unsure,
	} {
		if got := x.judge(v[0], v[1], v[2]); got != want {
			t.Errorf("%v is %s, want %s", v, got, want)
		}
	}
	if got := (&Target{Excellent: Anything, Allowed: Anything}).judge(9, 9, 9); got != Shown {
		t.Errorf("no bounds: %s", got)
	}
}

// TestTable looks for targets that cannot be met, told apart or judged.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, x := range All() {
		if seen[x.Name] || strings.Count(x.Name, "/") != 1 || x.Doc == "" {
			t.Errorf("%s: twice, or no A/B name, or no doc", x.Name)
		}
		seen[x.Name] = true
		ways := 0
		for _, way := range []bool{x.pair != nil, x.count != nil, x.ofRun != nil} {
			if way {
				ways++
			}
		}
		if ways != 1 {
			t.Errorf("%s: %d ways to find it, must be measured, counted or of the run", x.Name, ways)
		}
		if x.Excellent.Lo < x.Allowed.Lo || x.Excellent.Hi > x.Allowed.Hi {
			t.Errorf("%s: excellent (%v) is more than what is allowed (%v)", x.Name, x.Excellent, x.Allowed)
		}
	}
}

// TestDocumented: METHOD.md has every target with its sentence and bounds. That it
// has no other is tested where the peers are known, in module compare.
func TestDocumented(t *testing.T) {
	b, err := os.ReadFile("../METHOD.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range Undocumented(string(b), All()) {
		t.Error("METHOD.md: ", w)
	}
}

// spin returns a loop of about k nanoseconds of work an op.
func spin(k int) func(n int) {
	x := uint64(1)
	return func(n int) {
		for range n * k {
			x = x*6364136223846793005 + 1
		}
	}
}

func measure(t *testing.T, x Target) Result {
	t.Helper()
	c := newCrew(time.Millisecond, false)
	defer c.close()
	return x.measure(c, 9)
}

// TestRatio measures a ratio that is known: sides that are mixed up, a slice
// that is not per op or an order that leaks would be far off.
func TestRatio(t *testing.T) {
	for _, turns := range []int{0, 4} {
		x := Target{Name: "slow/fast", Excellent: Between(2.5, 6), Allowed: Between(2, 8),
			pair: func(*Env) pair { return pair{a: one(spin(400)), b: one(spin(100)), turns: turns} }}
		r := measure(t, x)
		for tries := 1; tries < 5 && (r.Verdict == Disturbed || r.Verdict == Unsure); tries++ {
			r = measure(t, x)
		}
		switch {
		case r.Verdict == Disturbed || r.Verdict == Unsure:
			t.Skip("the machine is too busy")
		case r.Verdict == Failed || r.Slices < turns*r.Rounds:
			t.Errorf("%d turns: 4 times the work took %.2f times as long, %d slices in %d rounds", turns, r.Median, r.Slices, r.Rounds)
		}
	}
}

func TestTooFewCPUs(t *testing.T) {
	r := measure(t, Target{threads: 99, pair: func(*Env) pair { panic("set up") }})
	if r.Verdict != Skipped || r.Why == "" {
		t.Errorf("%s: %q", r.Verdict, r.Why)
	}
}

// TestJudge decides what a run may say.
func TestJudge(t *testing.T) {
	ok := Result{Name: "a/b", Unit: "x", Verdict: Excellent, Rounds: 10}
	for _, tt := range []struct {
		name              string
		results           []Result
		disturbed, failed bool
	}{
		{"all well", []Result{ok}, false, false},
		{"one failed", []Result{ok, {Name: "c/d", Unit: "x", Verdict: Failed, Rounds: 10}}, false, true},
		{"A/A off", []Result{ok, {Name: "a/itself", Unit: "x", Verdict: Failed, Rounds: 10}}, true, false},
		{"measured and disturbed", []Result{{Name: "c/d", Verdict: Failed, Rounds: 10}, {Name: "e/f", Verdict: Disturbed}}, true, false},
		{"counted and disturbed", []Result{{Name: "c/d", Verdict: Failed, Rounds: 1, Counted: true}, {Name: "e/f", Verdict: Disturbed}}, true, true},
		{"unsure, the median failed", []Result{{Name: "c/d", Verdict: Unsure, Allowed: AtMost(2), Median: 3, Rounds: 10}}, true, false},
		{"unsure", []Result{{Name: "c/d", Verdict: Unsure, Allowed: AtMost(2), Median: 1, Rounds: 10}}, false, false},
		{"too few rounds", []Result{ok, {Name: "c/d", Unit: "x", Verdict: Disturbed, Rounds: 1}}, true, false},
		{"most slices lost", []Result{{Name: "a/b", Unit: "x", Verdict: Excellent, Rounds: 10, Slices: 20, Rejected: 41}}, true, false},
	} {
		rep := new(Report)
		for _, r := range tt.results {
			rep.add(r)
		}
		rep.judge()
		if (rep.Disturbed != "") != tt.disturbed || rep.Failed() != tt.failed {
			t.Errorf("%s: disturbed %q, failed %v", tt.name, rep.Disturbed, rep.Failed())
		}
	}
}

// TestCounted runs the targets that no load can disturb.
func TestCounted(t *testing.T) {
	rep := Run(Options{Run: regexp.MustCompile(`^index-(garbage|allocations|bytes)/`), Rounds: 1, Slice: time.Millisecond})
	if len(rep.Results) < 4 {
		t.Fatalf("%d results", len(rep.Results))
	}
	for _, r := range rep.Results {
		if r.Verdict == Failed {
			t.Errorf("%s: %v %s, %s is a failure", r.Name, r.Median, r.Unit, r.Allowed.outside())
		}
	}
	var b bytes.Buffer
	if err := rep.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var back struct {
		Targets []struct{ Name, Verdict, Fail string }
	}
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || len(back.Targets) != len(rep.Results) ||
		back.Targets[0].Fail != rep.Results[0].Allowed.outside() {
		t.Errorf("%v: %s", err, b.Bytes())
	}
}

// TestPercentileAndPass are the sides with clocks of their own.
func TestPercentileAndPass(t *testing.T) {
	c := newCrew(time.Millisecond, false)
	defer c.close()
	e := new(Env)
	defer e.close()
	for name, p := range map[string]pair{"percentile": besideProtect(0.5)(e), "pass": harnessPass(e)} {
		for _, s := range []*side{p.a, p.b} {
			if len(s.threads) > len(c.members) {
				continue
			}
			c.calibrate(s)
			if r := c.slice(s); r.value < 1 || r.value > 1e6 {
				t.Errorf("%s: a fault took %v ns (%s)", name, r.value, r.why)
			}
		}
	}
}

// TestSliceCounts: what is done to a thread from outside speaks against a
// slice, what it does itself does not.
func TestSliceCounts(t *testing.T) {
	const ms = int64(time.Millisecond)
	ok := member{ops: 100, wall: 8 * ms, cpu: 8 * ms}
	slept := member{ops: 100, wall: 8 * ms, cpu: ms, slept: 40, queued: 140_000}
	kept := member{ops: 100, wall: 8 * ms, cpu: ms, slept: 40, queued: 180_000}
	robbed := member{ops: 100, wall: 8 * ms, cpu: 7 * ms}
	half := member{ops: 100, wall: 8 * ms, cpu: 8 * ms, burst: 14 * time.Microsecond}
	late := member{ops: 1, wall: 8 * ms, cpu: ms, slept: 1}
	loop := func(int) {}
	for _, tt := range []struct {
		name            string
		a, b            *member
		s               *side
		counts, sibling bool
	}{
		{"undisturbed", &ok, &ok, two(loop, loop), true, false},
		{"slept in a lock", &ok, &slept, two(loop, loop), true, false},
		{"kept from its CPU when it woke", &ok, &kept, two(loop, loop), false, false},
		{"lost its CPU", &ok, &robbed, two(loop, loop), false, false},
		{"a busy sibling", &ok, &half, two(loop, loop), false, true},
		{"woken late", &ok, &late, one(loop).withEvery(200*time.Microsecond, func() {}), false, false},
	} {
		c := &crew{members: []*member{tt.a, tt.b}, burst: 8 * time.Microsecond}
		if r := c.judge(tt.s); (r.why == "") != tt.counts || r.sibling != tt.sibling {
			t.Errorf("%s: %q, sibling %v", tt.name, r.why, r.sibling)
		}
	}
}

// TestCalibrate: an op that is slow the first time only, as one that is met by a
// page fault, gets the chunks of a quick one; one that is slow gets chunks of one.
func TestCalibrate(t *testing.T) {
	c := newCrew(time.Millisecond, false)
	defer c.close()
	first := true
	work, quick := spin(3_000_000), spin(10)
	once := one(func(n int) {
		if first {
			first = false
			work(1)
		}
		quick(n)
	})
	c.calibrate(once)
	if n := once.threads[0].chunk; n < 16 {
		t.Errorf("chunks of %d quick ops", n)
	}
	slow := one(work)
	c.calibrate(slow)
	if n := slow.threads[0].chunk; n != 1 {
		t.Errorf("chunks of %d slow ops", n)
	}
}

// TestOverlap: threads that took turns did not run side by side, whatever share
// of a CPU each had; without a slice nothing is said.
func TestOverlap(t *testing.T) {
	const ms = time.Millisecond
	at := func(from, wall time.Duration) *member {
		return &member{from: from, wall: int64(wall), cpu: int64(wall)}
	}
	for _, tt := range []struct {
		ms     []*member
		beside time.Duration
	}{
		{[]*member{at(ms, 8*ms), at(ms, 9*ms)}, 8 * ms},
		{[]*member{at(ms, 8*ms), at(3*ms, 9*ms)}, 6 * ms},
		{[]*member{at(ms, 8*ms), at(9*ms, 8*ms)}, 0},
		{[]*member{at(ms, 8*ms), at(20*ms, 8*ms)}, 0},
	} {
		if first, beside := overlap(tt.ms); first != 8*ms || beside != tt.beside {
			t.Errorf("%v of %v, want %v", beside, first, tt.beside)
		}
	}
	if first, _ := overlap([]*member{at(0, ms)}); first != 0 {
		t.Error("one thread runs beside none")
	}
	rep := new(Report)
	rep.add(Result{Name: "a/b", Verdict: Skipped, Why: "needs 2 CPUs", LeastShare: 1})
	if r := rep.of(&parallelism); r.Verdict != Skipped || r.Why == "" {
		t.Errorf("no slice: %+v", r)
	}
	if s := rep.Summary(); !strings.Contains(s, "skipped: a/b: needs 2 CPUs") || strings.Contains(s, "100") || !strings.Contains(s, "0 slices") {
		t.Errorf("no slice: %s", s)
	}
	rep.add(Result{Name: "c/d", Verdict: Excellent, Slices: 2, LeastShare: 1, First: 16 * ms, Beside: 8 * ms})
	if r := rep.of(&parallelism); r.Verdict != Failed {
		t.Errorf("half of the time: %+v", r)
	}
}
