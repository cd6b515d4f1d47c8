// Package gobench lets go test -bench run the workloads, under the names that
// bench.txt has. It is for a first look: testing runs all of it in one
// process, in a fixed order, without slices, guard or pinning.
package gobench

import (
	"runtime"
	"strconv"
	"strings"
	"testing"

	"vmabench/harness"
	"vmabench/vmm"
	"vmabench/workload"
)

// vmas is the layout's size, as in the default plan.
const vmas = 1000

// Run runs every workload whose benchmark name is bench, such as "Fault",
// against d.
func Run(b *testing.B, d vmm.Design, bench string) {
	l, err := workload.Uniform(vmas)
	if err != nil {
		b.Fatal(err)
	}
	for _, s := range workload.Presets() {
		if s.Bench != bench {
			continue
		}
		b.Run(name(d.Name, &s), func(b *testing.B) {
			if err := harness.Drive(d, &s, l, runtime.GOMAXPROCS(0), b.N, b.ResetTimer, b.StopTimer); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// name is the benchmark's name below its function's, as bench.txt has it;
// testing appends the GOMAXPROCS.
func name(design string, s *workload.Spec) string {
	parts := []string{"variant=" + design, "workload=" + s.FullName(), "vmas=" + strconv.Itoa(vmas)}
	return strings.Join(parts, "/")
}
