package plots

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

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
	fmt.Fprintf(&b, "\n## Again\n\n    %s\n    %s\n", d.command(""), d.benchstat(d.where()))
	mdPara(&b, fmt.Sprintf("%s Linux %s; %s; vmabench %s, commit %s.", on, d.run.Env.Kernel, d.run.Env.GoVersion, d.run.Version, short(d.run.Commit)))
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
	b.WriteString(mdWrap("", "**"+mdEscape(a.Head)+"**"))
	for _, l := range append(a.More, a.How) {
		mdPara(b, l)
	}
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
	mdPara(b, fmt.Sprintf("Operations per second; %s in full, the others as the paired change against it with its 95 %% interval. %s "+
		"Beside a geometric mean: the least and the greatest ratio.", d.baseline, d.rule()))
}

func (d *data) mdLosses(b *bytes.Buffer) {
	losses := d.losses()
	if len(losses) == 0 {
		b.WriteString("No design loses to another where this run has evidence.\n")
		return
	}
	for _, l := range losses {
		if l.Against == "" {
			b.WriteString(mdWrap("- ", "**"+l.Name+"**: to none, where this run has evidence"))
			continue
		}
		var parts []string
		for i, c := range l.Cells {
			if len(c) > 0 {
				parts = append(parts, questions[i]+" "+c.Text())
			}
		}
		b.WriteString(mdWrap("- ", "**"+l.Name+"** to "+l.Against+": "+strings.Join(parts, "; ")))
	}
	mdPara(b, "The worst case of each with its 95 % interval, over the other's, and how many cases have a verdict; \"at 2\" is GOMAXPROCS 2.")
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
		b.WriteString(mdWrap("- ", mdEscape(it)))
	}
}

// mdTable writes a table whose columns stand below each other as plain text too;
// those from left on are right-aligned.
func mdTable(b *bytes.Buffer, head []string, rows [][]string, left int) {
	wide := make([]int, len(head))
	cell := func(c string) string { return strings.ReplaceAll(mdEscape(c), "|", "\\|") }
	for _, r := range append([][]string{head}, rows...) {
		for i, c := range r {
			wide[i] = max(wide[i], utf8.RuneCountInString(cell(c)), 2)
		}
	}
	line := func(cells []string) {
		for i, c := range cells {
			c = cell(c)
			pad := strings.Repeat(" ", wide[i]-utf8.RuneCountInString(c))
			if i < left {
				c += pad
			} else {
				c = pad + c
			}
			b.WriteString("| " + c + " ")
		}
		b.WriteString("|\n")
	}
	line(head)
	for i := range head {
		rule := strings.Repeat("-", wide[i]+1)
		if i < left {
			b.WriteString("|" + rule + "-")
		} else {
			b.WriteString("|" + rule + ":")
		}
	}
	b.WriteString("|\n")
	for _, r := range rows {
		line(r)
	}
}

// mdWidth is what a mail has room for.
const mdWidth = 78

// mdPara is a paragraph of its own.
func mdPara(b *bytes.Buffer, s string) { b.WriteString("\n" + mdWrap("", mdEscape(s))) }

// mdWrap breaks a paragraph, or an item of a list after its bullet, into lines.
func mdWrap(bullet, s string) string {
	indent := strings.Repeat(" ", len(bullet))
	out, line := "", bullet
	for i, w := range strings.Split(joined(s), " ") { // a no-break space holds
		switch {
		case i == 0:
			line += w
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(w) > mdWidth && !mdMark.MatchString(w):
			out, line = out+line+"\n", indent+w
		default:
			line += " " + w
		}
	}
	return out + line + "\n"
}

// mdMark is what would be markup at the beginning of a line.
var mdMark = regexp.MustCompile(`^([-+*#>=]+|\d+[.)])$`)

// mdEscape keeps a text from being markup. Names such as page_fault1 need
// nothing: an underscore within a word is none.
func mdEscape(s string) string {
	return strings.NewReplacer("<", "&lt;", "~ ", "\\~ ").Replace(s)
}
