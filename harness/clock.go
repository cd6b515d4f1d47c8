package harness

import (
	"errors"
	"strings"
	"time"

	"vmabench/internal/tsc"
)

// Clock is what times the operations of latency trials.
type Clock string

const (
	Monotonic Clock = "monotonic" // the system's, which throughput trials use too
	TSC       Clock = "tsc"       // the CPU's counter, calibrated against it
)

// BestClock is TSC where the counter may be trusted.
func BestClock() Clock {
	if why := CounterUnfit(); why != "" {
		return Monotonic
	}
	return TSC
}

// CounterUnfit says why the CPU's counter cannot time operations here, "" when
// it can: it runs at one rate and is the same on all CPUs.
func CounterUnfit() string {
	switch {
	case !tsc.Have:
		return "this architecture has no counter that programs can read"
	case read("/proc/cpuinfo") == "" || strings.Contains(read("/proc/cpuinfo"), "CPU architecture"):
		return "" // arm64: by architecture
	}
	flags := " " + cpuinfo(read("/proc/cpuinfo"), "flags") + " "
	for _, f := range []string{"constant_tsc", "nonstop_tsc"} {
		if !strings.Contains(flags, " "+f+" ") {
			return "it is not invariant: the CPU lacks " + f
		}
	}
	const sources = "/sys/devices/system/clocksource/clocksource0/available_clocksource"
	if !strings.Contains(" "+read(sources)+" ", " tsc ") {
		return "the kernel does not trust it to be the same on all CPUs"
	}
	return ""
}

// calibration is how long a counter is compared with the clock: an error of
// some parts in a million.
const calibration = 50 * time.Millisecond

// tickOf returns the length of a tick of the counter in nanoseconds.
func tickOf() (float64, error) {
	if why := CounterUnfit(); why != "" {
		return 0, errors.New(why)
	}
	rate, ok := tsc.Calibrate(calibration)
	if !ok {
		return 0, errors.New("it does not count")
	}
	return rate.NSPerTick, nil
}

// stopwatch is the clock of one worker: nanoseconds since base.
type stopwatch struct {
	base time.Time
	tick float64 // nanoseconds of a tick of the counter, 0 is the monotonic clock
	from uint64  // the counter at base
}

// newStopwatch returns one that counts from base on; tick as above.
func newStopwatch(base time.Time, tick float64) stopwatch {
	w := stopwatch{base: base, tick: tick}
	if tick != 0 {
		at, ticks, _ := tsc.At(base)
		w.from = ticks - uint64(float64(at)/tick)
	}
	return w
}

func (w *stopwatch) now() int64 {
	if w.tick != 0 {
		return int64(float64(int64(tsc.Read()-w.from)) * w.tick)
	}
	return int64(time.Since(w.base))
}
