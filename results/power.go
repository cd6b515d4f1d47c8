package results

import (
	"math"
	"math/rand/v2"
)

// AlarmRate is how often a comparison of a design with itself found a
// difference.
type AlarmRate struct {
	Tests    int // in which an alarm was possible at all
	P        int // p <= alpha, whatever the other conditions of a verdict
	Before   int // verdicts that there would be without Holm's correction
	After    int // verdicts
	Alpha    float64
	Share    float64 // Before over Tests, with its 95 % interval (Wilson)
	Lo, Hi   float64
	Unusable int // tests with too few trials for an alarm
}

// Alarms counts the alarms of a comparison whose designs are all the same.
// Oversubscribed points and exact values are no part of it.
func Alarms(c *Comparison) AlarmRate {
	a := AlarmRate{Alpha: c.Options.Alpha}
	for i := range c.Deltas {
		d := &c.Deltas[i]
		switch {
		case d.Exact || !d.Ranked:
		case min(d.Old.N, d.New.N) < MinTrials:
			a.Unusable++
		default:
			a.Tests++
			if d.P <= c.Options.Alpha {
				a.P++
			}
			if alone := *d; alone.uncorrected(c.Options) != Same {
				a.Before++
			}
			if d.Verdict != Same {
				a.After++
			}
		}
	}
	a.Share, a.Lo, a.Hi = wilson(a.Before, a.Tests)
	return a
}

// uncorrected is the verdict that d would have as the only test.
func (d *Delta) uncorrected(o Options) Verdict {
	d.Holm, d.Family = d.P, 1
	d.judge(o)
	return d.Verdict
}

// wilson returns k/n and its 95 % score interval.
func wilson(k, n int) (share, lo, hi float64) {
	if n == 0 {
		return math.NaN(), 0, 1
	}
	const z = 1.959964
	f, m := float64(k)/float64(n), float64(n)
	center := (f + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(f*(1-f)/m+z*z/(4*m*m))
	return f, max(0, center-half), min(1, center+half)
}

// Pool is a recorded pool of blocks: a design and the same design made slower
// by a known share, side by side.
type Pool struct {
	Slowdown float64 // 0.05 is 5 %; 0 is the same design twice
	Unit     string
	A, B     []float64 // by block
}

// PoolOf collects the blocks of a run that hold both designs: b is a made
// slower by the given share. Every row of the run adds its blocks; failed
// trials and oversubscribed points have none.
func PoolOf(f *Folder, a, b, unit string, slowdown float64) *Pool {
	p := &Pool{Slowdown: slowdown, Unit: unit}
	for _, r := range rows(f.Cells()) {
		ca, cb := r.find(a), r.find(b)
		if ca == nil || cb == nil || ca.Oversubscribed || cb.Oversubscribed {
			continue
		}
		slow := cb.byRep(unit)
		for _, t := range ca.Trials { // in order: draws from the pool repeat
			x, ok := t.Value(unit)
			y, both := slow[t.Rep]
			if ok && both && t.Failed == "" && x > 0 && y > 0 {
				p.A, p.B = append(p.A, x), append(p.B, y)
			}
		}
	}
	return p
}

// Power is in which share of runs of N repetitions a pool's slowdown is found.
type Power struct {
	Slowdown     float64
	Blocks       int // in the pool
	N, Runs      int
	Found        int
	Share        float64
	Lo, Hi       float64 // 95 %; see Pool.Power
	Family       int
	MedianChange float64 // over the pool, as a share: what was really slower
}

// Power draws runs subsamples of n blocks from the pool, without replacement,
// and judges each as Compare does, as one test in a family of the given size
// that all need the full correction. The interval is the wider of Wilson's,
// which is the draws' own error, and that of a jackknife over ten groups of
// blocks, which is the pool's.
func (p *Pool) Power(n, runs, family int, seed uint64, o Options) Power {
	o = o.withDefaults(&Run{})
	all := make([]int, len(p.A))
	for i := range all {
		all[i] = i
	}
	w := Power{Slowdown: p.Slowdown, Blocks: len(all), N: n, Runs: runs, Family: family, Lo: 0, Hi: 1}
	if n < 1 || n > len(all) || runs < 1 {
		w.Runs = 0
		w.Share = math.NaN()
		return w
	}
	w.Found = p.found(all, n, runs, family, seed, o)
	w.Share, w.Lo, w.Hi = wilson(w.Found, runs)
	w.MedianChange = estimate(p.ratios(all), false).Center - 1
	const groups = 10
	if len(all)-(len(all)+groups-1)/groups < n {
		return w // too small a pool to leave any out
	}
	squares := 0.0
	for g := range groups {
		var rest []int
		for i := range all {
			if i%groups != g {
				rest = append(rest, i)
			}
		}
		d := float64(p.found(rest, n, runs, family, seed+uint64(g)+1, o))/float64(runs) - w.Share
		squares += d * d
	}
	half := 1.959964 * math.Sqrt(squares*(groups-1)/groups)
	w.Lo, w.Hi = min(w.Lo, max(0, w.Share-half)), max(w.Hi, min(1, w.Share+half))
	return w
}

func (p *Pool) ratios(blocks []int) []float64 {
	out := make([]float64, len(blocks))
	for k, i := range blocks {
		out[k] = p.B[i] / p.A[i]
	}
	return out
}

// found counts the subsamples in which the slowdown gets a verdict.
func (p *Pool) found(blocks []int, n, runs, family int, seed uint64, o Options) (found int) {
	rng := rand.New(rand.NewPCG(seed, 0x76_6d61_6265_6e63_68))
	pick := append([]int(nil), blocks...)
	for range runs {
		rng.Shuffle(len(pick), func(i, j int) { pick[i], pick[j] = pick[j], pick[i] })
		if d := p.delta(pick[:n], family, o); d.Verdict != Same && (p.Slowdown == 0 || d.Better() < 0) {
			found++
		}
	}
	return found
}

// delta judges the given blocks as one test of a family.
func (p *Pool) delta(blocks []int, family int, o Options) *Delta {
	d := &Delta{Unit: p.Unit, Old: &Summary{N: len(blocks)}, New: &Summary{N: len(blocks)}, Family: family}
	a, b := make([]float64, len(blocks)), make([]float64, len(blocks))
	for k, i := range blocks {
		a[k], b[k] = p.A[i], p.B[i]
	}
	d.test(a, b)
	d.pair(p.ratios(blocks))
	d.Holm = min(1, d.P*float64(family))
	d.judge(o)
	return d
}

// SmallestFound returns the smallest slowdown that, like every greater one, is
// found in at least the given share of runs, and the interval of it: from the
// smallest that may reach the share by its interval to the smallest that must.
// The powers are in order of slowdown; NaN says that none is.
func SmallestFound(ps []Power, share float64) (smallest, lo, hi float64) {
	least := func(of func(Power) float64) float64 {
		out := math.NaN()
		for i := len(ps) - 1; i >= 0 && of(ps[i]) >= share; i-- {
			out = ps[i].Slowdown
		}
		return out
	}
	return least(func(p Power) float64 { return p.Share }),
		least(func(p Power) float64 { return p.Hi }),
		least(func(p Power) float64 { return p.Lo })
}
