//go:build vmasim

package manycore

import (
	"testing"

	"golang.org/x/sys/unix"

	"vmabench/variants"
)

// cpuSeconds is the CPU time that this process has had.
func cpuSeconds(b *testing.B) float64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &ts); err != nil {
		b.Fatal(err)
	}
	return float64(ts.Nano()) / 1e9
}

// BenchmarkPredict predicts points as simulate does, set-up and all, and reports
// simulated accesses a second of CPU time.
func BenchmarkPredict(b *testing.B) {
	for _, p := range []PointSpec{
		{Design: "refcount", Workload: "pft", CPUs: 64},
		{Design: "refcount", Workload: "hotvma", CPUs: 64},
		{Design: "rwsem", Workload: "mixed/write=1", CPUs: 64},
		{Design: "refcount", Workload: "mprotect-disjoint", CPUs: 64},
		{Design: "refcount", Workload: "fork-storm", CPUs: 16},
		{Design: "refcount", Workload: "local", CPUs: 16},
	} {
		p.Machine, p.Seed = "skylake-8s", 1
		b.Run(p.Workload+"/"+p.Design, func(b *testing.B) {
			var accesses int64
			start := cpuSeconds(b)
			for range b.N {
				r, err := p.Predict(variants.Lookup)
				if err != nil {
					b.Fatal(err)
				}
				accesses += r.Accesses
			}
			b.ReportMetric(float64(accesses)/(cpuSeconds(b)-start)/1e6, "Maccesses/cpu-s")
		})
	}
}
