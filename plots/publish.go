package plots

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vmabench/results"
)

//go:embed web/site.html
var siteHTML string

var siteTemplate = template.Must(template.New("site").Parse(siteHTML + figureHTML))

// site is what the pages around the reports are filled with.
type site struct {
	Title   string
	Colors  template.CSS
	CSS     template.CSS
	Compare bool // this is the comparison
	Runs    []siteRun
	Tables  []siteTable
	Figures []figureView
	Notes   []string
}

type siteRun struct {
	Dir, ID, Date, Machine, Commit, Plan, Verdict, State string
	Baseline                                             string
}

type siteTable struct {
	Title string
	Note  string
	Head  []siteHead
	Rows  []siteRow
}

// siteHead is a column's name; of a run, with its commit and, where the runs are
// of several machines, its machine.
type siteHead struct {
	Text string
	Sub  []string
}

type siteRow struct {
	Label, Design string
	Cells         []matrixCell
}

// Publish writes a static site of the runs to dir: an index, every run's
// report, Markdown and samples, and a page that compares machines and commits.
// The runs are listed newest first.
func Publish(runs []*results.Folder, dir string) error {
	if len(runs) == 0 {
		return fmt.Errorf("nothing to publish")
	}
	runs = slices.Clone(runs)
	slices.SortStableFunc(runs, func(a, b *results.Folder) int { return strings.Compare(b.Run.Created, a.Run.Created) })
	s := &site{Title: "vmabench runs", Colors: colorsCSS(), CSS: template.CSS(pageCSS)}
	all := make([]*data, len(runs))
	var draw, write []func() error
	for i, f := range runs {
		draw = append(draw, func() (err error) {
			if all[i], err = newData(f); err == nil {
				all[i].figures()
			}
			return err
		})
	}
	if err := together(draw); err != nil {
		return err
	}
	names := map[string]int{}
	for _, d := range all {
		name := safeName(d.run.ID)
		if names[name]++; names[name] > 1 {
			name = fmt.Sprintf("%s-%d", name, names[name])
		}
		s.Runs = append(s.Runs, d.siteRun(name))
		d.elsewhere = func(id string) *elsewhere { return drawnIn(all, s.Runs, d, id) }
		write = append(write, func() error { return d.publish(filepath.Join(dir, name)) })
	}
	if err := together(write); err != nil { // after all figures are drawn: pages lead to each other's
		return err
	}
	if err := writePage(filepath.Join(dir, "index.html"), s); err != nil {
		return err
	}
	if err := compareRuns(s, runs); err != nil {
		return err
	}
	return writePage(filepath.Join(dir, "compare.html"), s)
}

// elsewhere is a figure in another run of the site.
type elsewhere struct{ Run, Href string }

// drawnIn finds the figure that d lacks in another run, the newest of the same
// machine first; nil where none has it.
func drawnIn(all []*data, runs []siteRun, d *data, id string) *elsewhere {
	var found *elsewhere
	for i, o := range all {
		if !slices.ContainsFunc(o.figures(), func(f *Figure) bool { return f.ID == id && f.Missing == "" }) {
			continue
		}
		e := &elsewhere{runs[i].ID, "../" + runs[i].Dir + "/index.html#" + id}
		if o.run.Env.Machine() == d.run.Env.Machine() {
			return e
		}
		if found == nil {
			found = e
		}
	}
	return found
}

// safeName is an ID as one element of a path.
func safeName(id string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.", r) {
			return r
		}
		return '_'
	}, id)
	if strings.Trim(name, ".") == "" {
		return "run" + name
	}
	return name
}

// publish writes one run's folder of the site.
func (d *data) publish(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, x := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"index.html", d.writePage},
		{"report.md", d.writeMarkdown},
		{"bench.txt", d.folder.WriteBench},
		{"events.txt", d.folder.WriteEvents},
	} {
		if err := writeFile(filepath.Join(dir, x.name), x.write); err != nil {
			return err
		}
	}
	return nil
}

func (d *data) siteRun(dir string) siteRun {
	timed, bad := 0, 0
	for i := range d.folder.Trials {
		if t := &d.folder.Trials[i]; t.Kind == results.Throughput || t.Kind == results.Latency {
			timed++
			if t.Failed != "" || !t.Guard.OK {
				bad++
			}
		}
	}
	state, machine := "undisturbed", d.run.Env.Machine()
	if on := d.modelledOn(); on != "" {
		machine = on
	}
	switch {
	case timed == 0:
		state = "nothing timed"
	case bad > 0:
		state = fmt.Sprintf("%d of %d trials disturbed or failed", bad, timed)
	}
	return siteRun{Dir: dir, ID: d.run.ID, Date: date(d.run.Created), Machine: machine, Commit: short(d.run.Commit),
		Plan: d.run.Plan.Name, Verdict: d.answer().Head, State: state, Baseline: d.baseline}
}

// date is the day of a moment.
func date(created string) string {
	day, _, _ := strings.Cut(created, "T")
	return day
}

func writePage(path string, s *site) error {
	var b bytes.Buffer
	if err := siteTemplate.Execute(&b, s); err != nil {
		return err
	}
	return writeFile(path, func(w io.Writer) error { _, err := w.Write(b.Bytes()); return err })
}

// compareRuns fills the comparison page: ratios to one baseline across all runs,
// and the history of the runs of each machine.
func compareRuns(s *site, runs []*results.Folder) error {
	s.Title, s.Compare = "vmabench: machines and commits", true
	base := usual(runs)
	across := results.Across(runs, results.Options{Baseline: base})
	for _, unit := range []string{"ops/s", "B/vma"} {
		if t := s.table(unit, base, across); len(t.Rows) > 0 {
			s.Tables = append(s.Tables, t)
		}
	}
	var err error
	s.Figures, err = historyFigures(runs)
	if len(s.Figures) == 0 {
		s.Notes = append(s.Notes, "No machine has two runs: there is no history to draw.")
	}
	return err
}

// usual is the baseline of most runs, the first of equals.
func usual(runs []*results.Folder) string {
	count, best := map[string]int{}, ""
	for _, f := range runs {
		count[f.Run.Baseline]++
	}
	for _, f := range runs {
		if count[f.Run.Baseline] > count[best] {
			best = f.Run.Baseline
		}
	}
	return best
}

// table is a unit's ratios to base: a row a benchmark and design that two runs
// have, or the only one, a column a run that has any.
func (s *site) table(unit, base string, across []results.AcrossRow) siteTable {
	t := siteTable{Title: unitTitle(unit) + " over " + base, Note: "Each run's own ratio, paired within the run: samples of two machines are never pooled. Bold is a verdict, ~ is no evidence."}
	var rows []results.AcrossRow
	var labels []string
	var runs []int // that have a row
	alone := 0
	for _, row := range across {
		switch {
		case row.Unit != unit || unit == "ops/s" && !ranked(row.Deltas):
			continue
		case len(s.Runs) > 1 && known(row.Deltas) < 2:
			alone++
			continue
		}
		rows, labels = append(rows, row), append(labels, row.Label)
		for i, x := range row.Deltas {
			if x != nil && !slices.Contains(runs, i) {
				runs = append(runs, i)
			}
		}
	}
	slices.Sort(runs)
	t.Head = append([]siteHead{{Text: "benchmark"}, {Text: "design"}}, s.heads(runs)...)
	names := plainly(labels)
	for _, row := range rows {
		r := siteRow{Label: names(row.Label), Design: row.Variant}
		for _, i := range runs {
			if x := row.Deltas[i]; x == nil {
				r.Cells = append(r.Cells, matrixCell{Text: "–", Class: "same"})
			} else {
				r.Cells = append(r.Cells, deltaCell(x))
			}
		}
		t.Rows = append(t.Rows, r)
	}
	if alone > 0 {
		t.Note += fmt.Sprintf(" %s of one run only left out.", plural(alone, "row", "rows"))
	}
	return t
}

// heads are the columns of the runs with these indexes.
func (s *site) heads(runs []int) (out []siteHead) {
	for _, i := range runs {
		r := s.Runs[i]
		h := siteHead{Text: r.ID, Sub: []string{r.Commit}}
		if slices.ContainsFunc(runs, func(j int) bool { return s.Runs[j].Machine != r.Machine }) {
			h.Sub = append(h.Sub, r.Machine)
		}
		out = append(out, h)
	}
	return out
}

func unitTitle(unit string) string {
	if unit == "B/vma" {
		return "Bytes of a VMA and its lock, without slab loss and index,"
	}
	return "Throughput"
}

func known(ds []*results.Delta) int {
	n := 0
	for _, x := range ds {
		if x != nil {
			n++
		}
	}
	return n
}

func ranked(ds []*results.Delta) bool {
	return slices.ContainsFunc(ds, func(x *results.Delta) bool { return x != nil && x.Ranked })
}
