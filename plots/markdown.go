package plots

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"

	"vmabench/results"
)

// Markdown writes the run's summary for a mail or a pull request: the answer,
// the summary table, where each design loses, and what went wrong.
func (r *Report) Markdown(w io.Writer) error { return r.d.writeMarkdown(w) }

func (d *data) writeMarkdown(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# vmabench %s\n\n", d.run.ID)
	d.mdAnswer(&b)
	d.mdMeasured(&b)
	d.mdModelled(&b)
	if t := d.mdFootprint(); t != "" {
		b.WriteString("\n## Bytes a VMA\n\n" + t)
	}
	mdList(&b, "Failed and missing", gapTexts(d.gaps))
	mdList(&b, "Warnings", d.folder.Warnings())
	on := d.machine() + ";"
	if d.modelledOn() != "" {
		on += " computed on"
	}
	fmt.Fprintf(&b, "\n## Again\n\n    %s\n    %s\n\n%s Linux %s; %s; vmabench %s, commit %s.\n", d.command(""), d.benchstat(d.where()),
		on, d.run.Env.Kernel, d.run.Env.GoVersion, d.run.Version, short(d.run.Commit))
	_, err := w.Write(b.Bytes())
	return err
}

// mostGaps keeps a run that failed throughout readable.
const mostGaps = 12

func gapTexts(gaps []results.Gap) (out []string) {
	for _, g := range gaps {
		s := fmt.Sprintf("%s: %d of %d trials", g.Name, g.Have, g.Want)
		count := map[string]int{}
		var whys []string
		for _, why := range g.Failed {
			why = strings.Join(strings.Fields(why), " ")
			if count[why]++; count[why] == 1 {
				whys = append(whys, why)
			}
		}
		for _, why := range whys {
			if s += "; " + why; count[why] > 1 {
				s += fmt.Sprintf(" (%d times)", count[why])
			}
		}
		out = append(out, s)
	}
	if len(out) > mostGaps {
		out = append(out[:mostGaps], fmt.Sprintf("and %d more cells: see trials.jsonl", len(out)-mostGaps))
	}
	return out
}

func (d *data) mdAnswer(b *bytes.Buffer) {
	a := d.answer()
	fmt.Fprintf(b, "**%s**\n", mdEscape(a.Head))
	for _, l := range a.More {
		fmt.Fprintf(b, "\n%s\n", mdEscape(l))
	}
	fmt.Fprintf(b, "\n%s\n", mdEscape(a.How))
}

// mdMeasured is the summary and the losses of a run that compares anything.
func (d *data) mdMeasured(b *bytes.Buffer) {
	b.WriteString("\n## Summary\n\n")
	if len(d.points()) == 0 {
		b.WriteString("No throughput of two designs was measured: nothing is compared here.\n")
		return
	}
	d.mdSummary(b)
	b.WriteString("\n## Where each design loses\n\n")
	d.mdLosses(b)
}

func (d *data) mdSummary(b *bytes.Buffer) {
	head := []string{"workload", "procs", d.baseline}
	head = append(head, without(d.main(), d.baseline)...)
	rows, means := d.matrix()
	var grid [][]string
	for _, r := range append(rows, means...) {
		line := []string{r.Workload, r.Procs}
		for _, c := range r.Cells {
			text := c.Text
			if c.Class == "better" || c.Class == "worse" {
				text = "**" + text + "**"
			}
			if c.Interval != "" {
				text += " [" + c.Interval + "]"
			}
			line = append(line, text)
		}
		grid = append(grid, line)
	}
	mdTable(b, head, grid, 1)
	fmt.Fprintf(b, "\nOperations per second; %s in full, the others as the paired change against it with its 95 %% interval. %s "+
		"Beside a geometric mean: the least and the greatest ratio.\n", d.baseline, mdEscape(d.rule()))
}

func (d *data) mdLosses(b *bytes.Buffer) {
	losses := d.losses()
	if len(losses) == 0 {
		b.WriteString("No design loses to another where this run has evidence.\n")
		return
	}
	var grid [][]string
	for _, l := range losses {
		row := append([]string{"", cmp.Or(l.Against, "nothing that this run has evidence for")}, make([]string, len(questions))...)
		if l.First {
			row[0] = "**" + l.Name + "**"
		}
		for i, c := range l.Cells {
			row[2+i] = c.Text()
		}
		grid = append(grid, row)
	}
	mdTable(b, append([]string{"design", "loses to"}, questions...), grid, 2+len(questions))
	b.WriteString("\nEach cell: the worst case with its 95 % interval, and how many cases of it have a verdict.\n")
}

// mdFootprint is the footprint figure's table; "" without footprint trials.
func (d *data) mdFootprint() string {
	f := figFootprint(d)[0]
	if f.Table == nil {
		return ""
	}
	var b bytes.Buffer
	mdTable(&b, f.Table.Head, f.Table.Rows, f.Table.Left)
	return b.String()
}

func mdList(b *bytes.Buffer, title string, items []string) {
	if len(items) == 0 {
		return
	}
	fmt.Fprintf(b, "\n## %s\n\n", title)
	for _, it := range items {
		fmt.Fprintf(b, "- %s\n", mdEscape(it))
	}
}

// mdTable writes a table; columns from left on are right-aligned.
func mdTable(b *bytes.Buffer, head []string, rows [][]string, left int) {
	line := func(cells []string) {
		for _, c := range cells {
			b.WriteString("| " + strings.ReplaceAll(mdEscape(c), "|", "\\|") + " ")
		}
		b.WriteString("|\n")
	}
	line(head)
	for i := range head {
		if i < left {
			b.WriteString("|---")
		} else {
			b.WriteString("|---:")
		}
	}
	b.WriteString("|\n")
	for _, r := range rows {
		line(r)
	}
}

// mdEscape keeps a text from being markup. Names such as page_fault1 need
// nothing: an underscore within a word is none.
func mdEscape(s string) string {
	return strings.NewReplacer("<", "&lt;", "~ ", "\\~ ").Replace(s)
}
