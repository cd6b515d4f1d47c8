package results

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// slowed is the synthetic run with one design's time multiplied.
func slowed(t *testing.T, id, variant string, by float64) *Folder {
	f := synthFolder(t)
	f.Run.ID = id
	for i := range f.Trials {
		if x := &f.Trials[i]; x.Param("variant") == variant && x.Kind == Throughput {
			x.Values[0].Value *= by
			x.Values[1].Value *= by
			x.Values[2].Value /= by
		}
	}
	return f
}

func TestCompareRuns(t *testing.T) {
	c := CompareRuns(synthFolder(t), slowed(t, "new", "rwsem", 1.07), Options{})
	if !c.SameMachine || c.Interleaved || len(c.OnlyOld)+len(c.OnlyNew) != 0 {
		t.Errorf("%+v", c)
	}
	for i := range c.Deltas {
		d := &c.Deltas[i]
		want := Same
		if d.New.Cell.Variant == "rwsem" && d.New.Cell.Kind == Throughput {
			want = Slower
		}
		if d.Verdict != want {
			t.Errorf("%s %s: %s (p %v, ratio %v)", d.New.Cell.Name, d.Unit, d.Verdict, d.Holm, d.Ratio)
		}
		if d.Blocks != 0 {
			t.Errorf("%s: %d blocks pair two runs", d.New.Cell.Name, d.Blocks)
		}
	}
	if !slices.ContainsFunc(c.Warnings, func(w string) bool { return strings.Contains(w, "not interleaved") }) {
		t.Errorf("warnings %q", c.Warnings)
	}
}

// A workload that is described otherwise may do something else.
func TestCompareOtherWorkload(t *testing.T) {
	warned := func(old, now *Folder) bool {
		return slices.ContainsFunc(CompareRuns(old, now, Options{}).Warnings, func(w string) bool { return strings.Contains(w, "describe the workload") })
	}
	old, now := synthFolder(t), slowed(t, "new", "rwsem", 1)
	old.Run.Plan.Workloads = []WorkloadInfo{{Name: "maps-scan", Doc: "the whole list at once"}, {Name: "gone", Doc: "x"}}
	now.Run.Plan.Workloads = []WorkloadInfo{{Name: "maps-scan", Doc: "the whole list at once"}}
	if warned(old, now) {
		t.Error("a warning, and the workload is the same")
	}
	now.Run.Plan.Workloads[0].Doc = "a page at a time"
	if !warned(old, now) {
		t.Error("no warning that the workload is another one")
	}
}

// Runs whose trials alternated pair their blocks: a change far below the noise
// of the runs shows.
func TestCompareInterleaved(t *testing.T) {
	old, now := synthFolder(t), slowed(t, "new", "rwsem", 1.002)
	c := CompareRuns(old, now, Options{Effect: 0.001})
	if slices.ContainsFunc(c.Deltas, func(d Delta) bool { return d.Verdict != Same }) {
		t.Error("0.2 % show in runs that were not interleaved")
	}
	old.Run.Interleaved, now.Run.Interleaved = now.Run.ID, old.Run.ID
	c = CompareRuns(old, now, Options{Effect: 0.001})
	found := 0
	for i := range c.Deltas {
		if d := &c.Deltas[i]; d.Unit == "ns/op" && d.Verdict == Slower && d.New.Cell.Variant == "rwsem" && d.Blocks == 10 {
			found++
		}
	}
	if !c.Interleaved || found != 6 {
		t.Errorf("paired, 0.2 %% show in %d of 6 rows", found)
	}
}

func TestGate(t *testing.T) {
	old := synthFolder(t)
	fail, why, err := Gate(CompareRuns(old, slowed(t, "new", "rwsem", 1.07), Options{}), 0.05)
	if err != nil || !fail || len(why) != 4 { // 2 workloads at GOMAXPROCS 1 and 2; 4 is oversubscribed
		t.Errorf("7 %% slower: %v %q %v", fail, why, err)
	}
	for by, name := range map[float64]string{1.03: "3 % slower", 0.9: "10 % faster", 1: "the same"} {
		if fail, why, err := Gate(CompareRuns(old, slowed(t, "new", "rwsem", by), Options{}), 0.05); fail || err != nil {
			t.Errorf("%s: %v %q %v", name, fail, why, err)
		}
	}
	other := slowed(t, "new", "rwsem", 1.07)
	other.Run.Env.CPU = "another CPU"
	if _, _, err := Gate(CompareRuns(old, other, Options{}), 0.05); err == nil || !strings.Contains(err.Error(), "two machines") {
		t.Errorf("two machines: %v", err)
	}
	// The machine's own noise fails no gate: neither the idle loop nor the kernel.
	was, is := synthFolder(t), slowed(t, "new", "rwsem", 1.07)
	for _, f := range []*Folder{was, is} {
		run := *f.Run
		run.Designs = append(slices.Clone(run.Designs), DesignInfo{Name: "linux", Real: true})
		f.Run, f.Trials = &run, slices.Clone(f.Trials)
		for i := range f.Trials {
			f.Trials[i].Params = slices.Clone(f.Trials[i].Params)
			for j, p := range f.Trials[i].Params {
				if p.Key == "variant" && p.Value == "rwsem" {
					f.Trials[i].Params[j].Value = []string{IdleVariant, "linux"}[i%2]
				}
			}
		}
	}
	if fail, why, err := Gate(CompareRuns(was, is, Options{}), 0.05); fail || err != nil {
		t.Errorf("a slower machine: %v %q %v", fail, why, err)
	}
	few := synthFolder(t)
	few.Trials = slices.DeleteFunc(few.Trials, func(x Trial) bool { return x.Rep >= 5 || x.Kind == Footprint })
	if _, _, err := Gate(CompareRuns(old, few, Options{}), 0.05); err == nil {
		t.Error("five repetitions pass a gate")
	}
	if _, _, err := Gate(CompareRuns(old, old, Options{}), math.NaN()); err == nil {
		t.Error("a gate at NaN")
	}
	broken := synthFolder(t)
	for i := range broken.Trials {
		if x := &broken.Trials[i]; x.Param("variant") == "refcount" && x.Param("workload") == "hotvma" && x.Procs == 2 {
			x.Failed, x.Values = "hung", nil
		}
	}
	if fail, why, err := Gate(CompareRuns(old, broken, Options{}), 0.05); !fail || err != nil || len(why) != 1 || !strings.Contains(why[0], "hung") {
		t.Errorf("a benchmark that now hangs: %v %q %v", fail, why, err)
	}
}

// TestGateLosses: what the new run no longer says is no pass.
func TestGateLosses(t *testing.T) {
	old := synthFolder(t)
	of := func(x *Trial) bool {
		return x.Kind == Throughput && x.Param("variant") == "refcount" && x.Param("workload") == "hotvma" && x.Procs == 2
	}
	once := synthFolder(t)
	for i := range once.Trials {
		if x := &once.Trials[i]; of(x) && x.Rep == 3 {
			x.Failed, x.Values = "corrupt", nil
		}
	}
	if fail, why, err := Gate(CompareRuns(old, once, Options{}), 0.05); !fail || err != nil || len(why) != 1 || !strings.Contains(why[0], "1 of 10 trials, 0 of 10 before: corrupt") {
		t.Errorf("one of ten fails: %v %q %v", fail, why, err)
	}
	for name, drop := range map[string]func(Trial) bool{
		"missing":  func(x Trial) bool { return of(&x) },
		"9 trials": func(x Trial) bool { return of(&x) && x.Rep == 3 },
	} {
		less := synthFolder(t)
		less.Trials = slices.DeleteFunc(less.Trials, drop)
		if fail, _, err := Gate(CompareRuns(old, less, Options{}), 0.05); fail || err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v %v", name, fail, err)
		}
	}
	few := synthFolder(t) // what is counted lets no run pass whose times cannot be judged
	few.Trials = slices.DeleteFunc(few.Trials, func(x Trial) bool { return x.Rep >= 2 })
	if _, _, err := Gate(CompareRuns(few, few, Options{}), 0.05); err == nil {
		t.Error("two repetitions pass a gate")
	}
	counted := synthFolder(t)
	counted.Trials = slices.DeleteFunc(counted.Trials, func(x Trial) bool { return x.Kind != Footprint })
	if fail, _, err := Gate(CompareRuns(counted, counted, Options{}), 0.05); fail || err != nil {
		t.Errorf("footprints alone: %v %v", fail, err)
	}
	tail := synthFolder(t)
	for i := range tail.Trials {
		x := &tail.Trials[i]
		x.Values = slices.Clone(x.Values)
		for j, v := range x.Values {
			if x.Kind == Latency && strings.Contains(v.Unit, "p99-ns") && x.Param("variant") == "refcount" {
				x.Values[j].Value *= 10
			}
		}
	}
	if fail, why, err := Gate(CompareRuns(old, tail, Options{}), 0.05); !fail || err != nil || !strings.Contains(strings.Join(why, " "), "p99-ns") {
		t.Errorf("a tail ten times as long: %v %q %v", fail, why, err)
	}
}

// Two machines: nothing is ranked, the differences are named, and what
// compares is each machine's own ratios.
func TestTwoMachines(t *testing.T) {
	a, b := synthFolder(t), slowed(t, "b", "none", 1)
	b.Run.Env.CPU, b.Run.Env.Kernel = "another CPU", "6.99"
	for i := range b.Trials {
		if b.Trials[i].Kind == Throughput {
			b.Trials[i].Values[0].Value *= 4
		}
	}
	c := CompareRuns(a, b, Options{})
	if c.SameMachine || slices.ContainsFunc(c.Deltas, func(d Delta) bool { return d.Ranked }) || len(c.Geomeans) != 0 {
		t.Error("absolute values of two machines are ranked")
	}
	all := strings.Join(c.Warnings, "\n")
	for _, want := range []string{"two machines", `kernel: "6.18", "6.99"`} {
		if !strings.Contains(all, want) {
			t.Errorf("no word of %q in\n%s", want, all)
		}
	}
	for _, r := range Across([]*Folder{a, b}, Options{}) {
		if r.Deltas[0] == nil || r.Deltas[1] == nil || r.Deltas[0].Ratio != r.Deltas[1].Ratio {
			t.Fatalf("%s %s %s: the ratios of two machines of which one is four times slower differ", r.Label, r.Unit, r.Variant)
		}
	}
}

// n shards merged are one run of the same plan: the same samples, tables and
// verdicts, whatever their order.
func TestMerge(t *testing.T) {
	whole := synthFolder(t)
	whole.Trials = slices.DeleteFunc(whole.Trials, func(x Trial) bool { return x.Rep > 2 })
	whole.Run.Plan.Trials = len(whole.Trials)
	for _, n := range []int{1, 3} {
		root := t.TempDir()
		var shards []string
		for i := n; i >= 1; i-- {
			run := synthRun()
			run.Plan.Shard = fmt.Sprintf("%d/%d", i, n)
			var part []Trial
			for _, x := range whole.Trials {
				if group := len(x.Param("workload")) + x.Procs + x.Rep; group%n == i-1 { // blocks stay whole
					part = append(part, x)
				}
			}
			run.Plan.Trials = len(part)
			dir := filepath.Join(root, fmt.Sprint("shard", i))
			writeRun(t, dir, run, part)
			shards = append(shards, dir)
		}
		dst := filepath.Join(root, whole.Run.ID)
		run, err := Merge(dst, shards...)
		if err != nil {
			t.Fatal(err)
		}
		f, err := Open(dst)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(mustJSON(t, run), mustJSON(t, whole.Run)) {
			t.Errorf("%d shards: run.json\n%s\nof the whole\n%s", n, mustJSON(t, run), mustJSON(t, whole.Run))
		}
		for name, write := range map[string]func(*Folder, *bytes.Buffer) error{
			"bench.txt":  func(f *Folder, b *bytes.Buffer) error { return f.WriteBench(b) },
			"events.txt": func(f *Folder, b *bytes.Buffer) error { return f.WriteEvents(b) },
			"tables":     func(f *Folder, b *bytes.Buffer) error { return WriteTable(b, f, Compare(f, Options{})) },
			"json":       func(f *Folder, b *bytes.Buffer) error { return Compare(f, Options{}).WriteJSON(b) },
		} {
			var merged, one bytes.Buffer
			if err := errorsOf(write(f, &merged), write(whole, &one)); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(merged.Bytes(), one.Bytes()) {
				t.Errorf("%d shards merged: %s differs from the whole run's", n, name)
			}
		}
	}
}

func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestMergeRefuses(t *testing.T) {
	shard := func(i int, spoil func(*Run)) string {
		run := synthRun()
		run.Plan.Shard = fmt.Sprintf("%d/2", i)
		if spoil != nil {
			spoil(run)
		}
		dir := t.TempDir()
		writeRun(t, dir, run, synthTrials(t)[i*10:i*10+5])
		return dir
	}
	one := shard(1, nil)
	for want, spoil := range map[string]func(*Run){
		"differ in version":                func(r *Run) { r.Version = "9" },
		"differ in commit":                 func(r *Run) { r.Commit = "ffff" },
		"differ in seed":                   func(r *Run) { r.Plan.Seed = 8 },
		"differ in plan":                   func(r *Run) { r.Plan.Count = 20 },
		"differ in designs":                func(r *Run) { r.Designs[0].Title = "x" },
		"differ in machine":                func(r *Run) { r.Env.CPUs = 64 },
		"differ in environment":            func(r *Run) { r.Env.Kernel = "7.0" },
		"not a shard":                      func(r *Run) { r.Plan.Shard = "" },
		"is shard 2/3 where":               func(r *Run) { r.Plan.Shard = "2/3" },
		"are both shard 1/2":               func(r *Run) { r.Plan.Shard = "1/2" },
		"differ in baseline":               func(r *Run) { r.Baseline = "rwsem" },
		"differ in machine (compare them;": func(r *Run) { r.Env.CPU = "x" },
	} {
		dst := filepath.Join(t.TempDir(), "merged")
		if _, err := Merge(dst, one, shard(2, spoil)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
		if _, err := Open(dst); err == nil {
			t.Errorf("%q: a run was left behind", want)
		}
	}
	two := t.TempDir()
	run := synthRun()
	run.Plan.Shard = "2/2"
	writeRun(t, two, run, synthTrials(t)[10:12]) // trials of shard 1
	if _, err := Merge(filepath.Join(t.TempDir(), "m"), one, two); err == nil || !strings.Contains(err.Error(), "both hold") {
		t.Errorf("a trial of both shards: %v", err)
	}
	if merged, err := Merge(filepath.Join(t.TempDir(), "m"), one, shard(2, nil)); err != nil || len(merged.Notes) != 1 || !strings.Contains(merged.Notes[0], "split between shards") {
		t.Errorf("shards that split blocks: %v %+v", err, merged)
	}
	merged, err := Merge(filepath.Join(t.TempDir(), "m"), one)
	if err != nil || !slices.Contains(merged.Notes, "shard 2/2 is missing") {
		t.Errorf("one of two shards: %v", err)
	}
	if _, err := Merge(filepath.Join(t.TempDir(), "m")); err == nil {
		t.Error("no shards were merged")
	}
}

func TestListAndHistory(t *testing.T) {
	root := t.TempDir()
	short := func(f *Folder) []Trial {
		return slices.DeleteFunc(f.Trials, func(x Trial) bool { return x.Kind != Throughput || x.Procs != 1 })
	}
	for i, by := range []float64{1, 1, 1.2} {
		f := slowed(t, fmt.Sprint("run", i), "rwsem", by)
		f.Run.Created = fmt.Sprintf("2026-01-0%dT00:00:00Z", 9-i) // the oldest is written last
		writeRun(t, filepath.Join(root, f.Run.ID), f.Run, short(f))
	}
	f := slowed(t, "elsewhere", "rwsem", 5)
	f.Run.Env.CPU = "another CPU"
	writeRun(t, filepath.Join(root, f.Run.ID), f.Run, short(f))
	if err := ReplaceFile(filepath.Join(root, "run1", RunFile), []byte("{")); err != nil {
		t.Fatal(err)
	}
	entries, err := List(root)
	if err != nil || len(entries) != 4 || entries[0].Err == nil || entries[1].Run.ID != "elsewhere" || entries[3].Run.ID != "run0" || entries[3].Trials != 60 {
		t.Fatalf("%v %+v", err, entries)
	}
	var runs []*Folder
	for _, e := range entries[1:] {
		f, err := Open(e.Dir)
		if err != nil {
			t.Fatal(err)
		}
		runs = append(runs, f)
	}
	seen := 0
	for _, s := range History(runs, Options{}) {
		if s.Unit != "ns/op" || !strings.Contains(s.Name, "rwsem") {
			continue
		}
		seen++
		switch {
		case strings.HasPrefix(s.Machine, "another"):
			if len(s.Points) != 1 || s.Points[0].Change != nil {
				t.Errorf("%s: runs of two machines in one series", s.Name)
			}
		case len(s.Points) != 2 || s.Points[0].Run.ID != "run2" || s.Points[1].Change.Verdict != Faster || s.Noisy:
			t.Errorf("%s: %+v", s.Name, s)
		}
	}
	if seen != 4 {
		t.Errorf("%d series", seen)
	}
	if _, err := List(filepath.Join(root, "nowhere")); err == nil {
		t.Error("a root that is not there")
	}
}

func TestTablesGolden(t *testing.T) {
	f := synthFolder(t)
	c := Compare(f, Options{})
	rc := CompareRuns(f, slowed(t, "new", "rwsem", 1.07), Options{})
	for name, write := range map[string]func(*bytes.Buffer) error{
		"table.txt":    func(b *bytes.Buffer) error { return WriteTable(b, f, c) },
		"table.md":     func(b *bytes.Buffer) error { return WriteMarkdown(b, f, c, "ns/op", "B/vma") },
		"compare.txt":  func(b *bytes.Buffer) error { return rc.WriteTable(b, "ns/op") },
		"compare.md":   func(b *bytes.Buffer) error { return rc.WriteMarkdown(b, "ns/op") },
		"compare.csv":  func(b *bytes.Buffer) error { return rc.WriteCSV(b) },
		"designs.json": func(b *bytes.Buffer) error { return c.WriteJSON(b) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.Bytes())
		switch filepath.Ext(name) {
		case ".json":
			if !json.Valid(b.Bytes()) {
				t.Errorf("%s is not JSON", name)
			}
		case ".csv":
			if rows, err := csv.NewReader(&b).ReadAll(); err != nil || len(rows) != len(rc.Deltas)+1 {
				t.Errorf("%s: %d rows, %v", name, len(rows), err)
			}
		}
	}
}

// Three designs fit 100 columns, with the longest names and every mark.
func TestTableWidth(t *testing.T) {
	f := synthFolder(t)
	for i := range f.Trials {
		x := &f.Trials[i]
		x.Params = append(slices.Clone(x.Params), Param{"write", fmt.Sprint(x.Procs)})
		for k, p := range x.Params {
			if p.Key == "workload" {
				x.Params[k].Value = "mprotect-disjoint-" + p.Value
			}
		}
		if x.Param("variant") == "rwsem" {
			x.Values[0].Value *= 12.3
		}
	}
	var b bytes.Buffer
	if err := WriteTable(&b, f, Compare(f, Options{})); err != nil {
		t.Fatal(err)
	}
	labels := map[string]bool{}
	table, _, _ := strings.Cut(b.String(), "\n\n") // of ns/op
	for line := range strings.Lines(table) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > 100 {
			t.Errorf("%d columns: %s", n, line)
		}
		if strings.HasPrefix(line, "mprotect") {
			label, _, _ := strings.Cut(line, "  ")
			labels[label] = true
		}
	}
	if len(labels) != 6 {
		t.Errorf("labels of 6 rows: %v\n%s", labels, table)
	}
}
