package plots

import (
	"math"
	"slices"
	"testing"
)

func TestFormats(t *testing.T) {
	for _, c := range []struct {
		f    Format
		v    float64
		want string
	}{
		{Plain, 0, "0"}, {Plain, 181.8, "182"}, {Plain, 0.0123456, "0.0123"}, {Plain, -2.5, "−2.50"},
		{SI, 999.6, "1.00 k"}, {SI, 999.4, "999"}, {SI, 12345678, "12.3 M"}, {SI, 4e12, "4.00 T"},
		{Nanos, 3.25, "3.25 ns"}, {Nanos, 340, "340 ns"}, {Nanos, 999.7, "1000 ns"}, {Nanos, 1234, "1.23 µs"}, {Nanos, 2.5e9, "2.50 s"},
		{Bytes, 4096, "4.00 KiB"}, {Bytes, 192, "192 B"},
		{Percent, 1.125, "+12.5 %"}, {Percent, 0.8, "−20.0 %"}, {Percent, 1, "0.0 %"}, {Percent, 3.5, "+250 %"},
		{Share, 0.925, "92.5 %"}, {Nines, 0.999, "99.9"},
		{Plain, math.NaN(), "–"}, {SI, math.Inf(1), "∞"},
	} {
		if got := c.f.Write(c.v); got != c.want {
			t.Errorf("format %d of %v: %q, want %q", c.f, c.v, got, c.want)
		}
	}
}

func TestTicks(t *testing.T) {
	label := func(ts []Tick) (out []string) {
		for _, t := range ts {
			out = append(out, t.Label)
		}
		return
	}
	for _, c := range []struct {
		s      Scale
		f      Format
		lo, hi float64
		want   []string
	}{
		{Linear, SI, 0, 20e6, []string{"0", "5 M", "10 M", "15 M", "20 M"}},
		{Linear, Nanos, 0, 1500, []string{"0 ns", "500 ns", "1 µs", "1.5 µs"}},
		{Log10, Nanos, 80, 4e4, []string{"100 ns", "300 ns", "1 µs", "3 µs", "10 µs", "30 µs"}},
		{Percentile, Nines, 0.5, 0.9995, []string{"50", "90", "99", "99.9"}},
	} {
		if got := label(ticks(c.s, c.f, c.lo, c.hi, 5)); !slices.Equal(got, c.want) {
			t.Errorf("ticks of %v to %v: %q, want %q", c.lo, c.hi, got, c.want)
		}
	}
}

// An axis without data has no ticks, and finding that out ends.
func TestTicksOfNothing(t *testing.T) {
	inf := math.Inf(1)
	for _, s := range []Scale{Linear, Log2, Log10, Percentile} {
		for _, r := range [][2]float64{{inf, 0}, {0, inf}, {math.NaN(), 1}, {-inf, inf}} {
			if got := ticks(s, SI, r[0], r[1], 5); got != nil {
				t.Errorf("scale %d from %v to %v has ticks %v", s, r[0], r[1], got)
			}
		}
	}
	if got := ticks(Log10, SI, 0, 10, 5); got != nil {
		t.Errorf("a logarithmic axis from 0 has ticks %v", got)
	}
}

// Labels are moved apart, stay in order and in bounds, and no farther than
// they must.
func TestSpread(t *testing.T) {
	for _, want := range [][]float64{{10, 50, 90}, {50, 50, 50}, {1, 2, 3, 95, 99}, {0, 0, 100, 100}} {
		got := spread(want, 13, 0, 100)
		for i := range got {
			if got[i] < 0 || got[i] > 100 || i > 0 && got[i] < got[i-1]+13-1e-9 {
				t.Errorf("spread(%v) = %v", want, got)
			}
		}
	}
	if got := spread([]float64{10, 50, 90}, 13, 0, 100); !slices.Equal(got, []float64{10, 50, 90}) {
		t.Errorf("labels with room were moved: %v", got)
	}
	if got := spread([]float64{50, 50, 50}, 10, 0, 100); !slices.Equal(got, []float64{40, 50, 60}) {
		t.Errorf("three in one place: %v", got)
	}
}

// The ends of a ratio axis hold the data, and the words are those of the axis.
func TestRatioAxis(t *testing.T) {
	for _, c := range []struct{ down, up float64 }{{1.04, 1.04}, {1.3, 1.04}, {1.04, 3.6}, {50, 1.04}, {1.2, 700}} {
		lo, hi, ticks := ratioAxis(c.down, c.up)
		if lo > 1/c.down || hi < c.up {
			t.Errorf("axis of 1/%v to %v is %v to %v", c.down, c.up, lo, hi)
		}
		one := false
		for i, k := range ticks {
			one = one || math.Abs(k.V-1) < 1e-9
			if k.V < lo-1e-9 || k.V > hi+1e-9 || i > 0 && k.V <= ticks[i-1].V {
				t.Errorf("axis of 1/%v to %v: tick %v of %v", c.down, c.up, k, ticks)
			}
		}
		if !one || len(ticks) < 3 || len(ticks) > 12 {
			t.Errorf("axis of 1/%v to %v has ticks %v", c.down, c.up, ticks)
		}
	}
}
