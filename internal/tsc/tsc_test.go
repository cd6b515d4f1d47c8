package tsc

import (
	"math"
	"testing"
	"time"
)

// TestCalibrate: two calibrations agree within their errors and what the system
// adds to its clock's rate, and the counter never goes backwards.
func TestCalibrate(t *testing.T) {
	if !Have {
		t.Skip("no counter on this architecture")
	}
	last := Read()
	for range 100_000 {
		now := Read()
		if now < last {
			t.Fatalf("%d after %d", now, last)
		}
		last = now
	}
	a, ok := Calibrate(20 * time.Millisecond)
	b, also := Calibrate(20 * time.Millisecond)
	if !ok || !also || a.PPM <= 0 {
		t.Fatalf("%+v %v, %+v %v", a, ok, b, also)
	}
	const slew = 500 // ppm, the most that adjtimex does to the clock
	if off := math.Abs(a.NSPerTick/b.NSPerTick-1) * 1e6; off > a.PPM+b.PPM+slew {
		t.Errorf("%+v and %+v differ by %.0f ppm", a, b, off)
	}
}

// BenchmarkRead is beside the clock of the system.
func BenchmarkRead(b *testing.B) {
	b.Run("counter", func(b *testing.B) {
		for range b.N {
			_ = Read()
		}
	})
	b.Run("clock", func(b *testing.B) {
		base := time.Now()
		for range b.N {
			_ = time.Since(base)
		}
	})
}
