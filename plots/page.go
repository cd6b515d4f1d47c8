package plots

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"vmabench/results"
)

//go:embed web/page.html
var pageHTML string

//go:embed web/figure.html
var figureHTML string

//go:embed web/style.css
var pageCSS string

//go:embed web/report.js
var pageJS string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{"when": when}).Parse(pageHTML + figureHTML))

// page is what the template is filled with.
type page struct {
	Title, Machine, Commit, Baseline, Rule, Benchstat, Command, Where string
	Run                                                               *results.Run
	Colors, CSS                                                       template.CSS
	JS                                                                template.JS
	Data                                                              template.JS
	Answer                                                            answer
	Designs                                                           []results.DesignInfo
	Baselines                                                         []string // to choose from
	Workloads                                                         []string
	Columns                                                           []string
	Matrix, Means                                                     []matrixRow
	Losses                                                            []loss
	Questions                                                         []string // heads of Losses' cells
	Gaps, Warnings                                                    []string
	Sections                                                          []section
	Undrawn                                                           []undrawn
	Measured                                                          bool // not modelled alone
	Samples                                                           []sampleView
	System                                                            []fact
	Method                                                            []items
}

type section struct {
	ID, Title string
	Figures   []figureView
}

// undrawn is a figure that the run has no data for, and where the site has it.
type undrawn struct {
	*Figure
	Elsewhere *elsewhere
}

type items struct {
	Title string
	Items []string
}

// figureView is a Figure as the template wants it.
type figureView struct {
	*Figure
	Heading string
	Sub     string
	Remarks []string
	Keys    []keyView
	Panels  []panelView
	Table   *tableView
	CSV     string
	Links   []sampleLink // to its samples
	Blocks  string       // their IDs
}

type keyView struct {
	Name, Text string
	Sample     template.HTML
}

type panelView struct {
	Workload string
	SVG      template.HTML
}

type tableView struct{ Head, Rows [][]cellView }

type cellView struct {
	Text string
	N    bool
}

// Page writes the run's page to path: one file that needs nothing else.
func (r *Report) Page(path string) error { return writeFile(path, r.d.writePage) }

func (d *data) writePage(w io.Writer) error {
	p, err := d.page()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, p); err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

func (d *data) page() (*page, error) {
	js, err := json.Marshal(d.script())
	if err != nil {
		return nil, err
	}
	p := &page{
		Title: "vmabench " + d.run.ID, Machine: d.machine(), Commit: short(d.run.Commit), Baseline: d.baseline,
		Run: d.run, Colors: colorsCSS(), CSS: template.CSS(pageCSS), JS: template.JS(pageJS), Data: template.JS(js),
		Answer: d.answer().joined(), Designs: d.designInfos(), Baselines: d.baselines(), Losses: d.losses(), Warnings: d.folder.Warnings(),
		Questions: questions, System: d.system(), Method: d.method(), Rule: joined(d.rule()), Benchstat: d.benchstat(d.where()), Command: d.command(""), Where: d.where(),
	}
	for _, m := range p.Method {
		for i := range m.Items {
			m.Items[i] = joined(m.Items[i])
		}
	}
	p.Gaps = gapTexts(d.gaps)
	seen := map[string]bool{}
	for _, s := range d.scenarios {
		if s.workload != "" && !seen[s.workload] {
			seen[s.workload] = true
			p.Workloads = append(p.Workloads, s.workload)
		}
	}
	p.Columns = append([]string{d.baseline}, without(d.main(), d.baseline)...)
	p.Matrix, p.Means = d.matrix()
	p.Sections, p.Undrawn = d.sections()
	p.Measured = d.modelledOn() == ""
	p.Samples, err = d.sampleViews()
	return p, err
}

// sections groups the figures and gives each its views; those without data are
// apart.
func (d *data) sections() (out []section, lacks []undrawn) {
	for _, f := range d.figures() {
		if f.Missing != "" {
			u := undrawn{Figure: f}
			if d.elsewhere != nil {
				u.Elsewhere = d.elsewhere(f.ID)
			}
			lacks = append(lacks, u)
			continue
		}
		if len(out) == 0 || out[len(out)-1].Title != f.Section {
			out = append(out, section{ID: slug(f.Section), Title: f.Section})
		}
		s := &out[len(out)-1]
		v := view(f)
		v.Links, v.Blocks = d.sampleLinks(f)
		s.Figures = append(s.Figures, v)
	}
	return out, lacks
}

// joined keeps a number and its unit on one line.
func joined(s string) string { return joint.ReplaceAllString(s, "$1\u00a0$2") }

var joint = regexp.MustCompile(`(\d) (%|B\b|ns\b|µs\b|ms\b|k\b|M\b)`)

func slug(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, s) + "-section"
}

func view(f *Figure) figureView {
	v := figureView{Figure: f, Heading: joined(f.Title), Sub: joined(f.Subtitle)}
	for _, n := range f.Notes {
		v.Remarks = append(v.Remarks, joined(n))
	}
	for i := range f.Legend {
		k := &f.Legend[i]
		name, _, _ := strings.Cut(k.Label, ":")
		if k.Part || k.Line {
			name = ""
		}
		v.Keys = append(v.Keys, keyView{name, k.text(), template.HTML(k.sample())})
	}
	for i := range f.Panels {
		p := &f.Panels[i]
		v.Panels = append(v.Panels, panelView{p.Workload, template.HTML(p.svg(f.ID+"-"+strconv.Itoa(i), p.describe(f)))})
	}
	if t := f.Table; t != nil && len(t.Rows) > 0 {
		row := func(r []string) (out []cellView) {
			for i, c := range r {
				out = append(out, cellView{c, i >= t.Left && (t.Note == 0 || i < len(t.Head)-t.Note)})
			}
			return out
		}
		v.Table = &tableView{Head: [][]cellView{row(t.Head)}}
		for _, r := range t.Rows {
			v.Table.Rows = append(v.Table.Rows, row(r))
		}
	}
	v.CSV = f.csv()
	return v
}

// colorsCSS defines the inks as variables and the classes that paint with
// them. The theme follows the reader's system until the page's button says
// otherwise.
func colorsCSS() template.CSS {
	vars := func(t Theme) string {
		var b strings.Builder
		for i := range t.inks {
			fmt.Fprintf(&b, "--i%d:%s;", i, t.Hex(Ink(i)))
		}
		return b.String()
	}
	var b strings.Builder
	fmt.Fprintf(&b, ":root{color-scheme:light;%s}\n", vars(Light))
	fmt.Fprintf(&b, "@media screen and (prefers-color-scheme:dark){:root:not([data-theme=light]){color-scheme:dark;%s}}\n", vars(Dark))
	fmt.Fprintf(&b, "@media screen{:root[data-theme=dark]{color-scheme:dark;%s}}\n", vars(Dark))
	for i := range Light.inks {
		fmt.Fprintf(&b, "svg .f%d{fill:var(--i%d)}svg .s%d{stroke:var(--i%d)}", i, i, i, i)
	}
	return template.CSS(b.String() + "\n" + sheet())
}

func short(commit string) string {
	rev, dirty, _ := strings.Cut(commit, "+")
	if len(rev) > 12 {
		rev = rev[:12]
	}
	if dirty != "" {
		rev += "+" + dirty
	}
	return rev
}

func (d *data) designInfos() []results.DesignInfo {
	var out []results.DesignInfo
	for _, n := range d.designs {
		g := *d.design(n)
		if g.Doc != "" {
			g.Doc = strings.ToUpper(g.Doc[:1]) + g.Doc[1:]
		}
		out = append(out, g)
	}
	return out
}

// when says which kernels had a design.
func when(g results.DesignInfo) string {
	switch {
	case release.MatchString(g.Since):
		return "Linux " + g.Since
	case g.Since == "never":
		return "in no Linux"
	}
	return g.Since
}

// benchstat is the command that prints the tables of the run in folder dir.
func (d *data) benchstat(dir string) string {
	return "go tool benchstat -col '/variant@(" + strings.Join(d.designs, " ") + ")' " + dir + "/" + results.BenchFile
}

// where is the run's folder seen from the working folder.
func (d *data) where() string {
	dir := d.folder.Dir
	if filepath.IsAbs(dir) {
		if here, err := os.Getwd(); err == nil {
			if rel, err := filepath.Rel(here, dir); err == nil {
				dir = rel
			}
		}
	}
	return filepath.ToSlash(filepath.Clean(dir))
}
