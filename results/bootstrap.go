package results

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// resamples is how often Band draws; its ends are the sixth of 200 from either
// side.
const resamples = 200

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
// the trial: samples of one trial are no replicates of each other. Each draw
// takes one trial fewer than there are, which makes good for the spread that n
// trials show being too small by the factor (n-1)/n. The draws are the same
// each time. Fewer than six trials have no band: nil.
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
		for range n - 1 {
			weight[r.IntN(n)]++
		}
		for i, v := range grid.quantiles(weight, qs) {
			draws[i] = append(draws[i], v)
		}
	}
	cut := int(float64(resamples) * (1 - Confidence) / 2)
	for _, d := range draws {
		slices.Sort(d)
		lo, hi = append(lo, d[cut]), append(hi, d[len(d)-1-cut])
	}
	return lo, hi
}

// histGrid is the trials' histograms on the buckets that any of them has.
type histGrid struct {
	ns     []int64
	counts [][]int64 // by bucket, by trial
	totals []int64   // by trial
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
	g.counts = make([][]int64, len(g.ns))
	flat := make([]int64, len(g.ns)*len(m.trials))
	for i := range g.counts {
		g.counts[i], flat = flat[:len(m.trials)], flat[len(m.trials):]
	}
	for t, bs := range m.trials {
		for _, b := range bs {
			i, _ := slices.BinarySearchFunc(g.ns, b.ns, cmp.Compare[int64])
			g.counts[i][t] = b.n
			g.totals[t] += b.n
		}
	}
	return g
}

// quantiles returns the quantiles of the trials taken as often as weight says.
func (g *histGrid) quantiles(weight []int64, qs []float64) []float64 {
	total := int64(0)
	for t, w := range weight {
		total += w * g.totals[t]
	}
	out := make([]float64, len(qs))
	seen, next := int64(0), 0
	for i, ns := range g.ns {
		for t, w := range weight {
			if w > 0 {
				seen += w * g.counts[i][t]
			}
		}
		for next < len(qs) && float64(seen) >= qs[next]*float64(total) {
			out[next] = float64(ns)
			next++
		}
	}
	return out
}
