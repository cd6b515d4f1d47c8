package targets

import (
	"runtime"
	"runtime/metrics"

	"vmabench/vmm"
)

// collectAt is how much garbage may gather before it is collected Between
// slices; during slices there is no collection.
const collectAt = 24 << 20

// warmHeap makes the system provide the memory that slices will fill between two
// collections: a page fault of the real kernel costs as much as an edit.
func warmHeap() {
	b := make([]byte, 2*collectAt)
	for i := 0; i < len(b); i += vmm.PageSize {
		b[i] = 1
	}
	runtime.KeepAlive(b)
	collect(true)
}

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
