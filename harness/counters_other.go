//go:build !linux

package harness

import "runtime"

func (b *book) counters() { b.add("hardware counters", "not read on "+runtime.GOOS, vAbsent, "") }

func (b *book) scheduling() {
	b.add("pinning", "not done on "+runtime.GOOS, vWarn, "workers will be moved between CPUs")
}
