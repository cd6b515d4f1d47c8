package plots

import (
	"slices"
	"testing"

	"vmabench/results"
)

// Titles say what differs and nothing else; scenarios stand in the plan's order.
func TestTitles(t *testing.T) {
	run := synthRun()
	f := &results.Folder{Dir: t.TempDir(), Run: run}
	add := func(kind results.Kind, params ...string) {
		x := results.Trial{Bench: "Fault", Kind: kind, Procs: 1, Params: []results.Param{{Key: "variant", Value: "rwsem"}},
			Values: []results.Value{{Unit: "ns/op", Value: 1}}, Guard: results.Guard{OK: true}}
		for i := 0; i < len(params); i += 2 {
			x.Params = append(x.Params, results.Param{Key: params[i], Value: params[i+1]})
		}
		f.Trials = append(f.Trials, x)
	}
	add(results.Throughput, "workload", "mmap1", "vmas", "1000")
	add(results.Throughput, "workload", "mixed", "write", "10", "vmas", "1000")
	add(results.Throughput, "workload", "pft", "vmas", "1000", "page", "zero")
	add(results.Throughput, "workload", "pft", "vmas", "1000")
	add(results.Throughput, "workload", "hotvma", "vmas", "100")
	add(results.Throughput, "workload", "hotvma", "vmas", "1000")
	add(results.Modelled, "workload", "mmap1", "machine", "m", "modelled", "1")
	add(results.Footprint, "vmas", "1000")
	var got []string
	for _, s := range mustData(t, f).scenarios {
		got = append(got, s.title)
	}
	want := []string{"pft", "pft page=zero", "hotvma vmas=100", "hotvma vmas=1000", "mixed/write=10", "mmap1", "mmap1", "vmas=1000"}
	if !slices.Equal(got, want) {
		t.Errorf("titles %q, want %q", got, want)
	}
}
