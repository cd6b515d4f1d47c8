package plots

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vmabench/results"
)

var update = flag.Bool("update", false, "write the golden files again")

// golden compares got with testdata/name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	a, b := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			t.Fatalf("%s differs at line %d (go test -update writes it again):\ngot  %q\nwant %q", name, i+1, line(a, i), line(b, i))
		}
	}
}

func line(ls []string, i int) string {
	if i < len(ls) {
		return ls[i]
	}
	return "(end)"
}

func mustData(t testing.TB, f *results.Folder) *data {
	t.Helper()
	d, err := newData(f)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func mustReport(t testing.TB, f *results.Folder) *Report {
	t.Helper()
	r, err := New(f)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func figure(t testing.TB, d *data, id string) *Figure {
	t.Helper()
	for _, f := range d.figures() {
		if f.ID == id {
			return f
		}
	}
	t.Fatalf("no figure %s", id)
	return nil
}

// One panel of each kind, a line of SVG a line of the file.
func TestPanelsGolden(t *testing.T) {
	d, full := mustData(t, synth(t)), mustData(t, synthFull(t))
	for _, c := range []struct {
		id string
		n  int
	}{{"throughput", 1}, {"relative", 5}, {"latency", 0}, {"single", 0}, {"footprint", 0}, {"layout", 2}, {"overview", 1}, {"shape", 0}, {"sensitivity", 0}, {"events", 0}} {
		f := figure(t, d, c.id)
		if f.Missing != "" {
			f = figure(t, full, c.id)
		}
		svg := f.Panels[c.n].svg(c.id, f.Panels[c.n].describe(f))
		golden(t, c.id+".svg", strings.ReplaceAll(svg, "><", ">\n<")+"\n")
	}
}

// Every figure that the suite promises must come out of a run that has the
// data, in the page and as files.
func TestEveryFigureIsDrawable(t *testing.T) {
	d := mustData(t, synthFull(t))
	var ids []string
	for _, f := range d.figures() {
		if f.Missing != "" {
			t.Errorf("%s is not drawn: %s", f.ID, f.Missing)
		}
		if f.Missing == "" && len(f.Panels) == 0 && f.Body == "" {
			t.Errorf("%s has no panels", f.ID)
		}
		if slices.Contains(ids, f.ID) {
			t.Errorf("two figures are called %s", f.ID)
		}
		ids = append(ids, f.ID)
		for i := range f.Panels {
			if svg := f.Panels[i].svg("x", ""); strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
				t.Errorf("%s, panel %d: a coordinate is no number", f.ID, i)
			}
		}
	}
	for _, id := range strings.Fields("overview throughput relative cpu single oversubscribed sharing hot mix vmas fork mprotect applications roles fairness " +
		"latency load writers events waits footprint layout place peers law modelled published published-latency sensitivity guard stability selftest busy shape check") {
		if !slices.Contains(ids, id) {
			t.Errorf("no figure %s", id)
		}
	}
}

// A figure without data says in words what it lacks, in an empty run too.
func TestMissingSaysWhy(t *testing.T) {
	f := &results.Folder{Dir: t.TempDir(), Run: &results.Run{Format: 1, ID: "empty"}}
	d := mustData(t, f)
	for _, fig := range d.figures() {
		if len(fig.Missing) < 15 {
			t.Errorf("%s says %q", fig.ID, fig.Missing)
		}
	}
	r := mustReport(t, f)
	paths, err := r.Charts(filepath.Join(f.Dir, "charts"), true)
	if err != nil || len(paths) != 0 {
		t.Errorf("charts of an empty run: %v, %v", paths, err)
	}
	if err := r.Page(filepath.Join(f.Dir, "report.html")); err != nil {
		t.Error(err)
	}
}

// Charts are SVG, two of them PNG too and with png all; what an earlier report
// drew of the run goes.
func TestChartFiles(t *testing.T) {
	run := synthRun()
	run.Plan.Workloads, run.Plan.Count = run.Plan.Workloads[1:2], 3
	r, dir := mustReport(t, synthOf(t, run)), filepath.Join(t.TempDir(), "charts")
	files := func(png bool) []string {
		t.Helper()
		paths, err := r.Charts(dir, png)
		if err != nil {
			t.Fatal(err)
		}
		have, err := os.ReadDir(dir)
		if err != nil || len(have) != len(paths) {
			t.Errorf("%d files for %d charts (%v)", len(have), len(paths), err)
		}
		var names []string
		for _, p := range paths {
			names = append(names, filepath.Base(p))
		}
		return names
	}
	all := files(true)
	if err := os.WriteFile(filepath.Join(dir, "gone-dark.svg"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	svg := slices.DeleteFunc(files(false), func(n string) bool { return strings.HasSuffix(n, ".png") })
	if 2*len(svg) != len(all) || len(svg) == 0 {
		t.Errorf("%d SVG files, %d with PNG", len(svg), len(all))
	}
	var png []string
	for _, n := range files(false) {
		if strings.HasSuffix(n, ".png") {
			png = append(png, n)
		}
	}
	if !slices.Equal(png, []string{"overview-light.png", "footprint-light.png"}) {
		t.Errorf("PNG files %v", png)
	}
}

// The same figure gives the same bytes, and text in files stays text in a
// family that readers have.
func TestFilesAreReproducible(t *testing.T) {
	run := synthRun()
	run.Plan.Workloads, run.Plan.Count = run.Plan.Workloads[1:2], 6
	folder := synthOf(t, run)
	write := func(id string, th Theme) (png, svg []byte) {
		f := figure(t, mustData(t, folder), id)
		var a, b bytes.Buffer
		if err := f.WritePNG(&a, th); err != nil {
			t.Fatal(err)
		}
		if err := f.WriteSVG(&b, th); err != nil {
			t.Fatal(err)
		}
		return a.Bytes(), b.Bytes()
	}
	for _, id := range []string{"throughput", "layout"} {
		png1, svg1 := write(id, Dark)
		png2, svg2 := write(id, Dark)
		if !bytes.Equal(png1, png2) || !bytes.Equal(svg1, svg2) {
			t.Errorf("%s: two drawings differ", id)
		}
		if !bytes.Contains(svg1, []byte("font-family:'Liberation Sans',Arial")) || bytes.Contains(svg1, []byte("NaN")) {
			t.Errorf("%s: the SVG's text has no fallback, or a coordinate is no number", id)
		}
		_, light := write(id, Light)
		if bytes.Equal(light, svg1) {
			t.Errorf("%s: light and dark are the same", id)
		}
	}
}

// A cell with fewer trials than an interval takes has an infinite one; the
// rasterizer would not end on it.
func TestInfiniteIntervals(t *testing.T) {
	run := synthRun()
	run.Plan.Workloads, run.Plan.Count = run.Plan.Workloads[1:2], 3
	d := mustData(t, synthOf(t, run))
	for _, id := range []string{"throughput", "relative", "single"} {
		var b bytes.Buffer
		if err := figure(t, d, id).WritePNG(&b, Light); err != nil {
			t.Error(err)
		}
	}
}

// What a model computed never looks like a measurement.
func TestModelledIsMarked(t *testing.T) {
	d := mustData(t, synthFull(t))
	f := figure(t, d, "modelled")
	for _, k := range f.Legend {
		if !strings.Contains(k.text(), "modelled") {
			t.Errorf("legend %q does not say modelled", k.text())
		}
	}
	p := f.Panels[0]
	svg := p.svg("x", "")
	if !strings.Contains(svg, ">modelled</text>") || !strings.Contains(svg, `stroke-dasharray="1.2 3"`) {
		t.Error("the panel lacks the word or the dots")
	}
	if measured := figure(t, d, "throughput").Panels[0].svg("x", ""); strings.Contains(measured, `stroke-dasharray="1.2 3"`) {
		t.Error("a measured line is dotted")
	}
}

// Oversubscribed points are hollow, and no verdict counts them.
func TestOversubscribed(t *testing.T) {
	d := mustData(t, synth(t))
	p := figure(t, d, "throughput").Panels[0]
	if len(p.Shades) != 1 {
		t.Fatal("no shade")
	}
	for _, s := range p.Series {
		for i, x := range s.X {
			if s.Hollow[i] != (x > 2) {
				t.Errorf("%s at GOMAXPROCS %v: hollow %v", s.Name, x, s.Hollow[i])
			}
		}
	}
	if got := d.ranked("pft/vmas=1000"); got != 2 {
		t.Errorf("ranked at GOMAXPROCS %d", got)
	}
}

// Too few repetitions for an interval claim neither a loss nor that there is none.
func TestTooFewToLose(t *testing.T) {
	run := synthRun()
	run.Plan.Count = 3
	if f := figure(t, mustData(t, synthOf(t, run)), "oversubscribed"); !strings.HasSuffix(f.Title, ": too few repetitions to claim anything") {
		t.Errorf("title %q", f.Title)
	}
}

// TestGoroutinesOver: goroutines above GOMAXPROCS are held against one for each,
// losses and failures are shown, and no other figure has them.
func TestGoroutinesOver(t *testing.T) {
	run := synth(t)
	before := mustData(t, run)
	run.Trials = slices.Clone(run.Trials)
	synthGoroutines(run)
	d := mustData(t, run)
	f := figure(t, d, "oversubscribed")
	lines := slices.DeleteFunc(slices.Clone(f.Panels), func(p Panel) bool { return len(p.Series) == 0 })
	if len(lines) != 1 || len(lines) == len(f.Panels) {
		t.Fatalf("%d panels of lines among %d", len(lines), len(f.Panels))
	}
	for _, s := range lines[0].Series {
		want := map[bool]int{false: 4, true: 2}[d.control(s.Name)]
		if len(s.X) != want || s.Y[0] != 1 {
			t.Errorf("%s has points at %v, of %v", s.Name, s.X, s.Y)
		}
		for i, x := range s.X {
			failed := s.Name == "rwsem" && x == 8
			if (s.Failed[i] != "") != failed || !failed && math.Abs(s.Y[i]*x-1) > 1e-9 || s.Hollow[i] != (x > 1) {
				t.Errorf("%s with %v for each: %v, failed %q", s.Name, x, s.Y[i], s.Failed[i])
			}
		}
	}
	if !strings.Contains(f.Title, "keeps 12.5 % [12.5 % … 12.5 %] of its throughput with 16 goroutines (hotvma, GOMAXPROCS 2)") {
		t.Errorf("title %q", f.Title)
	}
	if rows := f.Table.Rows; !slices.ContainsFunc(rows, func(r []string) bool { return r[1] == "16 goroutines" && r[2] == "rwsem" && r[7] == "failed: hung" }) {
		t.Errorf("the table hides a failure: %q", rows)
	}
	for _, g := range before.figures() {
		if g.ID == "oversubscribed" || g.Table == nil {
			continue
		}
		if now := figure(t, d, g.ID); now.Title != g.Title || len(now.Table.Rows) != len(g.Table.Rows) {
			t.Errorf("%s changes with goroutines: %q with %d rows, before %q with %d", g.ID, now.Title, len(now.Table.Rows), g.Title, len(g.Table.Rows))
		}
	}
	if old := figure(t, before, "oversubscribed"); !slices.ContainsFunc(old.Notes, func(n string) bool { return strings.Contains(n, "-goroutines 1,2,4,8") }) {
		t.Errorf("a run without goroutines says %q", old.Notes)
	}
}

// The panels of a figure share the axis of what they draw: where nothing ran above
// the CPUs, nothing is shaded.
func TestAxisOfWhatIsDrawn(t *testing.T) {
	f := synthFull(t)
	f.Trials = slices.DeleteFunc(slices.Clone(f.Trials), func(x results.Trial) bool {
		return x.Procs > 2 && strings.HasPrefix(x.Param("workload"), "mprotect")
	})
	d := mustData(t, f)
	for id, shaded := range map[string]bool{"mprotect": false, "throughput": true} {
		for _, p := range figure(t, d, id).Panels {
			if (len(p.Shades) > 0) != shaded || (p.X.Max > 2) != shaded {
				t.Errorf("%s, %s: to %v, shades %v", id, p.Title, p.X.Max, p.Shades)
			}
		}
	}
}
