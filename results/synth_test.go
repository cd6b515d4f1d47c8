package results

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A synthetic run with a known answer: 3 designs, 2 workloads, 3 settings of
// GOMAXPROCS of which one is above the CPUs, 10 repetitions, and a latency and
// a footprint experiment beside them. Its values come from a seed alone.

// synthDesigns is in table order, which is not the order of the alphabet.
var synthDesigns = []string{"mmaponly", "rwsem", "refcount"}

// synthNS is ns/op by workload and design at GOMAXPROCS 1.
var synthNS = map[string]map[string]float64{
	"local":  {"mmaponly": 100, "rwsem": 80, "refcount": 60},
	"hotvma": {"mmaponly": 120, "rwsem": 120, "refcount": 120},
}

func synthRun() *Run {
	r := &Run{
		Format: FormatVersion, ID: "2026-01-02-030405", Created: "2026-01-02T03:04:05Z",
		Command: "vmabench bench", Version: "0.1.0", Commit: "1a2b3c4", Baseline: "mmaponly",
		Env: Env{GoVersion: "go1.26.8", GOOS: "linux", GOARCH: "amd64", CPU: "Synthetic CPU",
			CPUs: 2, Cores: 2, Sockets: 1, Kernel: "6.18", ClockNS: 25},
		Plan: PlanInfo{Name: "synthetic", Seed: 7, Count: 10, Procs: []int{1, 2, 4}, Trials: 213,
			Workloads: []WorkloadInfo{{Name: "local", Roles: []string{"faulter"}}, {Name: "hotvma", Roles: []string{"faulter"}}}},
	}
	for _, d := range synthDesigns {
		r.Designs = append(r.Designs, DesignInfo{Name: d})
	}
	return r
}

// synthTrials returns the trials in a shuffled order, as a run completes them.
// Their values may be changed.
func synthTrials(t testing.TB) []Trial {
	t.Helper()
	out := slices.Clone(allTrials())
	for i := range out {
		out[i].Values = slices.Clone(out[i].Values)
	}
	return out
}

var allTrials = sync.OnceValue(func() []Trial {
	rng := rand.New(rand.NewPCG(7, 7))
	var all []Trial
	for _, d := range synthDesigns {
		all = append(all, synthFootprint(d))
	}
	for rep := range 10 {
		var block []Trial
		for _, w := range []string{"local", "hotvma"} {
			for _, procs := range []int{1, 2, 4} {
				for _, d := range synthDesigns {
					block = append(block, synthThroughput(rng, d, w, procs, rep))
				}
			}
		}
		for _, d := range synthDesigns {
			block = append(block, synthLatency(rng, d, rep))
		}
		rng.Shuffle(len(block), func(i, j int) { block[i], block[j] = block[j], block[i] })
		all = append(all, block...)
	}
	return all
})

func synthParams(d, w string) []Param {
	return []Param{{"variant", d}, {"workload", w}, {"vmas", "1000"}}
}

func synthThroughput(rng *rand.Rand, d, w string, procs, rep int) Trial {
	ns := synthNS[w][d] / float64(procs) * (1 + 0.01*rng.NormFloat64())
	return Trial{
		Bench: "Fault", Params: synthParams(d, w), Procs: procs, Kind: Throughput, Rep: rep, Seed: uint64(rep),
		Started: fmt.Sprintf("2026-01-02T03:%02d:00Z", rep), WallNS: 200e6, Ops: int64(200e6 / ns),
		Values: []Value{{"ns/op", ns}, {"cpu-ns/op", ns * float64(procs)}, {"ops/s", 1e9 / ns}},
		Events: []Value{{"success/op", 1}, {"retry/op", 0}},
		Guard:  Guard{OK: true, CPUShare: 0.99, Slices: 20, Attempts: 1, Oversubscribed: procs > 2},
	}
}

func synthLatency(rng *rand.Rand, d string, rep int) Trial {
	h := hdrhistogram.New(1, 1e9, 3)
	for range 2000 {
		if err := h.RecordValue(int64(synthNS["local"][d] * (1 + rng.ExpFloat64()))); err != nil {
			panic(err)
		}
	}
	v2, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		panic(err)
	}
	return Trial{
		Bench: "FaultLatency", Params: synthParams(d, "local"), Procs: 2, Kind: Latency, Rep: rep, Seed: uint64(rep),
		Started: fmt.Sprintf("2026-01-02T03:%02d:30Z", rep), WallNS: 100e6, Ops: 2000,
		Values: []Value{{"p50-ns", float64(h.ValueAtQuantile(50))}, {"p99-ns", float64(h.ValueAtQuantile(99))}},
		Hists: []Hist{{Role: "faulter", Op: "fault", Timed: "intended", RateHz: 20000, Count: h.TotalCount(),
			MaxNS: h.Max(), V2: string(v2)}},
		Guard: Guard{OK: true, CPUShare: 0.99, Slices: 10, Attempts: 1},
	}
}

func synthFootprint(d string) Trial {
	size := map[string]float64{"mmaponly": 160, "rwsem": 200, "refcount": 192}[d]
	return Trial{
		Bench: "Footprint", Params: []Param{{"variant", d}, {"vmas", "1000"}}, Procs: 1, Kind: Footprint, Ops: 1000,
		Values: []Value{{"B/vma", size}, {"heap-B/vma", size * 1.1}},
		Events: []Value{{"locks", 0}}, Guard: Guard{OK: true},
	}
}

// synthFolder is the synthetic run without files.
func synthFolder(t testing.TB) *Folder {
	t.Helper()
	return &Folder{Dir: "synthetic", Run: synthRun(), Trials: synthTrials(t)}
}

// shared is the folder of the synthetic run that tests read but never change.
var shared struct {
	dir  string
	once sync.Once
	run  *Folder
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "results-test-")
	if err != nil {
		panic(err)
	}
	shared.dir = filepath.Join(dir, synthRun().ID)
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

func synthDir(t testing.TB) *Folder {
	shared.once.Do(func() { shared.run = writeRun(t, shared.dir, synthRun(), synthTrials(t)) })
	return shared.run
}

// writeRun writes a run and reads it back.
func writeRun(t testing.TB, dir string, run *Run, trials []Trial) *Folder {
	t.Helper()
	w, err := Create(dir, run)
	if err != nil {
		t.Fatal(err)
	}
	for i := range trials {
		if err := w.Add(&trials[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func mustJSON(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return append(data, '\n')
}
