package targets

import (
	"runtime"
	"runtime/metrics"
)

// collectAt is how much garbage may gather before it is collected Between
// slices; during slices there is no collection.
const collectAt = 24 << 20

var collected uint64 // heap bytes allocated when garbage was last collected

// collect collects garbage if much is due, or always.
func collect(always bool) {
	if always || readMetric("/gc/heap/allocs:bytes")-collected >= collectAt {
		runtime.GC()
		collected = readMetric("/gc/heap/allocs:bytes")
	}
}

func readMetric(name string) uint64 {
	s := [1]metrics.Sample{{Name: name}}
	metrics.Read(s[:])
	if s[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return s[0].Value.Uint64()
}

// perOp returns the bytes and objects that f allocates for each of n ops.
func perOp(n int, f func(n int)) (bytes, objects float64) {
	var a, b runtime.MemStats
	f(1)
	runtime.ReadMemStats(&a)
	f(n)
	runtime.ReadMemStats(&b)
	return float64(b.TotalAlloc-a.TotalAlloc) / float64(n), float64(b.Mallocs-a.Mallocs) / float64(n)
}
