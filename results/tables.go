package results

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/perf/benchunit"
)

// Tables returns the run's tables for people: one for each kind of trial and
// unit that has a better way, designs side by side, each with its change
// against the baseline. Units nil is all; their order is kept.
func Tables(f *Folder, c *Comparison, units []string) (out []Table) {
	type group struct {
		kind    Kind
		unit    string
		control bool // no design of the table is in these rows
	}
	var order []group
	members := map[group][]*row{}
	for _, r := range rows(f.Cells()) {
		for _, u := range rowUnits(r) {
			g := group{r.cells[0].Kind, u, !f.hasDesign(r)}
			if BetterOf(u) == Neither || units != nil && !slices.Contains(units, u) {
				continue
			}
			if members[g] == nil {
				order = append(order, g)
			}
			members[g] = append(members[g], r)
		}
	}
	for i, g := range order {
		t := tableBuilder{f: f, c: c, kind: g.kind, unit: g.unit, rows: members[g], control: g.control,
			first: i == 0 || order[i-1].kind != g.kind}
		out = append(out, t.build())
	}
	return out
}

func rowUnits(r *row) (units []string) {
	for _, c := range r.cells {
		for _, u := range c.Units() {
			if !slices.Contains(units, u) {
				units = append(units, u)
			}
		}
	}
	return units
}

// WriteTable writes the run's tables in the given units, its warnings, what
// is missing and how many tests were made. Three designs fit 100 columns.
func WriteTable(w io.Writer, f *Folder, c *Comparison, units ...string) error {
	return writeTables(w, Tables(f, c, units), c.footer(), (*Table).WriteText)
}

// WriteMarkdown writes what WriteTable writes, as Markdown.
func WriteMarkdown(w io.Writer, f *Folder, c *Comparison, units ...string) error {
	return writeTables(w, Tables(f, c, units), c.footer(), (*Table).WriteMarkdown)
}

func writeTables(w io.Writer, ts []Table, footer []string, write func(*Table, io.Writer) error) error {
	for i := range ts {
		if err := write(&ts[i], w); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
	}
	for _, s := range footer {
		if _, err := fmt.Fprintln(w, s); err != nil {
			return err
		}
	}
	return nil
}

// footer says what the verdicts rest on, and what is wrong.
func (c *Comparison) footer() []string {
	out := []string{fmt.Sprintf("%d comparisons with %s in %d families, Mann-Whitney or paired signed rank, Holm at %g; ~ is no evidence, or less than %g%%.",
		c.Tests, c.Options.Baseline, c.Families, c.Options.Alpha, 100*c.Options.Effect)}
	least := 1.0
	for i := range c.Deltas {
		if !c.Deltas[i].Exact {
			least = min(least, c.Deltas[i].MinP)
		}
	}
	if c.Tests > 0 {
		out = append(out, fmt.Sprintf("Smallest p within reach: %.2g before correction.", least))
	}
	for _, g := range c.Gaps {
		out = append(out, "missing: "+g.String())
	}
	for _, w := range c.Warnings {
		out = append(out, "warning: "+w)
	}
	return out
}

type tableBuilder struct {
	f    *Folder
	c    *Comparison
	kind Kind
	unit string
	rows []*row
	// first: of the tables of its kind, which alone tells what is wrong with
	// the trials, the same for all units.
	first   bool
	control bool // rows of controls alone, such as the idle loop
}

func (t *tableBuilder) build() Table {
	_, tidy := benchunit.Tidy(1, t.unit)
	variants := t.variants()
	common := commonParams(t.rows)
	out := Table{Title: t.title(tidy, common), Head: []string{""}}
	for _, v := range variants {
		out.Head = append(out.Head, v)
		if t.compared(v) {
			out.Head = append(out.Head, "vs base")
		}
	}
	over, goroutines := false, false
	var notes noteList
	for _, r := range t.rows {
		if !r.cells[0].Ranked() && !over {
			out.Rows = t.geomeanRow(out.Rows, variants)
			over = true
		}
		out.Rows = append(out.Rows, t.row(r, variants, common, &notes))
		goroutines = goroutines || r.cells[0].Goroutines > 0
	}
	out.Notes = notes.lines()
	if over {
		out.Notes = append(out.Notes, "† workers without CPUs of their own: shown, not in the geometric mean, not ranked")
	} else {
		out.Rows = t.geomeanRow(out.Rows, variants)
	}
	if goroutines {
		out.Notes = append(out.Notes, "16g: 16 workers that are goroutines, on as many threads as GOMAXPROCS")
	}
	return out
}

func (t *tableBuilder) title(tidy string, common []Param) string {
	s := tableTitle(t.kind, t.unit, tidy)
	if t.control {
		s = "control: " + s
	}
	for _, p := range common {
		s += ", " + p.Key + "=" + p.Value
	}
	return s
}

// compared reports whether a variant has a column of changes.
func (t *tableBuilder) compared(variant string) bool {
	return !t.control && variant != t.c.Options.Baseline && t.f.isDesign(variant)
}

func tableTitle(k Kind, unit, tidy string) string {
	how := "median ± 95 % interval"
	if IsExact(k, unit) {
		how = "counted"
	}
	return fmt.Sprintf("%s, %s, %s: %s", k, tidy, BetterOf(unit), how)
}

// variants returns the variants that the rows have, in table order.
func (t *tableBuilder) variants() (out []string) {
	for _, d := range t.f.Run.Designs {
		if slices.ContainsFunc(t.rows, func(r *row) bool { return r.find(d.Name) != nil }) {
			out = append(out, d.Name)
		}
	}
	for _, r := range t.rows {
		for _, c := range r.cells {
			if !slices.Contains(out, c.Variant) {
				out = append(out, c.Variant)
			}
		}
	}
	return out
}

// commonParams returns the name parts that all rows share; they go into the
// title. The workload always stays with its row.
func commonParams(rs []*row) []Param {
	if len(rs) < 2 {
		return nil
	}
	var common []Param
	for _, p := range rs[0].cells[0].Params {
		if p.Key != "workload" && !slices.ContainsFunc(rs, func(r *row) bool { return r.cells[0].Param(p.Key) != p.Value }) {
			common = append(common, p)
		}
	}
	return common
}

func (t *tableBuilder) row(r *row, variants []string, common []Param, notes *noteList) []string {
	first := *r.cells[0]
	first.Params = slices.DeleteFunc(slices.Clone(first.Params), func(p Param) bool { return slices.Contains(common, p) })
	label := rowLabel(&first, 28)
	out := []string{label}
	for _, v := range variants {
		c := r.find(v)
		switch {
		case c == nil && t.f.isDesign(v):
			out = append(out, "missing")
		case c == nil:
			out = append(out, "")
		default:
			s := c.Summarize(t.unit)
			out = append(out, formatSummary(&s))
			for _, w := range s.Warnings {
				if t.first || !slices.Contains(s.trialWarnings(), w) {
					notes.add(w, label+" "+v)
				}
			}
		}
		if t.compared(v) {
			text, warnings := t.versus(c)
			out = append(out, text)
			for _, w := range warnings {
				notes.add(w, label+" "+v)
			}
		}
	}
	return out
}

// rowLabel is the cell's label in at most n runes of which the last, the
// goroutines and procs, are always there; a dagger marks a point whose workers have no CPUs of their own.
func rowLabel(c *Cell, n int) string {
	label := c.Label()
	cut := strings.LastIndexByte(label, '-')
	if c.Goroutines > 0 {
		cut = strings.LastIndexByte(label, ' ')
	}
	label = clip(label[:cut], n-len(label[cut:])) + label[cut:]
	if !c.Ranked() {
		label += "†"
	}
	return label
}

// noteList collects notes, each text once with all that it is about.
type noteList struct {
	texts []string
	about map[string][]string
}

func (n *noteList) add(text, about string) {
	if n.about == nil {
		n.about = map[string][]string{}
	}
	if n.about[text] == nil {
		n.texts = append(n.texts, text)
	}
	n.about[text] = append(n.about[text], about)
}

func (n *noteList) lines() (out []string) {
	for _, text := range n.texts {
		out = append(out, text+": "+some(n.about[text]))
	}
	return out
}

// formatSummary writes a median and its interval: "80.18n ±1%".
func formatSummary(s *Summary) string {
	if s.N == 0 {
		return "failed"
	}
	v, tidy := benchunit.Tidy(s.Median, s.Unit)
	text := benchunit.Scale(v, benchunit.ClassOf(tidy))
	if isIndex(s.Unit) {
		text = strconv.FormatFloat(s.Median, 'f', 3, 64)
	}
	switch {
	case s.Exact && s.Lo == s.Hi:
		return text
	case !s.Bounded():
		return text + " ±∞"
	case s.Median == 0:
		return text + " ±?"
	}
	return fmt.Sprintf("%s ±%.0f%%", text, 100*max(s.Hi/s.Median-1, 1-s.Lo/s.Median))
}

func (t *tableBuilder) versus(c *Cell) (text string, warnings []string) {
	if c == nil {
		return "", nil
	}
	if d := t.c.Find(c, t.unit); d != nil {
		return d.short(), d.Warnings
	}
	return "", nil
}

// short writes a change and half the width of its interval in points of
// percent, "~" without evidence.
func (d *Delta) short() string {
	switch {
	case d.Verdict == Same:
		return "~"
	case math.IsNaN(d.Ratio):
		return string(d.Verdict)
	case d.Exact:
		return percent(d.Ratio)
	}
	return fmt.Sprintf("%s ±%s", percent(d.Ratio), sig2(100*max(d.Hi-d.Ratio, d.Ratio-d.Lo)))
}

func percent(ratio float64) string {
	if ratio >= 10 {
		return "×" + strconv.FormatFloat(ratio, 'g', 3, 64)
	}
	return fmt.Sprintf("%+.1f%%", 100*(ratio-1))
}

// sig2 writes one decimal below 10 and none above.
func sig2(x float64) string {
	if x < 9.95 {
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.0f", x)
}

// geomeanRow appends the geometric means of the ratios, each with the range
// that it hides. One row has no mean.
func (t *tableBuilder) geomeanRow(rows [][]string, variants []string) [][]string {
	line := []string{fmt.Sprintf("geomean of %d ratios", len(rows))}
	found := false
	for _, v := range variants {
		if !t.compared(v) {
			line = append(line, "")
			continue
		}
		spread, mean := "", ""
		for _, g := range t.c.Geomeans {
			if g.Kind == t.kind && g.Unit == t.unit && g.Variant == v && g.Rows > 1 {
				spread = fmt.Sprintf("×%s..%s", ratio3(g.Lo), ratio3(g.Hi))
				mean = percent(g.Ratio)
				if g.Rows != len(rows) {
					mean += fmt.Sprintf(" (%d)", g.Rows)
				}
				found = true
			}
		}
		line = append(line, spread, mean)
	}
	if !found {
		return rows
	}
	return append(rows, line)
}

func ratio3(x float64) string {
	if x >= 10 {
		return strconv.FormatFloat(x, 'g', 3, 64)
	}
	return strconv.FormatFloat(x, 'f', 2, 64)
}
