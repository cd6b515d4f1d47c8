package harness

import (
	"math/bits"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// recorder counts latencies in the buckets of an HdrHistogram, from 1 ns to
// maxLatency with three digits, at a fifth of its cost: 2048 buckets of 1 ns,
// then 1024 for each doubling.
type recorder struct {
	counts []int64
	top    int    // above the greatest index in use
	over   uint64 // values that no bucket takes
}

const subBits = 11 // of a value: the first that are told apart

func newRecorder() *recorder { return &recorder{counts: make([]int64, bucket(maxLatency)+1)} }

// bucket returns the index of a value's count.
func bucket(ns int64) int {
	shift := bits.Len64(uint64(ns)|(1<<subBits-1)) - subBits
	return shift<<(subBits-1) + int(ns>>shift)
}

func (r *recorder) record(ns int64) {
	i := bucket(ns)
	if uint(i) >= uint(len(r.counts)) {
		r.over++
		return
	}
	r.counts[i]++
	if i >= r.top {
		r.top = i + 1
	}
}

// merge adds what o has counted.
func (r *recorder) merge(o *recorder) {
	for i, n := range o.counts[:o.top] {
		r.counts[i] += n
	}
	r.top = max(r.top, o.top)
	r.over += o.over
}

// histogram returns the counts as those of an HdrHistogram.
func (r *recorder) histogram() *hdrhistogram.Histogram {
	return hdrhistogram.Import(&hdrhistogram.Snapshot{
		LowestTrackableValue: 1, HighestTrackableValue: maxLatency, SignificantFigures: digits, Counts: r.counts})
}
