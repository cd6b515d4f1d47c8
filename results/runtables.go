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

// RunTables returns a comparison of two runs for people, one table for each
// kind of trial and unit.
func RunTables(c *RunComparison, units []string) (out []Table) {
	at := map[string]int{}
	var notes []*noteList
	for i := range c.Deltas {
		d := &c.Deltas[i]
		if units != nil && !slices.Contains(units, d.Unit) {
			continue
		}
		kind := d.New.Cell.Kind
		key := string(kind) + " " + d.Unit
		if _, ok := at[key]; !ok {
			at[key] = len(out)
			_, tidy := benchunit.Tidy(1, d.Unit)
			out = append(out, Table{
				Title: tableTitle(kind, d.Unit, tidy),
				Head:  []string{"", "old", "new", "change", "p (Holm)", "verdict"}})
			notes = append(notes, new(noteList))
		}
		t := &out[at[key]]
		name := d.New.Cell.Variant + " " + rowLabel(d.New.Cell, 34)
		t.Rows = append(t.Rows, []string{name, formatSummary(d.Old), formatSummary(d.New), d.long(), pText(d), string(d.Verdict)})
		for _, w := range slices.Concat(d.Old.Warnings, d.New.Warnings, d.Warnings) {
			notes[at[key]].add(w, name)
		}
	}
	for i := range out {
		out[i].Notes = notes[i].lines()
	}
	return out
}

// long writes the change with its interval, evidence or not.
func (d *Delta) long() string {
	switch {
	case math.IsNaN(d.Ratio):
		return "?"
	case d.Exact:
		return percent(d.Ratio)
	case math.IsInf(d.Lo, 0) || math.IsInf(d.Hi, 0):
		return percent(d.Ratio) + " [?]"
	}
	return fmt.Sprintf("%s [%+.1f, %+.1f]", percent(d.Ratio), 100*(d.Lo-1), 100*(d.Hi-1))
}

func pText(d *Delta) string {
	switch {
	case d.Exact:
		return "exact"
	case d.Holm < 0.0005:
		return "<0.001"
	}
	return strconv.FormatFloat(d.Holm, 'f', 3, 64)
}

func (c *RunComparison) footer(units []string) []string {
	test := "Mann-Whitney"
	if c.Interleaved {
		test = "Mann-Whitney or paired signed rank"
	}
	out := []string{fmt.Sprintf("%d comparisons in %d families, %s, Holm at %g; ~ is no evidence, or less than %g%%.",
		c.Tests, c.Families, test, c.Options.Alpha, 100*c.Options.Effect)}
	for _, g := range c.Geomeans {
		if g.Rows > 1 && (units == nil || slices.Contains(units, g.Unit)) {
			out = append(out, fmt.Sprintf("geomean %s %s %s: %s over %d, from ×%s to ×%s", g.Kind, g.Variant, g.Unit, percent(g.Ratio), g.Rows, ratio3(g.Lo), ratio3(g.Hi)))
		}
	}
	if len(c.OnlyOld) > 0 {
		out = append(out, "only in the old run: "+strings.Join(c.OnlyOld, ", "))
	}
	if len(c.OnlyNew) > 0 {
		out = append(out, "only in the new run: "+strings.Join(c.OnlyNew, ", "))
	}
	for _, w := range c.Warnings {
		out = append(out, "warning: "+w)
	}
	return out
}

// WriteTable writes the comparison as text.
func (c *RunComparison) WriteTable(w io.Writer, units ...string) error {
	return writeTables(w, RunTables(c, units), c.footer(units), (*Table).WriteText)
}

// WriteMarkdown writes the comparison as Markdown.
func (c *RunComparison) WriteMarkdown(w io.Writer, units ...string) error {
	return writeTables(w, RunTables(c, units), c.footer(units), (*Table).WriteMarkdown)
}
