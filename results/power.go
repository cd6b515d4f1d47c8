package results

import "math"

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
	d.judgeIn(1, o)
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
