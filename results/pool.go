package results

import (
	"math"
	"math/rand/v2"
)

// Pool is a recorded pool of blocks of one row: a design and the same design
// made slower by a known share, side by side.
type Pool struct {
	Row      string
	Procs    int
	Slowdown float64 // 0.05 is 5 %; 0 is the same design twice
	Unit     string
	A, B     []float64 // by block
	LeftOut  int       // blocks in which a trial failed or was disturbed
}

// PoolsOf collects the blocks of a run that hold both designs, b being a made
// slower by the given share, a pool for each row: rows at different GOMAXPROCS
// have noise of their own. Blocks with a failed or disturbed trial are left
// out, and oversubscribed points.
func PoolsOf(f *Folder, a, b, unit string, slowdown float64) (out []*Pool) {
	for _, r := range rows(f.Cells()) {
		ca, cb := r.find(a), r.find(b)
		if ca == nil || cb == nil || !ca.Ranked() || !cb.Ranked() {
			continue
		}
		p := &Pool{Row: ca.Row, Procs: ca.Procs, Slowdown: slowdown, Unit: unit}
		slow := map[int]*Trial{}
		for _, t := range cb.Trials {
			slow[t.Rep] = t
		}
		for _, t := range ca.Trials { // in order: draws from the pool repeat
			p.add(t, slow[t.Rep])
		}
		out = append(out, p)
	}
	return out
}

func (p *Pool) add(a, b *Trial) {
	if b == nil {
		return
	}
	x, okA := a.Value(p.Unit)
	y, okB := b.Value(p.Unit)
	undisturbed := a.Failed == "" && b.Failed == "" && a.Guard.OK && b.Guard.OK
	if !undisturbed || !okA || !okB || x <= 0 || y <= 0 {
		p.LeftOut++
		return
	}
	p.A, p.B = append(p.A, x), append(p.B, y)
}

// Power is in which share of runs of N repetitions a pool's slowdown is found.
type Power struct {
	Row                string
	Procs              int
	Slowdown           float64
	Blocks             int // in the pool
	LeftOut            int // see Pool
	N, Runs            int
	Found              int     // runs with a verdict
	Share              float64 // Found over Runs
	Lo, Hi             float64 // 95 %; see Pool.Power
	Plain              float64 // share of runs with p <= alpha, whatever the other conditions
	PLo, PHi           float64 // of Plain, as Lo and Hi
	Family             int
	MedianChange       float64 // over the pool, as a share: what was really slower
	MedianLo, MedianHi float64
}

// Power draws runs subsamples of n blocks from the pool, without replacement,
// and judges each as Compare does, as one test in a family of the given size
// that all need the full correction. Draws overlap: a pool has few blocks and
// many draws. So an interval is the wider of Wilson's, which is the draws' own
// error, and that of a jackknife over ten groups of blocks, which is the pool's.
func (p *Pool) Power(n, runs, family int, seed uint64, o Options) Power {
	o = o.withDefaults(&Run{})
	all := make([]int, len(p.A))
	for i := range all {
		all[i] = i
	}
	w := Power{Row: p.Row, Procs: p.Procs, Slowdown: p.Slowdown, Blocks: len(all), LeftOut: p.LeftOut, N: n, Runs: runs, Family: family, Hi: 1, PHi: 1}
	if n < 1 || n > len(all) || runs < 1 {
		w.Runs, w.Share, w.Plain = 0, math.NaN(), math.NaN()
		return w
	}
	var plain int
	w.Found, plain = p.found(all, n, runs, family, seed, o)
	w.Share, w.Lo, w.Hi = wilson(w.Found, runs)
	w.Plain, w.PLo, w.PHi = wilson(plain, runs)
	m := estimate(p.ratios(all), false)
	w.MedianChange, w.MedianLo, w.MedianHi = m.Center-1, m.Lo-1, m.Hi-1
	const groups = 10
	if len(all)-(len(all)+groups-1)/groups < n {
		return w // too small a pool to leave any out
	}
	var squares, plainSquares float64
	for g := range groups {
		var rest []int
		for i := range all {
			if i%groups != g {
				rest = append(rest, i)
			}
		}
		k, kp := p.found(rest, n, runs, family, seed+uint64(g)+1, o)
		squares += square(float64(k)/float64(runs) - w.Share)
		plainSquares += square(float64(kp)/float64(runs) - w.Plain)
	}
	widen := func(share, squares float64, lo, hi *float64) {
		half := 1.959964 * math.Sqrt(squares*(groups-1)/groups)
		*lo, *hi = min(*lo, max(0, share-half)), max(*hi, min(1, share+half))
	}
	widen(w.Share, squares, &w.Lo, &w.Hi)
	widen(w.Plain, plainSquares, &w.PLo, &w.PHi)
	return w
}

func square(x float64) float64 { return x * x }

func (p *Pool) ratios(blocks []int) []float64 {
	out := make([]float64, len(blocks))
	for k, i := range blocks {
		out[k] = p.B[i] / p.A[i]
	}
	return out
}

// found counts the subsamples in which the slowdown gets a verdict, and those
// whose p is at most alpha.
func (p *Pool) found(blocks []int, n, runs, family int, seed uint64, o Options) (found, plain int) {
	rng := rand.New(rand.NewPCG(seed, 0x76_6d61_6265_6e63_68))
	pick := append([]int(nil), blocks...)
	for range runs {
		rng.Shuffle(len(pick), func(i, j int) { pick[i], pick[j] = pick[j], pick[i] })
		d := p.delta(pick[:n])
		if d.judgeIn(family, o); d.Verdict != Same && (p.Slowdown == 0 || d.Better() < 0) {
			found++
		}
		if d.P <= o.Alpha {
			plain++
		}
	}
	return found, plain
}

// judgeIn gives d its verdict as one test in a family that needs the full
// correction.
func (d *Delta) judgeIn(family int, o Options) {
	d.Holm, d.Family = min(1, d.P*float64(family)), family
	d.judge(o)
}

// delta is the test of the given blocks, without a verdict.
func (p *Pool) delta(blocks []int) *Delta {
	d := &Delta{Unit: p.Unit, Old: &Summary{N: len(blocks)}, New: &Summary{N: len(blocks)}}
	a, b := make([]float64, len(blocks)), make([]float64, len(blocks))
	for k, i := range blocks {
		a[k], b[k] = p.A[i], p.B[i]
	}
	d.test(a, b)
	d.pair(p.ratios(blocks))
	return d
}

// FamilyAlarms is what families of comparisons of a design with itself found.
type FamilyAlarms struct {
	Families, Tests int // Tests: comparisons in each
	N               int // repetitions of a comparison
	Pairs           int // distinct, of which all are drawn
	// Of all Families*Tests comparisons: p <= alpha; a verdict without
	// correction; p <= alpha after Holm's correction; a verdict after it.
	Plain, Before, PlainHolm, After int
	// Families with an alarm after correction: a p, a verdict.
	AnyPlain, Any int
}

// AlarmsInFamilies draws families of comparisons of n blocks. A family takes
// from each pool as many comparisons as it has blocks for, no block twice; its
// p-values are corrected together, as a workload's in Compare.
func AlarmsInFamilies(pools []*Pool, n, families int, seed uint64, o Options) FamilyAlarms {
	o = o.withDefaults(&Run{})
	out := FamilyAlarms{Families: families, N: n}
	for _, p := range pools {
		out.Pairs += len(p.A)
		out.Tests += len(p.A) / n
	}
	rng := rand.New(rand.NewPCG(seed, 0x66_616d_696c_79))
	for range families {
		var ds []*Delta
		var ps []float64
		for _, p := range pools {
			order := rng.Perm(len(p.A))
			for ; len(order) >= n; order = order[n:] {
				d := p.delta(order[:n])
				ds, ps = append(ds, d), append(ps, d.P)
			}
		}
		out.count(ds, Holm(ps), o)
	}
	return out
}

func (a *FamilyAlarms) count(ds []*Delta, holm []float64, o Options) {
	var anyPlain, anyVerdict bool
	for i, d := range ds {
		if alone := *d; alone.uncorrected(o) != Same {
			a.Before++
		}
		if d.P <= o.Alpha {
			a.Plain++
		}
		d.Holm, d.Family = holm[i], len(ds)
		d.judge(o)
		if d.Holm <= o.Alpha {
			a.PlainHolm++
			anyPlain = true
		}
		if d.Verdict != Same {
			a.After++
			anyVerdict = true
		}
	}
	if anyPlain {
		a.AnyPlain++
	}
	if anyVerdict {
		a.Any++
	}
}
