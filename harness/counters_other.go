//go:build !linux

package harness

import "runtime"

// perf counts nothing here.
type perf struct{}

func openPerf() (p perf)                          { return p }
func (*perf) read() (n [len(counterNames)]uint64) { return n }
func (*perf) has(int) bool                        { return false }
func (*perf) close()                              {}

func (b *book) counters() {
	b.add("hardware counters", "not read on "+runtime.GOOS, vAbsent, "measure on Linux to have them")
}

func (b *book) scheduling() {
	b.add("pinning", "not done on "+runtime.GOOS, vWarn, "workers will be moved between CPUs")
}
