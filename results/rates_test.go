package results

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// simulate returns a run of two designs over cells workloads of rows rows, the
// second design slower by the given share. Its noise is of the kind that runs
// have: skewed, with spikes, and beside it what the designs of a block share.
func simulate(seed uint64, workloads, rows, reps int, slowdown, shared float64) *Folder {
	rng := rand.New(rand.NewPCG(seed, 17))
	f := &Folder{Run: &Run{Format: FormatVersion, Baseline: "a", Designs: []DesignInfo{{Name: "a"}, {Name: "b"}}, Plan: PlanInfo{Count: reps}}}
	noise := func() float64 {
		x := 1 + 0.01*math.Abs(rng.NormFloat64())
		if rng.IntN(20) == 0 {
			x += 0.1 * rng.ExpFloat64()
		}
		return x
	}
	for w := range workloads {
		for procs := 1; procs <= rows; procs++ {
			for rep := range reps {
				block := 100 * (1 + shared*rng.NormFloat64())
				for _, d := range []string{"a", "b"} {
					ns := block * noise()
					if d == "b" {
						ns *= 1 + slowdown
					}
					f.Trials = append(f.Trials, Trial{Bench: "A", Kind: Throughput, Procs: procs, Rep: rep,
						Params: []Param{{"variant", d}, {"workload", fmt.Sprintf("w%d", w)}},
						Values: []Value{{"ns/op", ns}}, Guard: Guard{OK: true}})
				}
			}
		}
	}
	return f
}

// A design compared with itself 2,000 times: at most the level's share of
// alarms before the correction, and hardly one after it.
func TestFalseAlarms(t *testing.T) {
	for _, shared := range []float64{0, 0.01} {
		a := Alarms(Compare(simulate(1, 500, 4, 10, 0, shared), Options{}))
		t.Logf("shared noise %v: %d comparisons: p <= %v in %d, %d verdicts before the correction (%.2f %%), %d after",
			shared, a.Tests, a.Alpha, a.P, a.Before, 100*a.Share, a.After)
		if a.Tests != 2000 || a.Unusable != 0 {
			t.Fatalf("%d comparisons", a.Tests)
		}
		if a.Share > 0.06 || float64(a.P) > 0.06*float64(a.Tests) {
			t.Errorf("%.2f %% false alarms before the correction", 100*a.Share)
		}
		if a.P < a.Tests/100 {
			t.Errorf("p <= %v in %d of %d: the test is not at its level", a.Alpha, a.P, a.Tests)
		}
		if a.After > 10 { // of 500 families, 5 % each would be 25
			t.Errorf("%d of 2000 verdicts on nothing", a.After)
		}
	}
	if few := Alarms(Compare(simulate(1, 5, 4, 6, 0, 0), Options{})); few.Tests != 0 || few.Unusable != 20 {
		t.Errorf("with six repetitions no alarm is possible: %+v", few)
	}
}

// A slowdown of 5 % is found in nine of ten comparisons at least.
func TestPower(t *testing.T) {
	for _, c := range []struct {
		slowdown, least, most float64
	}{{0.05, 0.9, 1}, {0.005, 0, 0.2}} {
		cmp := Compare(simulate(2, 100, 4, 20, c.slowdown, 0.01), Options{})
		found := 0
		for i := range cmp.Deltas {
			if cmp.Deltas[i].Better() < 0 {
				found++
			}
		}
		share := float64(found) / float64(len(cmp.Deltas))
		t.Logf("%.1f %% found in %d of %d", 100*c.slowdown, found, len(cmp.Deltas))
		if share < c.least || share > c.most {
			t.Errorf("%.1f %% found in %.1f %%", 100*c.slowdown, 100*share)
		}
	}
}

// The interval of the unpaired ratio and the test agree: it excludes 1 where
// the test rejects at the same level, and holds the true ratio 95 % of times.
func TestUnpairedInterval(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	held := 0
	const runs = 1000
	for run := range runs {
		n1, n2 := 6+rng.IntN(15), 6+rng.IntN(15)
		truth := 1 + 0.02*float64(run%3)
		var a, b []float64
		for range n1 {
			a = append(a, math.Exp(0.02*rng.NormFloat64()))
		}
		for range n2 {
			b = append(b, truth*math.Exp(0.02*rng.NormFloat64()))
		}
		d, _ := unpairedDelta(cellOf(a...), cellOf(b...), "ns/op")
		if excludes := d.Lo > 1 || d.Hi < 1; excludes != (d.P <= 1-Confidence) {
			t.Fatalf("n=%d, %d: p=%v, interval %v to %v", n1, n2, d.P, d.Lo, d.Hi)
		}
		if d.Lo <= truth && truth <= d.Hi {
			held++
		}
	}
	if share := float64(held) / runs; share < 0.93 {
		t.Errorf("the interval holds the true ratio in %.1f %% of runs", 100*share)
	}
}

// Subsampling a pool finds what is in it, no more with fewer repetitions, and
// says how far it is to be trusted.
func TestPoolPower(t *testing.T) {
	pool := func(slowdown float64, blocks int) *Pool {
		rng := rand.New(rand.NewPCG(5, 5))
		p := &Pool{Slowdown: slowdown, Unit: "ns/op"}
		for range blocks {
			p.A = append(p.A, 100*(1+0.02*rng.NormFloat64()))
			p.B = append(p.B, 100*(1+slowdown)*(1+0.02*rng.NormFloat64()))
		}
		return p
	}
	var ps []Power
	for _, s := range []float64{0.01, 0.02, 0.05, 0.10} {
		ps = append(ps, pool(s, 200).Power(20, 200, 3, 9, Options{}))
	}
	for i, p := range ps {
		t.Logf("%.0f %%: (%.1f %% in the pool): found in %d of %d, %.2f to %.2f", 100*p.Slowdown, 100*p.MedianChange, p.Found, p.Runs, p.Lo, p.Hi)
		if i > 0 && p.Share < ps[i-1].Share {
			t.Errorf("%v is found less often than %v", p.Slowdown, ps[i-1].Slowdown)
		}
		if p.Lo > p.Share || p.Hi < p.Share {
			t.Errorf("interval %v to %v about %v", p.Lo, p.Hi, p.Share)
		}
	}
	if ps[0].Share > 0.5 || ps[2].Share < 0.99 {
		t.Errorf("1 %%: %v, 5 %%: %v", ps[0].Share, ps[2].Share)
	}
	smallest, lo, hi := SmallestFound(ps, 0.9)
	if smallest < 0.02 || smallest > 0.05 || lo > smallest || hi < smallest {
		t.Errorf("smallest found %v [%v, %v]", smallest, lo, hi)
	}
	if none, _, _ := SmallestFound(ps[:1], 0.9); !math.IsNaN(none) {
		t.Errorf("smallest found where none is: %v", none)
	}
	if alarms := pool(0, 1000).Power(20, 500, 1, 9, Options{}); alarms.Share > 0.05 {
		t.Errorf("the same twice: %v", alarms.Share)
	}
	if short := pool(0, 60).Power(100, 10, 1, 9, Options{}); short.Runs != 0 || !math.IsNaN(short.Share) {
		t.Errorf("100 blocks out of 60: %+v", short)
	}
}

// A pool is one row's, and has no block in which a trial was disturbed or
// failed, on either side.
func TestPoolsOf(t *testing.T) {
	f := simulate(3, 1, 2, 40, 0.05, 0.01)
	spoil := func(procs, rep int, design string, how func(*Trial)) {
		for i := range f.Trials {
			if tr := &f.Trials[i]; tr.Procs == procs && tr.Rep == rep && tr.Params[0].Value == design {
				how(tr)
			}
		}
	}
	spoil(1, 3, "a", func(t *Trial) { t.Guard.OK = false })
	spoil(1, 4, "b", func(t *Trial) { t.Guard.OK = false })
	spoil(2, 5, "b", func(t *Trial) { t.Failed = "x" })
	pools := PoolsOf(f, "a", "b", "ns/op", 0.05)
	if len(pools) != 2 {
		t.Fatalf("%d pools of 2 rows", len(pools))
	}
	for i, left := range []int{2, 1} {
		p := pools[i]
		if p.Procs != i+1 || p.LeftOut != left || len(p.A) != 40-left || len(p.B) != 40-left {
			t.Errorf("GOMAXPROCS %d: %d blocks, %d left out", p.Procs, len(p.A), p.LeftOut)
		}
		w := p.Power(20, 50, 1, 1, Options{})
		if w.Share < 0.9 || w.Plain < w.Share || w.MedianLo > w.MedianChange || w.MedianChange > w.MedianHi || w.Procs != p.Procs {
			t.Errorf("%+v", w)
		}
	}
}

// Families of comparisons of a design with itself hold their level, and
// alarms that are right are counted in every way.
func TestAlarmsInFamilies(t *testing.T) {
	pools := func(slowdown float64) []*Pool {
		return PoolsOf(simulate(7, 1, 2, 600, slowdown, 0.01), "a", "b", "ns/op", slowdown)
	}
	a := AlarmsInFamilies(pools(0), 20, 50, 1, Options{})
	if a.Tests != 60 || a.Pairs != 1200 || a.Families != 50 {
		t.Fatalf("%+v", a)
	}
	if plain := float64(a.Plain) / 3000; plain > 0.06 || a.Any > a.AnyPlain || a.AnyPlain > 8 || a.Before > a.Plain || a.After > a.PlainHolm {
		t.Errorf("the same twice: %+v", a)
	}
	b := AlarmsInFamilies(pools(0.1), 20, 5, 1, Options{})
	if b.Plain < 290 || b.Before < 290 || b.PlainHolm < 250 || b.After < 250 || b.Any != 5 || b.AnyPlain != 5 {
		t.Errorf("a tenth slower: %+v", b)
	}
}
