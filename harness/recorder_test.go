package harness

import (
	"math/rand/v2"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// TestRecorder: it counts as an HdrHistogram does, whatever the value.
func TestRecorder(t *testing.T) {
	r, other, want := newRecorder(), newRecorder(), hdrhistogram.New(1, maxLatency, digits)
	rng := rand.New(rand.NewPCG(1, 1))
	values := []int64{0, 1, 2047, 2048, 2049, 4095, 4096, maxLatency - 1, maxLatency}
	for range 100_000 {
		values = append(values, rng.Int64N(1<<(1+rng.IntN(35))))
	}
	for i, v := range values {
		if err := want.RecordValue(v); err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			r.record(v)
		} else {
			other.record(v)
		}
	}
	r.merge(other)
	if got := r.histogram(); !got.Equals(want) || r.over != 0 {
		t.Errorf("%d values, p50 %d, max %d; want %d, %d, %d", got.TotalCount(), got.ValueAtQuantile(50), got.Max(),
			want.TotalCount(), want.ValueAtQuantile(50), want.Max())
	}
	for _, v := range []int64{-1, 1 << 40, 1 << 62} {
		r.record(v)
	}
	if r.over != 3 || r.histogram().TotalCount() != want.TotalCount() {
		t.Errorf("%d values out of range, want 3", r.over)
	}
}

// BenchmarkRecord is beside the library's.
func BenchmarkRecord(b *testing.B) {
	b.Run("recorder", func(b *testing.B) {
		r := newRecorder()
		for i := range b.N {
			r.record(int64(i & 4095))
		}
	})
	b.Run("hdrhistogram", func(b *testing.B) {
		h := hdrhistogram.New(1, maxLatency, digits)
		for i := range b.N {
			if h.RecordValue(int64(i&4095)) != nil {
				b.Fatal(i)
			}
		}
	})
}
