package tsc

import (
	"math"
	"time"
)

// Rate is how long a tick of the counter is.
type Rate struct {
	NSPerTick float64
	// PPM bounds the error of NSPerTick against the monotonic clock, in millionths:
	// the clock was read at an unknown moment between two readings of the
	// counter, at either end.
	PPM float64
}

// tries is how often either end is read: the tightest pair counts.
const tries = 200

// Calibrate compares the counter with the monotonic clock over d. ok is false
// where there is no counter, or it stands still.
func Calibrate(d time.Duration) (r Rate, ok bool) {
	if !Have {
		return r, false
	}
	base := time.Now()
	at0, ticks0, width0 := At(base)
	time.Sleep(d)
	at1, ticks1, width1 := At(base)
	if ticks1 <= ticks0 || at1 <= at0 {
		return r, false
	}
	ticks := float64(ticks1 - ticks0)
	r.NSPerTick = float64(at1-at0) / ticks
	r.PPM = float64(width0+width1) / 2 / ticks * 1e6
	return r, !math.IsInf(r.NSPerTick, 0)
}

// At reads the clock in nanoseconds after base and the counter at the same
// moment, which is the middle of an interval of width ticks: the tightest of
// many, so that no preemption lies in it.
func At(base time.Time) (at int64, ticks, width uint64) {
	width = math.MaxUint64
	for range tries {
		before := Read()
		now := int64(time.Since(base))
		after := Read()
		if w := after - before; w < width {
			at, ticks, width = now, before+w/2, w
		}
	}
	return at, ticks, width
}
