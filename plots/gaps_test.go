package plots

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"vmabench/results"
)

// A cell that is not there and one that lost trials are shown where they would
// stand, in the table, in the charts and in the answer.
func TestMissingIsMarked(t *testing.T) {
	run := synthRun()
	run.Plan.Workloads = run.Plan.Workloads[:2]
	f := synthOf(t, run)
	f.Trials = slices.DeleteFunc(f.Trials, func(x results.Trial) bool {
		return x.Kind == results.Throughput && x.Param("workload") == "hotvma" && x.Procs == 2 && x.Param("variant") == "rwsem"
	})
	for i := range f.Trials {
		x := &f.Trials[i]
		if x.Kind == results.Throughput && x.Param("workload") == "pft" && x.Procs == 1 && x.Param("variant") == "mmaponly" && x.Rep < 3 {
			x.Failed, x.Values = "killed", nil
		}
	}
	d := mustData(t, f)
	rows, _ := d.matrix()
	i := slices.IndexFunc(rows, func(r matrixRow) bool { return r.Workload == "hotvma" && r.Procs == "2" })
	if c := rows[i].Cells[1]; c.Text != "missing" || c.Class != "bad" {
		t.Errorf("the table says %+v", c)
	}
	i = slices.IndexFunc(rows, func(r matrixRow) bool { return r.Workload == "pft" && r.Procs == "1" })
	if c := rows[i].Cells[0]; !strings.HasSuffix(c.Text, "(7 of 10)") {
		t.Errorf("the table does not count the trials that are left: %+v", c)
	}
	fig := figure(t, d, "throughput")
	p := fig.Panels[slices.IndexFunc(fig.Panels, func(p Panel) bool { return p.Title == "hotvma" })]
	if svg := p.svg("x", ""); !regexp.MustCompile(`<g class="line" data-v="rwsem">(<[^g][^>]*>)*<path class="p f6 rim" d="[^"]*" data-v="missing"`).MatchString(svg) {
		t.Error("the chart has no cross for a missing cell")
	}
	if !slices.ContainsFunc(fig.Notes, func(n string) bool { return strings.Contains(n, "red cross") }) {
		t.Error("no note says what the cross is")
	}
	over := figure(t, d, "overview")
	if !slices.ContainsFunc(over.Panels[1].Rows, func(r Row) bool { return r.Name == "rwsem" && r.Failed == "not measured" }) {
		t.Error("the overview lacks the row")
	}
	if a := d.answer(); !strings.Contains(strings.Join(a.More, " "), "Not complete: 2 benchmarks") {
		t.Errorf("the answer says %q", a.More)
	}
}

// With one GOMAXPROCS a line has one point: bars then, and marks where the
// axis is logarithmic. What no trial has is not drawn at all.
func TestOnePointIsNoLine(t *testing.T) {
	run := synthRun()
	run.Plan.Procs, run.Plan.Workloads = []int{2}, run.Plan.Workloads[:2]
	f := synthOf(t, run)
	for i := range f.Trials {
		f.Trials[i].Values = slices.DeleteFunc(slices.Clone(f.Trials[i].Values), func(v results.Value) bool { return v.Unit == "cpu-ns/op" })
	}
	d := mustData(t, f)
	p := figure(t, d, "throughput").Panels[0]
	if len(p.Series) != 0 || len(p.Rows) != 3 || p.Rows[0].N != 10 || !(p.Rows[0].Lo < p.Rows[0].Value) {
		t.Errorf("throughput: %d lines, rows %+v", len(p.Series), p.Rows)
	}
	if cpu := figure(t, d, "cpu"); cpu.Missing == "" {
		t.Errorf("CPU time is drawn from nothing: %d panels", len(cpu.Panels))
	}
}

// The worst case is the one that is shown, and every verdict is counted.
func TestLosses(t *testing.T) {
	d := mustData(t, synth(t))
	for _, l := range d.losses() {
		for q, c := range l.Cells[:min(bytesQuestion, len(l.Cells))] { // bytes: TestLossesOfBytesAndRoles
			n, worst := 0, 0.0
			for _, x := range d.versus(l.Against).Deltas {
				if question(x.Unit) == q && x.New.Cell.Variant == l.Name && x.Ranked && x.Better() < 0 {
					n++
					worst = max(worst, x.Ratio, 1/x.Ratio)
				}
			}
			if len(c) != n {
				t.Errorf("%s against %s: %d cases, want %d", l.Name, l.Against, len(c), n)
			}
			if joined := strings.ReplaceAll(c.Text(), "\u00a0", " "); n > 0 && !strings.HasPrefix(joined, change(worst)) && !strings.HasPrefix(joined, change(1/worst)) {
				t.Errorf("%s against %s: worst is %s, want %s", l.Name, l.Against, c.Text(), change(worst))
			}
		}
	}
	if l := d.losses(); len(l) < 3 || !l[0].First || l[0].Name != "mmaponly" || len(l[0].Cells[0]) == 0 {
		t.Errorf("losses: %+v", l)
	}
}

// The checker's table says what is wrong, and counts what changes nothing.
func TestChecker(t *testing.T) {
	f := synthFull(t)
	write(t, f, checkFile, `{"command": "vmalab check", "mode": "full", "seconds": 1.5, "scenarios": [
		{"design": "refcount", "scenario": "a", "executions": 1234, "steps": 5, "complete": true, "expected": true},
		{"design": "refcount", "scenario": "b", "executions": 6, "steps": 7, "breaks": "I10", "broken": "I10", "expected": true},
		{"design": "rwsem", "scenario": "c", "executions": 1, "steps": 1, "broken": "I2", "expected": false}],
		"mutants": [{"name": "x", "caught": true}, {"name": "y", "equivalent": "same code"}, {"name": "z"}]}`)
	fig := figure(t, mustData(t, f), "check")
	for _, want := range []string{"3 scenarios, 1 unexpected; 1 of 3 seeded bugs caught, 1 change nothing"} {
		if !strings.Contains(fig.Title, want) {
			t.Errorf("title %q lacks %q", fig.Title, want)
		}
	}
	for _, want := range []string{"UNEXPECTED: I2 broken", "NOT CAUGHT", "same code", "<td>refcount<td class=n>2<td class=n>1,240<td"} {
		if !strings.Contains(string(fig.Body), want) {
			t.Errorf("the panel lacks %q", want)
		}
	}
}
