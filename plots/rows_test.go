package plots

import (
	"math"
	"slices"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"

	"vmabench/results"
)

// What is called the most and the least has a verdict; a larger ratio without one
// is not said to be a win.
func TestTheMostHasAVerdict(t *testing.T) {
	d := mustData(t, synth(t))
	x := &d.versus("mmaponly").Deltas
	for i := range *x {
		if v := &(*x)[i]; v.Unit == "ops/s" && v.New.Cell.Variant == "refcount" && v.New.Cell.Procs == 2 && strings.Contains(v.New.Cell.Name, "hotvma") {
			v.Ratio, v.Lo, v.Hi, v.Verdict = 99, 0.5, 200, results.Same // as in a cell of two trials
		}
	}
	head := d.answer().Head
	if strings.Contains(head, "99") || !strings.Contains(head, "faster than mmaponly in") {
		t.Errorf("the answer says %q", head)
	}
}

// Panels on one axis have their places in one line; names that no panel beside has
// room for take it from all.
func TestRowsAreAligned(t *testing.T) {
	a := Panel{Dots: true, X: Axis{Scale: Log10, Min: 1, Max: 10}, Rows: []Row{{Heading: "short"}, {Name: "x", Label: "x", Value: 2}}}
	b := Panel{Dots: true, X: a.X, Rows: []Row{{Heading: "a much longer name"}, {Name: "x", Label: "x", Value: 2}}}
	c := Panel{Dots: true, X: Axis{Scale: Log10, Min: 1, Max: 99}, Rows: a.Rows}
	panels := []Panel{a, b, c}
	alignRows(panels)
	if panels[0].room() != panels[1].room() || panels[0].room() == panels[2].room() {
		t.Errorf("room %+v, %+v, and on another axis %+v", panels[0].room(), panels[1].room(), panels[2].room())
	}
}

// Cache lines that one field fills are drawn at its ends; the others all.
func TestLongFieldsAreCut(t *testing.T) {
	m := ByteMap{Size: 8204, Boxes: []ByteBox{{Name: "readers", Size: 8192}, {Name: "writer", Offset: 8192, Size: 4}, {Name: "sema", Offset: 8196, Size: 8}}}
	if got := m.lines(); !slices.Equal(got, []int{0, -1, 8128, 8192}) {
		t.Errorf("lines %v", got)
	}
	p := Panel{Bytes: &m}
	if svg := p.svg("x", ""); !strings.Contains(svg, "… 126 lines more …") || strings.Contains(svg, "NaN") {
		t.Errorf("drawn as %s", svg)
	}
	if got := (&ByteMap{Size: 192, Boxes: []ByteBox{{Size: 152}}}).lines(); !slices.Equal(got, []int{0, 64, 128}) {
		t.Errorf("a VMA's lines %v", got)
	}
}

// The rows of CSV tell a model from a kernel, and a failed cell says why.
func TestCSVNamesEveryRow(t *testing.T) {
	f := Figure{Panels: []Panel{{Title: "p", Rows: []Row{
		{Heading: "g"}, {Name: "rwsem", Label: "rwsem 6.12", Value: 1, Lo: math.NaN(), Hi: math.NaN(), N: 3}, {Name: "rwsem", Label: "model", Value: 2}, {Name: "x", Label: "x", Failed: "failed: a, b"}}}}}
	want := "panel,group,design,value,lo,hi,n,note\np,g,rwsem 6.12,1,,,3,\np,g,\"rwsem, model\",2,0,0,,\np,g,x,0,0,0,,\"failed: a, b\"\n"
	if got := f.csv(); got != want {
		t.Errorf("got\n%s want\n%s", got, want)
	}
	table := Figure{Table: &Table{Head: []string{"a", "b"}, Rows: [][]string{{"1", "2"}}}}
	if got := table.csv(); got != "a,b\n1,2\n" {
		t.Errorf("of a table: %q", got)
	}
}

// A rare event is written in words, not as a row of zeros.
func TestRareWaits(t *testing.T) {
	d := mustData(t, synth(t))
	for _, c := range d.cells {
		for _, tr := range c.trials {
			for i := range tr.Events {
				if e := &tr.Events[i]; e.Unit == "spins/op" {
					e.Value = 3.79e-6
				}
			}
		}
	}
	d.drawn = nil
	f := figWaits(d)[0]
	i := slices.IndexFunc(f.Panels, func(p Panel) bool { return strings.HasPrefix(p.Title, "spins") })
	if i < 0 {
		t.Fatalf("no spins in %q", f.Title)
	}
	if j := slices.IndexFunc(f.Panels[i].Rows, func(r Row) bool { return r.Text == "3.8 per million" }); j < 0 {
		t.Errorf("rows %+v", f.Panels[i].Rows)
	}
}

// The samples on the page are those of bench.txt, each once, and each block is a
// file for benchstat.
func TestBlocks(t *testing.T) {
	f := synth(t)
	d := mustData(t, f)
	blocks, err := d.blocks()
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	if err := f.WriteBench(&all); err != nil {
		t.Fatal(err)
	}
	want, got := benchLines(all.String()), []string{}
	kinds := map[results.Kind]int{}
	for _, b := range blocks {
		kinds[b.Kind]++
		if b.Kind != counters {
			got = append(got, benchLines(b.Text)...)
		}
		r := benchfmt.NewReader(strings.NewReader(b.Text), "block")
		for n := 0; r.Scan(); n++ {
			if e, bad := r.Result().(*benchfmt.SyntaxError); bad {
				t.Errorf("%s: %v", b.Title, e)
			}
		}
		if strings.Contains(b.Text, "guard-") {
			t.Errorf("%s has the guard's counters", b.Title)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) || len(got) == 0 {
		t.Errorf("%d lines on the page, %d in bench.txt", len(got), len(want))
	}
	for _, k := range []results.Kind{results.Throughput, counters, results.Latency, results.Footprint} {
		if kinds[k] == 0 {
			t.Errorf("no block of %s", k)
		}
	}
}

func benchLines(s string) (out []string) {
	for _, l := range strings.Split(s, "\n") {
		if strings.HasPrefix(l, "Benchmark") {
			out = append(out, l)
		}
	}
	return out
}

// A figure leads to the blocks of its workloads, or to all.
func TestSampleLinks(t *testing.T) {
	d := mustData(t, synth(t))
	if links, ids := d.sampleLinks(figure(t, d, "throughput")); len(links) != 1 || links[0].ID != "samples-throughput" || len(strings.Fields(ids)) < 5 {
		t.Errorf("throughput: %+v, %s", links, ids)
	}
	links, ids := d.sampleLinks(figure(t, d, "fork"))
	if len(links) != 1 || !strings.Contains(links[0].Text, "fork-storm") || ids != links[0].ID {
		t.Errorf("fork: %+v, %s", links, ids)
	}
}

// A run that went wrong is not praised: what failed is compared with nothing, and
// disturbed trials are said before the numbers.
func TestWrongRunsSaySo(t *testing.T) {
	f := synth(t)
	f.Trials = slices.Clone(f.Trials)
	for i := range f.Trials {
		if x := &f.Trials[i]; x.Kind == results.Throughput && x.Param("variant") == "refcount" {
			x.Failed, x.Values = "corrupt", nil
		}
	}
	d := mustData(t, f)
	if a := d.answer(); strings.Contains(a.Head, "refcount") || a.More[0] != "No throughput trial of refcount succeeded within the CPUs: it is compared with nothing." {
		t.Errorf("failed throughout: %q, %q", a.Head, a.More)
	}
	if title := figure(t, d, "overview").Title; !strings.Contains(title, "refcount without a trial to compare") {
		t.Errorf("the overview says %q", title)
	}
	f = synth(t)
	f.Trials = slices.Clone(f.Trials)
	for i := range f.Trials {
		f.Trials[i].Guard.OK = false
	}
	if a := mustData(t, f).answer(); !strings.HasPrefix(a.More[0], "Not to be quoted: ") {
		t.Errorf("disturbed throughout: %q", a.More)
	}
	f = synth(t)
	f.Trials = slices.DeleteFunc(slices.Clone(f.Trials), func(x results.Trial) bool { return x.Procs <= 2 })
	if a := mustData(t, f).answer(); !strings.HasPrefix(a.Head, "Nothing is ranked on ") {
		t.Errorf("more workers than CPUs alone: %q", a.Head)
	}
}

// Long names and many designs leave the data their room.
func TestLongNamesAreCut(t *testing.T) {
	long := strings.Repeat("long-name-", 9)
	p := Panel{Title: long, Y: Axis{Label: long, Max: 2}, X: Axis{Label: long, Min: 1, Max: 2}, Series: []Series{{Name: long, Label: long, X: []float64{1, 2}, Y: []float64{1, 2}}}}
	if f := p.layout(box{0, 0, panelW, panelH}); f.W < panelW/4 {
		t.Errorf("%g pixels are left for the data", f.W)
	}
	rows := Panel{Dots: true, X: Axis{Max: 2}, Rows: []Row{{Heading: long}, {Name: long, Label: long, Value: 1, Text: long}}}
	if r := rows.room(); panelW-r.left-r.name-r.right < panelW/4-1 {
		t.Errorf("rows take %+v", r)
	}
	for _, q := range []Panel{p, rows, {X: Axis{Max: 2}, Rows: rows.Rows}} {
		if svg := q.svg("x", ""); strings.Contains(svg, long+"</text>") {
			t.Errorf("a name is not cut in %s", svg)
		}
	}
	for range 20 {
		p.Series = append(p.Series, p.Series[0])
	}
	if _, h := p.size(); h < 21*lineGap {
		t.Errorf("21 names in %g pixels", h)
	}
}

func TestFactor(t *testing.T) {
	for v, want := range map[float64]string{1.5: "1.50×", 0.3: "0.300×", 1234: "1234×", 3.2289e12: "3.23e12×", 1e6: "1.00e6×", 2e-7: "2.00e-7×", 0: "0×"} {
		if got := times(v); got != want {
			t.Errorf("%g is written %s, want %s", v, got, want)
		}
	}
}
