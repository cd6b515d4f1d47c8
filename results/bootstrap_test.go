package results

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// merged is n trials of which each is slower or faster than the others as a
// whole, by a factor with a standard deviation of spread.
func mergedOf(t *testing.T, r *rand.Rand, n int, spread float64) *MergedHist {
	t.Helper()
	m := &MergedHist{}
	for range n {
		h := hdrhistogram.New(1, 1<<20, 2)
		own := math.Exp(spread * r.NormFloat64())
		for range 200 {
			h.RecordValue(int64(1000 * own * (1 + r.ExpFloat64())))
		}
		b, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.add(&Trial{}, &Hist{Count: h.TotalCount(), MaxNS: h.Max(), V2: string(b)}); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// The band holds the merged quantile, is the same each time, and covers the
// truth about as often as it says, although trials differ as wholes. The plain
// percentiles of a bootstrap would cover it in 86 % of sets.
func TestBand(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	truth := float64(mergedOf(t, r, 1000, 0.2).At(0.9).NS)
	const sets = 120
	covered := 0
	for range sets {
		m := mergedOf(t, r, 10, 0.2)
		lo, hi := m.Band([]float64{0.5, 0.9})
		if lo[1] <= truth && truth <= hi[1] {
			covered++
		}
		if at := float64(m.At(0.5).NS); lo[0] > at || hi[0] < at || lo[0] > lo[1] || hi[0] > hi[1] {
			t.Fatalf("the median %v is outside [%v, %v], or the band falls: %v %v", at, lo[0], hi[0], lo, hi)
		}
		again, _ := m.Band([]float64{0.5, 0.9})
		if !slices.Equal(lo, again) {
			t.Fatal("two bands of one histogram differ")
		}
	}
	if share := float64(covered) / sets; share < 0.9 {
		t.Errorf("the band covers p90 in %.0f %% of sets", 100*share)
	}
	t.Logf("covered %d of %d", covered, sets)
	if lo, _ := mergedOf(t, r, 5, 0.2).Band([]float64{0.5}); lo != nil {
		t.Errorf("five trials have a band: %v", lo)
	}
}
