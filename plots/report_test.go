package plots

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"vmabench/results"
)

func pageOf(t testing.TB, f *results.Folder) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	if err := mustReport(t, f).Page(path); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The page is a function of the folder, asks nothing of the network, and is
// small enough for a run of the default plan's size.
func TestReport(t *testing.T) {
	run := synthRun()
	run.Designs, run.Plan.Workloads = run.Designs[:3], run.Plan.Workloads[:6]
	f := synthOf(t, run)
	page := pageOf(t, f)
	if again := pageOf(t, f); again != page {
		t.Error("two reports of one folder differ")
	}
	if n := len(page); n > 1_500_000 {
		t.Errorf("the page has %d bytes", n)
	}
	if m := regexp.MustCompile(`(?i)<link|<img|<iframe|@import|url\(|fetch\(|XMLHttpRequest|src=|https?://[^w]`).FindString(page); m != "" {
		t.Errorf("the page may ask for something: %q", m)
	}
	if strings.Contains(page, "NaN") || strings.Contains(page, "%!") || strings.Contains(page, "ZgotmplZ") {
		t.Error("the page has a value that was not written")
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if ids[m[1]] {
			t.Errorf("id %q twice", m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !ids[m[1]] {
			t.Errorf("a link to #%s leads nowhere", m[1])
		}
	}
}

// What a reader must be told is there: the answer with number, interval and
// machine, losses, failures, warnings, method.
func TestReportTells(t *testing.T) {
	page := pageOf(t, synth(t))
	for _, want := range []string{
		"hung: killed after 5 s (7 times)", "Where each design loses", "the machine ran other work",
		"Holm", "Bias", "Limits", "not to be seen in a guest", "run on bare metal", "0123456789ab", "vmabench bench -run", "no evidence of a difference",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestAnswerGolden(t *testing.T) {
	var b bytes.Buffer
	f := synth(t)
	f.Dir = "results/2026-01-02-030405" // as the command for benchstat has it
	if err := mustReport(t, f).Markdown(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.md", b.String())
}

// Fewer repetitions than a verdict needs give none, in words.
func TestNoVerdict(t *testing.T) {
	run := synthRun()
	run.Plan.Count = 3
	d := mustData(t, synthOf(t, run))
	a := d.answer()
	if !strings.Contains(a.Head, "no difference between refcount and mmaponly was shown") || !strings.Contains(strings.Join(a.More, " "), "No verdict: 3 repetitions") {
		t.Errorf("three repetitions claim: %q %q", a.Head, a.More)
	}
	for _, l := range d.losses() {
		if l.Cells != nil && len(l.Cells[0])+len(l.Cells[1]) > 0 {
			t.Errorf("three repetitions list a loss: %+v", l)
		}
	}
}

// The answer says of each compared design that no kernel had how it fares.
func TestAnswerUnreleased(t *testing.T) {
	run := synthRun()
	for i := range run.Designs {
		if run.Designs[i].Name == "rwsem" {
			run.Designs[i].Since = "never"
		}
	}
	d := mustData(t, synthOf(t, run))
	if more := strings.Join(d.answer().More, "\n"); !strings.Contains(more, "Of no kernel, against mmaponly: rwsem faster in") || strings.Contains(more, "Of no kernel, against mmaponly: refcount") {
		t.Errorf("of a design of no kernel the answer says: %s", more)
	}
	if more := strings.Join(mustData(t, synth(t)).answer().More, "\n"); strings.Contains(more, "Of no kernel") {
		t.Errorf("all designs had a kernel, and yet: %s", more)
	}
}

// The script's data say what the static table says.
func TestScriptData(t *testing.T) {
	d := mustData(t, synth(t))
	var got script
	b, _ := json.Marshal(d.script())
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	rows, _ := d.matrix()
	if len(rows) != len(got.Points) || len(rows) == 0 {
		t.Fatalf("%d rows, %d points", len(rows), len(got.Points))
	}
	for i, p := range got.Points {
		if rows[i].Workload != p.T || rows[i].Cells[0].Text != p.V[got.Base] {
			t.Errorf("row %d: %+v, point %+v", i, rows[i], p)
		}
		for j, n := range without(got.Designs, got.Base) {
			if c, r := rows[i].Cells[j+1], p.R[got.Base][n]; c.Text != r.T || c.Interval != r.I || c.Class != r.C {
				t.Errorf("row %d of %s: table %+v, script %+v", i, n, c, r)
			}
		}
	}
}

// Prose fits a mail, and no line of it begins as a list, a heading or a quotation
// would.
func TestMarkdownFitsAMail(t *testing.T) {
	var b strings.Builder
	if err := mustReport(t, synth(t)).Markdown(&b); err != nil {
		t.Fatal(err)
	}
	for _, l := range strings.Split(b.String(), "\n") {
		if n := utf8.RuneCountInString(l); n > mdWidth && !strings.HasPrefix(l, "|") && !strings.HasPrefix(l, "    ") {
			t.Errorf("%d columns: %s", n, l)
		}
	}
	if got, want := mdWrap("- ", strings.Repeat("x", 70)+" and 12. more and more"), "- "+strings.Repeat("x", 70)+" and 12.\n  more and more\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	var table bytes.Buffer
	mdTable(&table, []string{"a", "µs"}, [][]string{{"x|y", "1 µs"}, {"z", "222 µs"}}, 1)
	if got, want := table.String(), "| a    |     µs |\n|------|-------:|\n| x\\|y |   1 µs |\n| z    | 222 µs |\n"; got != want {
		t.Errorf("got\n%s want\n%s", got, want)
	}
}

func TestSplice(t *testing.T) {
	f := synth(t)
	path := filepath.Join(t.TempDir(), "README.md")
	write := func(s string) {
		if err := os.WriteFile(path, []byte(s), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("before\n<!-- BEGIN: report -->\nold\n<!-- END: report -->\nafter\n<!-- BEGIN: machine -->\n<!-- END: machine -->\n")
	if err := Spliced(path, f); err == nil || !strings.Contains(err.Error(), `"report"`) {
		t.Errorf("an old part is not found out: %v", err)
	}
	if err := Splice(path, f); err != nil {
		t.Fatal(err)
	}
	b, _ := os.ReadFile(path)
	for _, want := range []string{"before\n", "\nafter\n", "overview-dark.svg", "| pft            |        2 |", "Imaginary CPU", "\n    bin/vmabench bench\n"} {
		if !bytes.Contains(b, []byte(want)) {
			t.Errorf("no %q in\n%s", want, b)
		}
	}
	m := regexp.MustCompile(`go tool benchstat .* (\S+)\n`).FindSubmatch(b)
	if m == nil {
		t.Fatal("no benchstat command")
	}
	if got, want := filepath.Join(filepath.Dir(path), string(m[1])), filepath.Join(f.Dir, results.BenchFile); got != want {
		t.Errorf("benchstat is told %s, seen from the file that is %s, want %s", m[1], got, want)
	}
	if err := Spliced(path, f); err != nil {
		t.Errorf("right after: %v", err)
	}
	for _, bad := range []string{"no marker\n", "<!-- BEGIN: nonsense -->\n<!-- END: nonsense -->\n", "<!-- BEGIN: answer -->\n<!-- END: losses -->\n",
		"<!-- BEGIN: figure:nosuch -->\n<!-- END: figure:nosuch -->\n"} {
		write(bad)
		if err := Splice(path, f); err == nil {
			t.Errorf("spliced %q", bad)
		}
		if b, _ := os.ReadFile(path); string(b) != bad {
			t.Errorf("a refused file was changed to %q", b)
		}
	}
}

// Two runs of one machine and one of another, an ID twice, an ID that is a
// path: everything stays inside the folder and every link leads somewhere.
func TestPublish(t *testing.T) {
	run := func(id, created, cpu string, from int) *results.Folder {
		r := synthRun()
		r.ID, r.Created, r.Env.CPU, r.Plan.Count, r.Plan.Workloads = id, created, cpu, 6, r.Plan.Workloads[from:from+2]
		return synthOf(t, r)
	}
	root := t.TempDir()
	dir := filepath.Join(root, "site")
	runs := []*results.Folder{run("a", "2026-01-01T00:00:00Z", "X", 0), run("a", "2026-01-02T00:00:00Z", "X", 0), run("../../b", "2026-01-03T00:00:00Z", "Y", 2)}
	runs[2].Run.Baseline = "rwsem" // two have mmaponly
	if err := Publish(runs, dir); err != nil {
		t.Fatal(err)
	}
	if es, _ := os.ReadDir(root); len(es) != 1 {
		t.Errorf("files beside the site: %v", es)
	}
	for _, page := range []string{"index.html", "compare.html"} {
		b, err := os.ReadFile(filepath.Join(dir, page))
		if err != nil {
			t.Fatal(err)
		}
		links := regexp.MustCompile(`href="([^"#]*)"`).FindAllStringSubmatch(string(b), -1)
		if len(links) < 3 {
			t.Errorf("%s has %d links", page, len(links))
		}
		for _, m := range links {
			if _, err := os.Stat(filepath.Join(dir, m[1])); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
	b, _ := os.ReadFile(filepath.Join(dir, "compare.html"))
	if !bytes.Contains(b, []byte("between 2 runs")) || !bytes.Contains(b, []byte("Throughput over mmaponly")) {
		t.Error("the comparison lacks history or ratios")
	}
	// What a run has no data for leads to a run that draws it.
	b, _ = os.ReadFile(filepath.Join(dir, "a", "index.html"))
	if want := `drawn in run <a href="../.._.._b/index.html#mix">../../b</a>`; !bytes.Contains(b, []byte(want)) {
		t.Errorf("no %s", want)
	}
	if err := Publish(nil, dir); err == nil {
		t.Error("nothing was published without a word")
	}
}

// A workload that runs at two costs of a page is in the count twice, and the
// answer says so.
func TestRepeated(t *testing.T) {
	f := synth(t)
	d, err := newData(f)
	if err != nil {
		t.Fatal(err)
	}
	if got := d.repeated(d.of(results.Throughput, nil)); got != "" {
		t.Errorf("without a second cost: %q", got)
	}
	f = &results.Folder{Dir: f.Dir, Run: f.Run, Trials: slices.Clone(f.Trials)}
	for _, tr := range f.Trials {
		if tr.Kind == results.Throughput && slices.Contains(tr.Params, results.Param{Key: "workload", Value: "pft"}) {
			tr.Params = append(slices.Clone(tr.Params), results.Param{Key: "page", Value: "zero"})
			f.Trials = append(f.Trials, tr)
		}
	}
	if d, err = newData(f); err != nil {
		t.Fatal(err)
	}
	want := "2 of the 8 workloads are pft under different conditions: pft and pft page=zero."
	if got := d.answer().How; !strings.HasSuffix(got, " "+want) {
		t.Errorf("%q, want %q in it", got, want)
	}
}

// The page names the run's folder as it is, not as results/ID.
func TestWhere(t *testing.T) {
	f := synth(t)
	f.Dir = "results/reference/some"
	page := pageOf(t, f)
	for _, want := range []string{" results/reference/some/bench.txt<", "bin/vmabench report results/reference/some<", "<code>bin/vmabench bench</code>"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q on the page", want)
		}
	}
}
