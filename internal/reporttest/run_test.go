package reporttest

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"

	"vmabench/plots"
	"vmabench/results"
)

// page writes the report that the tests open and returns its path.
func page(t *testing.T) string {
	t.Helper()
	f := madeUp(t)
	if dir := os.Getenv("VMABENCH_RUN"); dir != "" {
		var err error
		if f, err = results.Open(dir); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "report.html")
	writePage(t, f, path)
	return path
}

func writePage(t *testing.T, f *results.Folder, path string) {
	t.Helper()
	r, err := plots.New(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Page(path); err != nil {
		t.Fatal(err)
	}
}

// madeUp is a small run whose numbers mean nothing.
func madeUp(t *testing.T) *results.Folder {
	run := &results.Run{Format: 1, ID: "made-up", Created: "2026-01-02T03:04:05Z", Command: "vmabench bench", Baseline: "mmaponly",
		Env: results.Env{CPU: "Imaginary CPU", CPUs: 2, Cores: 2, Sockets: 1, GoVersion: "go1.26"}}
	run.Plan = results.PlanInfo{Name: "default", Count: 10, Procs: []int{1, 2, 4}}
	for _, w := range []string{"pft", "hotvma", "mmap1"} {
		run.Plan.Workloads = append(run.Plan.Workloads, results.WorkloadInfo{Name: w, Title: w, Doc: "What it does.", Source: "where it is from"})
	}
	for i, d := range []string{"mmaponly", "rwsem", "refcount"} {
		run.Designs = append(run.Designs, results.DesignInfo{Name: d, Title: "the design " + d, Since: "6.1", Layout: []results.Struct{{
			Name: "vma", Size: 128 + 32*i, Fields: []results.Field{{Name: "start", Type: "uint64", Size: 8}, {Name: "lock", Type: "uint32", Offset: 40, Size: 4, Lock: true}}}}})
	}
	run.Designs = append(run.Designs, results.DesignInfo{Name: "linux", Title: "Linux 6.18", Since: "this kernel", Real: true, Model: "refcount"})
	f := &results.Folder{Dir: t.TempDir(), Run: run}
	r := rand.New(rand.NewPCG(1, 2))
	for rep := range run.Plan.Count {
		for j, w := range run.Plan.Workloads {
			for _, procs := range run.Plan.Procs {
				for i, d := range run.Designs {
					speed := []float64{0.6, 1.8, 1.9, 1.9}[i] * math.Pow(0.7, float64(j*i))
					ns := 100 * float64(1+j) / math.Pow(speed, math.Log2(float64(min(procs, 2)))) * math.Exp(0.01*r.NormFloat64())
					x := trial("Fault", w.Name, d.Name, procs, rep, results.Throughput, ns)
					if d.Real && procs > 2 {
						continue
					}
					if d.Name == "rwsem" && w.Name == "hotvma" && procs == 4 {
						x.Failed, x.Values = "hung: killed after 5 s", nil
					}
					f.Trials = append(f.Trials, x)
				}
			}
		}
		for i, d := range run.Designs[:3] {
			x := trial("FaultLatency", "pft", d.Name, 2, rep, results.Latency, 100)
			x.Params = append(x.Params, results.Param{Key: "load", Value: "1"})
			x.Hists = []results.Hist{hist(t, r, 100+20*float64(i))}
			x.Values = []results.Value{{Unit: "p50-ns", Value: 100 + float64(i)}, {Unit: "p99-ns", Value: 300 + float64(i)}}
			f.Trials = append(f.Trials, x)
		}
	}
	return f
}

func trial(bench, w, d string, procs, rep int, k results.Kind, ns float64) results.Trial {
	return results.Trial{Bench: bench, Procs: procs, Kind: k, Rep: rep, Ops: 1000,
		Params: []results.Param{{Key: "variant", Value: d}, {Key: "workload", Value: w}, {Key: "vmas", Value: "1000"}},
		Values: []results.Value{{Unit: "ns/op", Value: ns}, {Unit: "cpu-ns/op", Value: ns}, {Unit: "ops/s", Value: 1e9 / ns}},
		Guard:  results.Guard{OK: true, CPUShare: 1, Oversubscribed: procs > 2}}
}

func hist(t *testing.T, r *rand.Rand, mean float64) results.Hist {
	h := hdrhistogram.New(1, 1e9, 3)
	for range 2000 {
		if err := h.RecordValue(int64(mean + mean*r.ExpFloat64())); err != nil {
			t.Fatal(err)
		}
	}
	b, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		t.Fatal(err)
	}
	return results.Hist{Role: "faulter", Op: "fault", Timed: "intended", RateHz: 4e5, Count: h.TotalCount(), MaxNS: h.Max(), V2: string(b)}
}
