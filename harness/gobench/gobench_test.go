package gobench

import (
	"testing"

	"vmabench/harness"
	"vmabench/results"
	"vmabench/workload"
)

// TestNames: the names are those of a trial.
func TestNames(t *testing.T) {
	for _, s := range workload.Presets() {
		trial := harness.TrialSpec{Kind: results.Throughput, Design: "refcount", Workload: s, VMAs: vmas, Procs: 4}
		if got, want := s.Bench+"/"+name("refcount", &s)+"-4", trial.Name(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
