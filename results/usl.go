package results

import (
	"fmt"
	"math"
	"strings"
)

// USL is a fit of Gunther's Universal Scalability Law to rates X at N workers:
//
//	X(N) = Lambda*N / (1 + Sigma*(N-1) + Kappa*N*(N-1))
//
// Sigma is the share that is serialized, Kappa the cost of each pair's
// coherence. Both are kept at 0 or above.
type USL struct {
	Lambda, Sigma, Kappa float64
	Points               []USLPoint
	RMS                  float64 // of the residuals
	// Peak is the N at which the fitted rate is greatest; 0 when it never falls.
	Peak float64
}

// USLPoint is a point that was fitted. Residual is measured over fitted, less 1.
type USLPoint struct {
	N        int
	X        float64
	Residual float64
}

// At returns the fitted rate at n workers.
func (u *USL) At(n float64) float64 {
	return u.Lambda * n / (1 + u.Sigma*(n-1) + u.Kappa*n*(n-1))
}

// MinUSLPoints is the least number of different N that are fitted: three
// parameters need as many points again to show whether the law holds.
const MinUSLPoints = 6

// FitUSL fits the law by least squares on the relative residuals of N/X, which
// is linear in 1, N-1 and N(N-1).
func FitUSL(n []int, x []float64) (*USL, error) {
	seen := map[int]bool{}
	for i := range n {
		if n[i] < 1 || !(x[i] > 0) || math.IsInf(x[i], 0) {
			return nil, fmt.Errorf("no fit: rate %v at %d workers", x[i], n[i])
		}
		seen[n[i]] = true
	}
	if len(seen) < MinUSLPoints {
		return nil, fmt.Errorf("no fit: %d settings of GOMAXPROCS where the law's three parameters need %d", len(seen), MinUSLPoints)
	}
	coef := fitNonNegative(n, x)
	if !(coef[0] > 0) {
		return nil, fmt.Errorf("no fit: the rates do not follow the law")
	}
	u := &USL{Lambda: 1 / coef[0], Sigma: coef[1] / coef[0], Kappa: coef[2] / coef[0]}
	if u.Kappa > 0 && u.Sigma < 1 {
		u.Peak = max(1, math.Sqrt((1-u.Sigma)/u.Kappa))
	}
	for i := range n {
		r := x[i]/u.At(float64(n[i])) - 1
		u.Points = append(u.Points, USLPoint{n[i], x[i], r})
		u.RMS += r * r
	}
	u.RMS = math.Sqrt(u.RMS / float64(len(n)))
	return u, nil
}

// fitNonNegative returns the best coefficients among the fits in which the
// second, the third, both or neither are held at zero and none is negative.
func fitNonNegative(n []int, x []float64) (best [3]float64) {
	least := math.Inf(1)
	for _, use := range [][3]bool{{true, true, true}, {true, true, false}, {true, false, true}, {true, false, false}} {
		c, ok := leastSquares(n, x, use)
		if !ok || c[0] <= 0 || c[1] < 0 || c[2] < 0 {
			continue
		}
		sum := 0.0
		for i := range n {
			r := 1.0
			for k, v := range uslRow(n[i], x[i]) {
				r -= c[k] * v
			}
			sum += r * r
		}
		if sum < least {
			least, best = sum, c
		}
	}
	return best
}

// uslRow returns the regressors of one point, over its own N/X.
func uslRow(n int, x float64) [3]float64 {
	f := float64(n)
	return [3]float64{x / f, x / f * (f - 1), x / f * f * (f - 1)}
}

// leastSquares solves the normal equations for the coefficients in use, each
// column scaled to length 1.
func leastSquares(n []int, x []float64, use [3]bool) (c [3]float64, ok bool) {
	var length [3]float64
	for i := range n {
		for k, v := range uslRow(n[i], x[i]) {
			length[k] += v * v
		}
	}
	var m [3][4]float64
	for k := range length {
		length[k] = math.Sqrt(length[k])
		if !use[k] || length[k] == 0 {
			use[k] = false
			m[k][k] = 1
		}
	}
	for i := range n {
		row := uslRow(n[i], x[i])
		for a := range row {
			for b := range row {
				if use[a] && use[b] {
					m[a][b] += row[a] / length[a] * row[b] / length[b]
				}
			}
			if use[a] {
				m[a][3] += row[a] / length[a]
			}
		}
	}
	if !eliminate(&m) {
		return c, false
	}
	for k := range c {
		if use[k] {
			c[k] = m[k][3] / length[k]
		}
	}
	return c, true
}

// eliminate solves three equations in place by Gauss and Jordan with pivoting.
func eliminate(m *[3][4]float64) bool {
	for k := range m {
		p := k
		for i := k + 1; i < 3; i++ {
			if math.Abs(m[i][k]) > math.Abs(m[p][k]) {
				p = i
			}
		}
		m[k], m[p] = m[p], m[k]
		if math.Abs(m[k][k]) < 1e-12 {
			return false
		}
		for i := range m {
			if i == k {
				continue
			}
			f := m[i][k] / m[k][k]
			for j := k; j < 4; j++ {
				m[i][j] -= f * m[k][j]
			}
		}
	}
	for k := range m {
		m[k][3] /= m[k][k]
	}
	return true
}

// Scaling is a design's rates over GOMAXPROCS in one benchmark.
type Scaling struct {
	Kind     Kind
	Label    string // without the procs
	Variant  string
	Unit     string
	Cells    []*Cell // by procs, oversubscribed ones left out
	Fit      *USL
	WhyNoFit string // "" with a fit
}

// Scalings fits the law to each design and benchmark that was run at more
// than one GOMAXPROCS, on the medians of ops/s.
func Scalings(f *Folder) (out []Scaling) {
	const unit = "ops/s"
	at := map[string]int{}
	for _, c := range f.Cells() {
		if !c.Ranked() || len(c.Sample(unit)) == 0 {
			continue
		}
		key := string(c.Kind) + " " + c.Name[:strings.LastIndexByte(c.Name, '-')]
		if _, ok := at[key]; !ok {
			label := c.Label()
			at[key] = len(out)
			out = append(out, Scaling{Kind: c.Kind, Label: label[:strings.LastIndexByte(label, '-')], Variant: c.Variant, Unit: unit})
		}
		out[at[key]].Cells = append(out[at[key]].Cells, c)
	}
	kept := out[:0]
	for _, s := range out {
		if len(s.Cells) < 2 {
			continue
		}
		var n []int
		var x []float64
		for _, c := range s.Cells {
			n = append(n, c.Procs)
			x = append(x, c.Summarize(unit).Median)
		}
		fit, err := FitUSL(n, x)
		if err != nil {
			s.WhyNoFit = err.Error()
		}
		s.Fit = fit
		kept = append(kept, s)
	}
	return kept
}
