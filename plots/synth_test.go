package plots

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"

	"vmabench/results"
)

// synth is a run that never was: three designs and two controls on a machine
// of two CPUs, with the shapes that a real one has. Its numbers are made up.
func synth(t testing.TB) *results.Folder {
	t.Helper()
	once.Do(func() { trials = synthOf(t, synthRun()).Trials })
	return &results.Folder{Dir: t.TempDir(), Run: synthRun(), Trials: trials}
}

var (
	once   sync.Once
	trials []results.Trial // no test writes to them
)

// synthFull has everything that a figure can ask for: many CPUs, every
// workload, modelled points and the files that other jobs leave.
func synthFull(t testing.TB) *results.Folder {
	run := synthRun()
	run.Env.CPUs, run.Env.Cores, run.Env.Sockets, run.Env.SMT = 64, 32, 2, true
	run.Plan.Procs, run.Plan.Count = []int{1, 2, 4, 8, 16, 32, 64, 128}, 10
	run.Plan.Workloads = nil
	for _, w := range []string{"hotvma", "ownvma", "local", "global", "mixed/write=0", "mixed/write=10", "fork-storm", "mprotect-disjoint", "mprotect-overlap", "arena"} {
		run.Plan.Workloads = append(run.Plan.Workloads, results.WorkloadInfo{Name: w, Title: w, Doc: "What it does.", Source: "where it is from"})
	}
	run.Designs = append(run.Designs, results.DesignInfo{Name: "linux", Title: "Linux 6.18", Real: true, Model: "refcount", Doc: "The running kernel.", Slab: []results.Object{{Name: "vm_area_struct", Size: 192}}})
	f := synthOf(t, run)
	for i := range f.Trials {
		f.Trials[i].Trace = []float64{105, 100, 101, 99}
		if x := f.Trials[i]; x.Kind == results.Throughput && x.Procs == 64 && x.Param("workload") == "fork-storm" {
			x.Params = append(x.Params[:2:2], results.Param{Key: "vmas", Value: "100000"})
			f.Trials = append(f.Trials, x)
		}
	}
	synthGoroutines(f)
	for i, d := range run.Designs[:3] {
		for _, cpus := range []int{1, 8, 64, 256} {
			m := synthThroughput(rand.New(rand.NewPCG(1, uint64(cpus))), "hotvma", d.Name, i, cpus, 0)
			m.Kind, m.Guard = results.Modelled, results.Guard{OK: true}
			m.Params = append(m.Params[:2:2], results.Param{Key: "machine", Value: "imaginary-8s"}, results.Param{Key: "modelled", Value: "1"})
			m.Lines = []results.Line{{Name: "vma+128 (refcnt)", Transfers: 3, WaitNS: float64(cpus) * 40, QueueNS: float64(cpus) * 30}, {Name: "memcg+64 (v)", Transfers: 0.1, WaitNS: 5}}
			f.Trials = append(f.Trials, m)
		}
	}
	for name, text := range map[string]string{
		selftestFile: `{"AlarmRuns": 400, "Alarms": 0.03, "AlarmsLo": 0.01, "AlarmsHi": 0.05, "Family": 6, "RunLength": 10, "AA": [{"Procs": 1, "Share": 0.03, "Lo": 0.01, "Hi": 0.05}, {"Procs": 2, "Share": 0.01, "Lo": 0, "Hi": 0.04}], "Slow": [{"Procs": 1, "Slowdown": 0.01, "Share": 0.3, "Lo": 0.2, "Hi": 0.4}, {"Procs": 2, "Slowdown": 0.01, "Share": 0.4, "Lo": 0.3, "Hi": 0.5}, {"Procs": 1, "Slowdown": 0.05, "Share": 0.99, "Lo": 0.95, "Hi": 1}, {"Procs": 2, "Slowdown": 0.05, "Share": 1, "Lo": 0.95, "Hi": 1}], "Smallest": 0.05, "Costs": {"Clock": "tsc", "Pair": {"NS": 40, "Lo": 39, "Hi": 41}, "Throughput": {"NS": 2, "Lo": 1.9, "Hi": 2.1, "Limit": 3}, "Recording": {"NS": 1.5, "Lo": 1.4, "Hi": 1.6, "Limit": 6}, "Rounds": 150}, "Broken": [{"Name": "no-lock", "Doc": "takes none", "Breaks": "exclusion", "Conformance": "exclusion", "Named": true, "HarnessClass": "exclusion"}]}`,
		busyFile: `{"Loops": 2, "Count": 10, "Sched": "fifo", "Command": "vmabench selftest -busy", "Idle": {"Trials": 20, "Slices": 200, "Rejected": 3}, "Beside": {"Trials": 20, "Slices": 210, "Rejected": 13},
			"Cells": [{"Name": "Fault/variant=a-1", "Unit": "ns/op", "Idle": [30, 29, 31], "Beside": [30.3, 29, 31], "Ratio": 1.01, "Lo": 0.98, "Hi": 1.03, "Agree": true}], "Agree": 1}`,
		checkFile: `{"command": "vmalab check", "mode": "full", "seconds": 1.5, "scenarios": [{"design": "refcount", "scenario": "read-write", "doc": "two of each", "checks": "exclusion", "executions": 1234, "steps": 56789, "complete": true, "expected": true}], "mutants": [{"name": "no-fence", "caught": true, "scenario": "read-write"}]}`,
		latenciesFile: `[{"Table": {"Name": "waits", "Source": "a cover letter", "What": "an mmap beside readers", "Role": "mapper", "Base": "mmaponly", "New": "refcount", "Rows": [
			{"What": "median", "Base": [11000, 11000], "New": [6000, 6000]}, {"What": "maximum", "Base": [455000, 4707000], "New": [26000, 608000]}]},
			"Results": [{"Roles": [{"Role": "scanner", "P50": 1, "Max": 1}, {"Role": "mapper", "P50": 13000, "Max": 180000}]}, {"Roles": [{"Role": "mapper", "P50": 6015, "Max": 8383}]},
			{"Roles": [{"Role": "mapper", "P50": 48000, "Max": 290000}]}, {"Roles": [{"Role": "mapper", "P50": 6015, "Max": 7999}]}]}]`,
		tablesFile:      `[{"Table": {"Name": "series", "Source": "a cover letter", "Machine": "broadwell-2s", "Workload": "pft", "Base": "rwsem", "New": "refcount"}, "Rows": [{"Threads": 1, "BasePerS": 5e5, "NewPerS": 5e5, "Base": {"OpsPerS": 5.1e5}, "New": {"OpsPerS": 5.2e5}}, {"Threads": 8, "BasePerS": 3e6, "NewPerS": 3.4e6, "Base": {"OpsPerS": 3.1e6}, "New": {"OpsPerS": 3.7e6}}], "Score": {"Signs": 2, "Of": 2, "WorstGain": 6.1, "WorstRate": 3.3, "WorstNew": 8.8}, "Bands": [{"Name": "another", "BasePerS": [5e5, 2.8e6], "NewPerS": [5e5, 3.9e6]}], "Ablation": [{"Without": "turbo", "BaseChange": [0, 4.2], "GainChange": [0.1, -0.3]}]}]`,
		sensitivityFile: `[{"Parameter": "none", "Factor": 1, "Ranking": ["refcount", "rwsem", "mmaponly"], "Holds": true, "GainPct": 15.8}, {"Parameter": "hold", "Factor": 0.7, "Ranking": ["refcount", "rwsem", "mmaponly"], "Holds": true, "GainPct": 23.2}, {"Parameter": "hold", "Factor": 1.3, "Ranking": ["rwsem", "refcount", "mmaponly"], "Holds": false, "GainPct": -1.2}]`,
	} {
		write(t, f, name, text)
	}
	if err := results.SaveKernels(f.Dir); err != nil {
		t.Fatal(err)
	}
	return f
}

// synthGoroutines adds trials of hotvma by goroutines at GOMAXPROCS 2, which lose
// half for each doubling; those of rwsem with 8 for each fail, and of the controls
// there are the ends only.
func synthGoroutines(f *results.Folder) {
	for i := range f.Trials[:len(f.Trials):len(f.Trials)] {
		x := f.Trials[i]
		if x.Kind != results.Throughput || x.Procs != 2 || x.Param("workload") != "hotvma" {
			continue
		}
		design := x.Param("variant")
		for _, each := range []int{1, 2, 4, 8} {
			if each != 1 && each != 8 && (design == "nolock" || design == "rwmutex") {
				continue
			}
			y := x
			y.Params = append(slices.Clone(x.Params), results.Param{Key: results.GoroutinesParam, Value: strconv.Itoa(2 * each)})
			y.Guard.Oversubscribed = each > 1
			y.Values = slices.Clone(x.Values)
			for k := range y.Values {
				if y.Values[k].Unit == "ops/s" {
					y.Values[k].Value /= float64(each)
				}
			}
			if design == "rwsem" && each == 8 {
				y.Failed, y.Values = "hung", nil
			}
			f.Trials = append(f.Trials, y)
		}
	}
}

func synthOf(t testing.TB, run *results.Run) *results.Folder {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 7))
	f := &results.Folder{Dir: t.TempDir(), Run: run}
	for rep := range run.Plan.Count {
		for _, w := range run.Plan.Workloads {
			for _, procs := range run.Plan.Procs {
				for i, d := range run.Designs {
					x := synthThroughput(r, w.Name, d.Name, min(i, 4), procs, rep)
					x.Guard.Oversubscribed = procs > run.Env.CPUs
					f.Trials = append(f.Trials, x)
				}
			}
		}
		for _, w := range []string{"pft", "hotvma", "mixed"} {
			for i, d := range run.Designs[:3] {
				for _, load := range []string{"0.5", "1", "2"} {
					f.Trials = append(f.Trials, synthLatency(t, r, w, d.Name, i, load, rep))
				}
			}
		}
		f.Trials = append(f.Trials, synthLatency(t, r, "idle", "idle", -1, "", rep))
	}
	for i, d := range run.Designs[:3] {
		for _, n := range []int{1000, 100000} {
			f.Trials = append(f.Trials, synthFootprint(d.Name, i, n))
		}
	}
	return f
}

func synthRun() *results.Run {
	run := &results.Run{Format: 1, ID: "2026-01-02-030405", Created: "2026-01-02T03:04:05Z",
		Command: "vmabench bench", Version: "v0.1.0", Commit: "0123456789ab", Baseline: "mmaponly",
		Env: results.Env{GoVersion: "go1.26.8", GOOS: "linux", GOARCH: "amd64", GOAMD64: "v1",
			Flags: []string{"-pgo=off", "-trimpath"}, CPU: "Imaginary CPU @ 2.60GHz", CPUs: 2, Cores: 2, Sockets: 1,
			Kernel: "6.18.44", Virt: "kvm", Clocksource: "kvm-clock", GOGC: "off", MemBytes: 8 << 30,
			Facts: []results.Fact{{Name: "steal", Value: "0.1 %", Verdict: "ok"},
				{Name: "turbo", Value: "not to be seen in a guest", Verdict: "warn", Advice: "run on bare metal"}}},
		Plan:  results.PlanInfo{Name: "default", Seed: 42, Count: 10, Procs: []int{1, 2, 4}},
		Notes: []string{"the machine ran other work in 3 of 540 trials"}}
	for _, w := range [][2]string{{"pft", "first touch of private memory"}, {"hotvma", "one VMA for all workers"},
		{"mixed/write=1", "1 % of the operations map or unmap"}, {"mixed/write=10", "10 % of the operations map or unmap"},
		{"page_fault1", "mmap, touch every page, munmap"}, {"mmap1", "mmap and munmap, nothing touched"},
		{"fork-storm", "faults beside a process that forks"}} {
		run.Plan.Workloads = append(run.Plan.Workloads, results.WorkloadInfo{Name: w[0], Title: w[1], Doc: "What it does.", Source: "where it is from", Roles: []string{"worker"}})
	}
	vma := func(lock ...results.Field) []results.Field {
		f := []results.Field{{Name: "vm_start", Type: "uint64", Offset: 0, Size: 8}, {Name: "vm_end", Type: "uint64", Offset: 8, Size: 8},
			{Name: "vm_mm", Type: "*mm", Offset: 16, Size: 8}, {Name: "vm_page_prot", Type: "uint64", Offset: 24, Size: 8},
			{Name: "vm_flags", Type: "uint64", Offset: 32, Size: 8}}
		return append(f, lock...)
	}
	run.Designs = []results.DesignInfo{
		{Name: "mmaponly", Title: "mmap_lock only", Since: "to 6.3", Doc: "Every fault takes mmap_lock for read.",
			Layout: []results.Struct{{Name: "vm_area_struct", Size: 152, Fields: vma(results.Field{Name: "rest", Type: "[112]byte", Offset: 40, Size: 112})}}},
		{Name: "rwsem", Title: "per-VMA rw_semaphore", Since: "6.4 to 6.14", Doc: "Each VMA has an rw_semaphore of its own.",
			Layout: []results.Struct{{Name: "vm_area_struct", Size: 176, Fields: vma(
				results.Field{Name: "vm_lock_seq", Type: "int32", Offset: 40, Size: 4, Lock: true}, results.Field{Name: "detached", Type: "bool", Offset: 44, Size: 1, Lock: true},
				results.Field{Name: "_", Type: "[3]byte", Offset: 45, Size: 3}, results.Field{Name: "vm_lock", Type: "*vma_lock", Offset: 48, Size: 8, Lock: true},
				results.Field{Name: "rest", Type: "[120]byte", Offset: 56, Size: 120})},
				{Name: "vma_lock", Size: 40, Fields: []results.Field{{Name: "count", Type: "int64", Offset: 0, Size: 8, Lock: true}, {Name: "owner", Type: "int64", Offset: 8, Size: 8, Lock: true},
					{Name: "osq", Type: "uint32", Offset: 16, Size: 4, Lock: true}, {Name: "wait_lock", Type: "uint32", Offset: 20, Size: 4, Lock: true}, {Name: "wait_list", Type: "list", Offset: 24, Size: 16, Lock: true}}}}},
		{Name: "refcount", Title: "reference count in the VMA", Since: "6.15 on", Doc: "A 32-bit count inside the VMA.",
			Layout: []results.Struct{{Name: "vm_area_struct", Size: 192, Fields: vma(
				results.Field{Name: "vm_lock_seq", Type: "uint32", Offset: 40, Size: 4, Lock: true}, results.Field{Name: "_", Type: "[4]byte", Offset: 44, Size: 4},
				results.Field{Name: "rest", Type: "[80]byte", Offset: 48, Size: 80}, results.Field{Name: "vm_refcnt", Type: "uint32", Offset: 128, Size: 4, Lock: true},
				results.Field{Name: "_", Type: "[60]byte", Offset: 132, Size: 60})}}},
		{Name: "nolock", Title: "no lock at all", Control: true, Doc: "The floor."},
		{Name: "rwmutex", Title: "sync.RWMutex", Control: true, Doc: "Go's own."},
	}
	return run
}

func synthParams(workload, design string) []results.Param {
	p := []results.Param{{Key: "variant", Value: design}}
	name, write, ok := cut(workload, "/write=")
	p = append(p, results.Param{Key: "workload", Value: name})
	if ok {
		p = append(p, results.Param{Key: "write", Value: write})
	}
	return append(p, results.Param{Key: "vmas", Value: "1000"})
}

func cut(s, sep string) (string, string, bool) {
	for i := range len(s) {
		if len(s)-i >= len(sep) && s[i:i+len(sep)] == sep {
			return s[:i], s[i+len(sep):], true
		}
	}
	return s, "", false
}

func synthThroughput(r *rand.Rand, w, d string, i, procs, rep int) results.Trial {
	t := results.Trial{Bench: "Fault", Params: synthParams(w, d), Procs: procs, Kind: results.Throughput, Rep: rep,
		Seed: uint64(rep), WallNS: 2e8, Guard: results.Guard{OK: true, CPUShare: 0.99, Slices: 50, Attempts: 1, Oversubscribed: procs > 2}}
	base := map[string]float64{"pft": 140, "hotvma": 60, "mixed/write=1": 180, "mixed/write=10": 400, "page_fault1": 160, "mmap1": 1500, "fork-storm": 95}[w]
	if base == 0 {
		base = 120
	}
	own := []float64{1.08, 1.16, 1.1, 1, 1.3}[i]  // cost alone
	par := []float64{0.55, 1.93, 1.95, 2, 0.4}[i] // speed of two
	switch {
	case w == "hotvma":
		par = []float64{0.5, 0.62, 0.8, 2, 0.4}[i]
	case w == "mmap1":
		par = []float64{0.24, 0.22, 0.21, 1.9, 0.3}[i]
		own = []float64{1, 1.04, 1.06, 0.9, 1.1}[i]
	}
	ns := base * own
	if procs >= 2 {
		ns /= par
	}
	if procs > 2 {
		ns *= 1.07 / math.Pow(float64(procs)/2, 0.1*par)
	}
	ns *= math.Exp(r.NormFloat64() * 0.015)
	if w == "fork-storm" && d == "rwsem" && procs == 4 && rep < 7 {
		t.Failed = "hung: killed after 5 s"
		t.Guard = results.Guard{}
		return t
	}
	if r.IntN(60) == 0 {
		t.Guard.OK, t.Guard.Why, t.Guard.CPUShare = false, "got 91 % of its CPU", 0.91
		t.Warnings = []string{"disturbed: got 91 % of its CPU"}
	}
	t.Ops = int64(2e8 / ns)
	t.Values = []results.Value{{Unit: "ns/op", Value: ns}, {Unit: "cpu-ns/op", Value: ns * float64(min(procs, 2))}, {Unit: "ops/s", Value: 1e9 / ns}}
	if w == "fork-storm" && procs > 1 {
		t.Values = append(t.Values, results.Value{Unit: "faulter-ops/s", Value: 0.999e9 / ns}, results.Value{Unit: "forker-ops/s", Value: 3000 * own})
	}
	if procs > 1 {
		t.Values = append(t.Values, results.Value{Unit: "fair-min/max", Value: 0.9 + 0.09*r.Float64()}, results.Value{Unit: "fair-jain", Value: 0.99 + 0.01*r.Float64()})
	}
	abort := []float64{0, 0.02, 0.018, 0, 0}[i] * float64(procs-1)
	for _, e := range []results.Value{{Unit: "success/op", Value: 1 - abort}, {Unit: "abort-no-vma/op"}, {Unit: "abort-write-locked/op", Value: abort * 0.8},
		{Unit: "abort-range/op"}, {Unit: "retry/op", Value: abort * 0.1}, {Unit: "miss/op", Value: abort * 0.05}, {Unit: "mmap-read/op", Value: abort},
		{Unit: "spins/op", Value: 0.3 * float64(procs-1)}, {Unit: "parks/op", Value: 0.01}, {Unit: "wakes/op", Value: 0.01}, {Unit: "failed/op"},
		{Unit: "fault-share", Value: 0.95}, {Unit: "mmap-share", Value: 0.025}, {Unit: "munmap-share", Value: 0.025}} {
		if i == 0 && (e.Unit == "success/op") {
			e.Value = 0
		}
		if i == 0 && e.Unit == "mmap-read/op" {
			e.Value = 1
		}
		t.Events = append(t.Events, e)
	}
	for range procs {
		t.Workers = append(t.Workers, results.Worker{Role: "worker", Ops: t.Ops / int64(procs), CPUNS: 2e8})
	}
	return t
}

func synthLatency(tb testing.TB, r *rand.Rand, w, d string, i int, load string, rep int) results.Trial {
	t := results.Trial{Bench: "FaultLatency", Params: synthParams(w, d), Procs: 2, Kind: results.Latency, Rep: rep, Guard: results.Guard{OK: true, CPUShare: 1}}
	if w == "mixed" {
		t.Params = synthParams("mixed/write=1", d)
	}
	if load != "" {
		t.Params = append(t.Params, results.Param{Key: "load", Value: load})
	}
	x, _ := strconv.ParseFloat(load, 64)
	ops := []string{"fault"}
	if w == "mixed" {
		ops = []string{"fault", "mmap"}
	}
	if d == "idle" {
		ops, t.Bench = []string{"idle"}, "IdleLatency"
	}
	for j, op := range ops {
		h := hdrhistogram.New(1, 60e9, 3)
		for range 1500 {
			v := 45 + 20*r.ExpFloat64()*0.1
			if i >= 0 {
				v += 60 + 40*float64(j)*10 + 15*float64(i) + 60*r.ExpFloat64()*(0.3+x*x/2)
				if r.Float64() < 0.01*x && i == 0 {
					v += 4000 * r.ExpFloat64()
				}
			}
			if r.Float64() < 0.0005 {
				v += 30000 * r.ExpFloat64()
			}
			h.RecordValue(int64(v))
		}
		b, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
		if err != nil {
			tb.Fatal(err)
		}
		for _, timed := range []string{"intended", "actual"} {
			t.Hists = append(t.Hists, results.Hist{Role: "worker", Op: op, Timed: timed, RateHz: 4e5 * max(x, 1), Count: h.TotalCount(), MaxNS: h.Max(), V2: string(b)})
		}
		prefix := ""
		if len(ops) > 1 {
			prefix = op + "-"
		}
		for _, q := range []float64{50, 90, 99, 99.9} {
			t.Values = append(t.Values, results.Value{Unit: fmt.Sprintf("%sp%g-ns", prefix, q), Value: float64(h.ValueAtQuantile(q))})
		}
	}
	return t
}

func synthFootprint(d string, i, n int) results.Trial {
	vma := []float64{152, 176, 192}[i]
	lock := []float64{0, 40, 0}[i]
	slab := []float64{4096. / 26, 4096./23 + 4096./102, 4096. / 21}[i]
	return results.Trial{Bench: "Footprint", Params: []results.Param{{Key: "variant", Value: d}, {Key: "vmas", Value: strconv.Itoa(n)}}, Procs: 1, Kind: results.Footprint,
		Values: []results.Value{{Unit: "B/vma", Value: vma + lock}, {Unit: "slab-B/vma", Value: slab}, {Unit: "vma-B/vma", Value: vma},
			{Unit: "lock-B/vma", Value: lock}, {Unit: "index-B/vma", Value: 24.3}, {Unit: "heap-B/vma", Value: slab + 28}},
		Guard: results.Guard{OK: true}}
}

// write puts a file into the run's folder.
func write(t testing.TB, f *results.Folder, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(f.Dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
