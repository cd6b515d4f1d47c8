package results

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/HdrHistogram/hdrhistogram-go"
	moremath "github.com/aclements/go-moremath/stats"
)

// resamples is how often Band draws.
const resamples = 400

// buckets is the content of one trial's histogram.
type buckets []struct{ ns, n int64 }

func bucketsOf(h *hdrhistogram.Histogram) buckets {
	var out buckets
	for _, b := range h.Distribution() {
		if b.Count > 0 {
			out = append(out, struct{ ns, n int64 }{b.To, b.Count})
		}
	}
	return out
}

// Band returns, for each of the rising quantiles qs, the ends of a 95 %
// interval of the merged quantile in nanoseconds, by a bootstrap whose unit is
// the trial: samples of one trial are no replicates of each other. The ends are
// expanded percentiles (T. Hesterberg, What Teachers Should Know About the
// Bootstrap, 2015), for the plain ones are too narrow with few trials. The draws
// are the same each time. Fewer than six trials have no band: nil.
func (m *MergedHist) Band(qs []float64) (lo, hi []float64) {
	n := len(m.trials)
	if n < 6 {
		return nil, nil
	}
	grid := m.grid()
	r := rand.New(rand.NewPCG(1, uint64(n)))
	draws := make([][]float64, len(qs))
	weight := make([]int64, n)
	for range resamples {
		clear(weight)
		for range n {
			weight[r.IntN(n)]++
		}
		for i, v := range grid.quantiles(weight, qs) {
			draws[i] = append(draws[i], v)
		}
	}
	cut := int(resamples * tailOf(n))
	for _, d := range draws {
		slices.Sort(d)
		lo, hi = append(lo, d[cut]), append(hi, d[len(d)-1-cut])
	}
	return lo, hi
}

// tailOf is the share of draws beyond either end of the interval of n trials:
// as far out in the normal distribution as Student's t is, times the root of
// n/(n-1).
func tailOf(n int) float64 {
	v := float64(n)
	t := moremath.InvCDF(moremath.TDist{V: v - 1})((1 - Confidence) / 2)
	return moremath.StdNormal.CDF(t * math.Sqrt(v/(v-1)))
}

// histGrid is the trials' histograms on the buckets that any of them has.
type histGrid struct {
	ns     []int64
	counts [][]int64 // by trial, by bucket
	totals []int64   // by trial
	sum    []int64   // of one draw, by bucket
}

func (m *MergedHist) grid() *histGrid {
	g := &histGrid{totals: make([]int64, len(m.trials))}
	for _, t := range m.trials {
		for _, b := range t {
			g.ns = append(g.ns, b.ns)
		}
	}
	slices.Sort(g.ns)
	g.ns = slices.Compact(g.ns)
	g.sum = make([]int64, len(g.ns))
	for t, bs := range m.trials {
		row := make([]int64, len(g.ns))
		for _, b := range bs {
			i, _ := slices.BinarySearch(g.ns, b.ns)
			row[i] = b.n
			g.totals[t] += b.n
		}
		g.counts = append(g.counts, row)
	}
	return g
}

// quantiles returns the quantiles of the trials taken as often as weight says.
func (g *histGrid) quantiles(weight []int64, qs []float64) []float64 {
	clear(g.sum)
	total := int64(0)
	for t, w := range weight {
		if w == 0 {
			continue
		}
		total += w * g.totals[t]
		for i, n := range g.counts[t] {
			g.sum[i] += w * n
		}
	}
	out := make([]float64, len(qs))
	seen, next := int64(0), 0
	for i, n := range g.sum {
		seen += n
		for next < len(qs) && float64(seen) >= qs[next]*float64(total) {
			out[next] = float64(g.ns[i])
			next++
		}
	}
	return out
}
