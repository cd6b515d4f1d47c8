//go:build !vmasim

package variants_test

import (
	"slices"
	"testing"

	"vmabench/harness/gobench"
	"vmabench/variants"
)

// The designs whose folders have no benchmarks of their own, under the same names.

func BenchmarkFault(b *testing.B)   { bench(b, "Fault") }
func BenchmarkMap(b *testing.B)     { bench(b, "Map") }
func BenchmarkProtect(b *testing.B) { bench(b, "Protect") }
func BenchmarkFork(b *testing.B)    { bench(b, "Fork") }
func BenchmarkScan(b *testing.B)    { bench(b, "Scan") }
func BenchmarkPeek(b *testing.B)    { bench(b, "Peek") }

func bench(b *testing.B, name string) {
	for _, d := range slices.Concat(variants.All(), variants.Layouts(), variants.Controls()) {
		if d.Extra {
			gobench.Run(b, d, name)
		}
	}
}
