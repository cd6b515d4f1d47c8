package results

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files again")

// golden compares got with a file in testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *rewrite {
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		g, w := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
		for i := range min(len(g), len(w)) {
			if g[i] != w[i] {
				t.Fatalf("%s:%d:\ngot  %s\nwant %s", name, i+1, g[i], w[i])
			}
		}
		t.Fatalf("%s: %d lines, want %d", name, len(g), len(w))
	}
}

func TestBenchGolden(t *testing.T) {
	f := synthDir(t)
	for _, name := range []string{BenchFile, EventsFile} {
		got, err := os.ReadFile(filepath.Join(f.Dir, name))
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name, got)
	}
}

// Every line is read by benchfmt as it was meant: no syntax error, one set of
// keys for the points that have their CPUs and one for those that have not,
// GOMAXPROCS at the end of each name, and the trials' own values.
func TestBenchReads(t *testing.T) {
	f := synthDir(t)
	file, err := os.Open(filepath.Join(f.Dir, BenchFile))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	samples := map[string][]float64{}
	r := benchfmt.NewReader(file, BenchFile)
	var order []string
	for r.Scan() {
		res, ok := r.Result().(*benchfmt.Result)
		if !ok {
			if err, bad := r.Result().(*benchfmt.SyntaxError); bad {
				t.Error(err)
			}
			continue
		}
		name := res.Name.String()
		if _, parts := res.Name.Parts(); len(parts) == 0 || parts[len(parts)-1][0] != '-' {
			t.Errorf("%s: no GOMAXPROCS", name)
		}
		if over := strings.HasPrefix(res.GetConfig("oversubscribed"), "yes"); over != strings.HasSuffix(name, "-4") {
			t.Errorf("%s: oversubscribed: %q", name, res.GetConfig("oversubscribed"))
		}
		if len(res.Config) != 5 {
			t.Errorf("%s: keys %v", name, res.Config)
		}
		if len(order) == 0 || order[len(order)-1] != name {
			order = append(order, name)
		}
		for _, v := range res.Values {
			samples[name+" "+v.Unit] = append(samples[name+" "+v.Unit], v.Value)
		}
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, c := range f.Cells() {
		want = append(want, c.Name)
		got := samples[c.Name+" sec/op"]
		for i, ns := range c.Sample("ns/op") {
			if d := got[i]*1e9/ns - 1; d > 1e-6 || d < -1e-6 {
				t.Errorf("%s, repetition %d: %v s in the file, %v ns on the record", c.Name, i, got[i], ns)
			}
		}
	}
	if !slices.Equal(order, want) {
		t.Errorf("rows in the order\n%s\nwant\n%s", strings.Join(order, "\n"), strings.Join(want, "\n"))
	}
	if r.Units().GetBetter("ops/s") != 1 || r.Units().GetBetter("p99-sec") != -1 {
		t.Error("better= is lost on benchfmt")
	}
}

// The tool itself, with no other flag than the order of the columns, shows the
// medians and intervals that this package computes.
func TestBenchstat(t *testing.T) {
	f := synthDir(t)
	cmd := exec.Command("go", "tool", "benchstat", "-col", "/variant@(mmaponly rwsem refcount)", filepath.Join(f.Dir, BenchFile))
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil || errs.Len() > 0 {
		t.Fatalf("benchstat: %v %s", err, &errs)
	}
	golden(t, "benchstat.txt", out)
	line := func(from, row string) string {
		_, after, _ := strings.Cut(string(out), from)
		_, after, _ = strings.Cut(after, "\n"+row)
		after, _, _ = strings.Cut(after, "\n")
		return strings.Join(strings.Fields(after), "")
	}
	for _, c := range f.Cells() {
		if c.Kind != Throughput {
			continue
		}
		s := c.Summarize("ns/op")
		table := "oversubscribed: no"
		if c.Oversubscribed {
			table = "oversubscribed: yes"
		}
		want := strings.ReplaceAll(formatSummary(&s), " ", "")
		if got := line(table, c.Row+" "); !strings.Contains(got, want) {
			t.Errorf("%s of %s: benchstat shows %s, this package %s", c.Row, c.Variant, got, want)
		}
	}
}

// A unit that is zero somewhere has no geometric mean and goes to events.txt,
// all of it: a design without separate locks has 0 B of them.
func TestZeroUnits(t *testing.T) {
	trials := synthTrials(t)[:3]
	for i := range trials {
		trials[i].Values = append(trials[i].Values, Value{"lock-B/vma", float64(40 * (i % 2))})
	}
	f := writeRun(t, t.TempDir(), synthRun(), trials)
	var bench, events bytes.Buffer
	if err := f.WriteBench(&bench); err != nil {
		t.Fatal(err)
	}
	if err := f.WriteEvents(&events); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(bench.String(), "lock-B/vma") || strings.Count(events.String(), " lock-B/vma") != 4 {
		t.Errorf("lock-B/vma, zero in two of three trials:\n%s\n%s", &bench, &events)
	}
}

// A failed trial has no line, and a comment that stays on its line.
func TestFailedTrialInBench(t *testing.T) {
	trials := synthTrials(t)[3:6]
	trials[0].Failed, trials[0].Values, trials[0].Events = "hung:\ngoroutine 7 waits", nil, nil
	f := writeRun(t, t.TempDir(), synthRun(), trials)
	var b bytes.Buffer
	if err := f.WriteBench(&b); err != nil {
		t.Fatal(err)
	}
	if strings.Count(b.String(), "\nBenchmark") != 2 || !strings.Contains(b.String(), "failed: hung: goroutine 7 waits\n") {
		t.Errorf("%s", &b)
	}
}

// Rows follow the plan's workloads and the table's designs, numbers as numbers.
func TestReportOrder(t *testing.T) {
	run := synthRun()
	run.Plan.Workloads = []WorkloadInfo{{Name: "mixed/write=10"}, {Name: "mixed/write=0.1"}, {Name: "local"}}
	var trials []Trial
	for _, p := range []struct {
		w, write, vmas string
		procs          int
	}{{"local", "", "1000", 2}, {"local", "", "90", 2}, {"local", "", "90", 1}, {"mixed", "0.1", "10", 1}, {"other", "", "1", 1}, {"mixed", "10", "10", 1}} {
		for _, d := range []string{"refcount", "mmaponly"} {
			x := Trial{Bench: "Fault", Kind: Throughput, Procs: p.procs, Values: []Value{{"ns/op", 1}}, Params: []Param{{"variant", d}, {"workload", p.w}}}
			if p.write != "" {
				x.Params = append(x.Params, Param{"write", p.write})
			}
			x.Params = append(x.Params, Param{"vmas", p.vmas})
			trials = append(trials, x)
		}
	}
	var got []string
	for _, c := range (&Folder{Run: run, Trials: trials}).Cells() {
		got = append(got, c.Variant+" "+c.Label())
	}
	var want []string
	for _, row := range []string{"mixed write=10 vmas=10-1", "mixed write=0.1 vmas=10-1", "local vmas=90-1", "local vmas=90-2", "local vmas=1000-2", "other vmas=1-1"} {
		want = append(want, "mmaponly "+row, "refcount "+row)
	}
	if !slices.Equal(got, want) {
		t.Errorf("order\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
