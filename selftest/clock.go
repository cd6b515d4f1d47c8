package selftest

import (
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// MeasureClock measures what timing an operation costs: medians of rounds.
func MeasureClock() Clock {
	const rounds, per = 21, 20_000
	base := time.Now()
	h := hdrhistogram.New(1, int64(time.Minute), 3)
	var pair, record []float64
	for range rounds {
		start := time.Now()
		var sum time.Duration
		for range per {
			a := time.Since(base)
			sum += time.Since(base) - a
		}
		pair = append(pair, float64(time.Since(start))/per)
		start = time.Now()
		for i := range per {
			_ = h.RecordValue(int64(100 + i&1023)) // in range by construction
		}
		record = append(record, float64(time.Since(start))/per)
	}
	slices.Sort(pair)
	slices.Sort(record)
	return Clock{PairNS: pair[rounds/2], RecordNS: record[rounds/2]}
}
