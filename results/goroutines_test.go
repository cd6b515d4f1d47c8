package results

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// withGoroutines is the synthetic run with trials of local by goroutines too, one
// and eight for each of GOMAXPROCS.
func withGoroutines(t *testing.T) *Folder {
	f := synthFolder(t)
	for i := range f.Trials[:len(f.Trials):len(f.Trials)] {
		x := f.Trials[i]
		if x.Kind != Throughput || x.Procs > 2 || x.Param("workload") != "local" {
			continue
		}
		for _, each := range []int{1, 8} {
			y := x
			y.Params = append(slices.Clone(x.Params), Param{GoroutinesParam, strconv.Itoa(each * x.Procs)})
			y.Guard.Oversubscribed = each > 1
			y.Values = slices.Clone(x.Values)
			y.Values[2].Value /= float64(each)
			f.Trials = append(f.Trials, y)
		}
	}
	return f
}

// TestGoroutines: cells whose workers are goroutines have names of their own, are
// shown, and change nothing that is ranked.
func TestGoroutines(t *testing.T) {
	without, with := synthFolder(t), withGoroutines(t)
	seen := 0
	for _, c := range with.Cells() {
		if c.Goroutines == 0 {
			continue
		}
		seen++
		if want := "/goroutines=" + strconv.Itoa(c.Goroutines) + "-" + strconv.Itoa(c.Procs); !strings.HasSuffix(c.Name, want) {
			t.Errorf("%s: want …%s", c.Name, want)
		}
		if c.Ranked() || c.Oversubscribed != (c.Goroutines > c.Procs) || c.Workload != "local" {
			t.Errorf("%s: ranked %v, oversubscribed %v, of %s", c.Name, c.Ranked(), c.Oversubscribed, c.Workload)
		}
		if label := "local " + strconv.Itoa(c.Goroutines) + "g-" + strconv.Itoa(c.Procs); !strings.HasSuffix(rowLabel(c, 28), label[5:]+"†") || !strings.HasPrefix(c.Label(), "local") {
			t.Errorf("label %s, row %s", c.Label(), rowLabel(c, 28))
		}
	}
	if seen != 3*2*2 {
		t.Errorf("%d cells by goroutines", seen)
	}
	a, b := Compare(without, Options{}), Compare(with, Options{})
	if len(a.Geomeans) != len(b.Geomeans) || len(b.Deltas) <= len(a.Deltas) {
		t.Fatalf("%d deltas and %d means, before %d and %d", len(b.Deltas), len(b.Geomeans), len(a.Deltas), len(a.Geomeans))
	}
	for i := range a.Geomeans {
		x, y := a.Geomeans[i], b.Geomeans[i]
		x.Best, x.Worst, y.Best, y.Worst = nil, nil, nil, nil
		if x != y {
			t.Errorf("mean %+v, without goroutines %+v", y, x)
		}
	}
	for i := range a.Deltas {
		x := &a.Deltas[i]
		if y := b.Find(x.New.Cell, x.Unit); y == nil || y.Verdict != x.Verdict || y.Family != x.Family || y.Holm != x.Holm {
			t.Errorf("%s, %s: %+v, without goroutines %+v", x.New.Cell.Name, x.Unit, y, x)
		}
	}
	if x, y := Scalings(without), Scalings(with); len(x) != len(y) {
		t.Errorf("%d laws, without goroutines %d", len(y), len(x))
	}
	if x, y := PoolsOf(without, "mmaponly", "rwsem", "ns/op", 0), PoolsOf(with, "mmaponly", "rwsem", "ns/op", 0); len(x) != len(y) {
		t.Errorf("%d pools, without goroutines %d", len(y), len(x))
	}
}

// TestGoroutinesWritten: benchstat gets them apart, the table says what they are,
// and the warnings count them.
func TestGoroutinesWritten(t *testing.T) {
	f := withGoroutines(t)
	var bench, table bytes.Buffer
	if err := f.WriteBench(&bench); err != nil {
		t.Fatal(err)
	}
	if err := WriteTable(&table, f, Compare(f, Options{}), "ops/s"); err != nil {
		t.Fatal(err)
	}
	head, tail, ok := strings.Cut(bench.String(), "\noversubscribed: workers are goroutines")
	if !ok || strings.Contains(head, "goroutines=") || strings.Count(tail, "goroutines=") != 120 {
		t.Errorf("lines by goroutines are not apart:\n%s", tail[:min(len(tail), 500)])
	}
	for _, want := range []string{"local 16g-2†", "16g: 16 workers that are goroutines", "120 of 330 timed trials had goroutines for workers"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, table.String())
		}
	}
}
