package plots

import (
	"fmt"
	"html/template"
	"slices"
	"strings"

	"vmabench/results"
)

// historyFigures draws the time per operation and its latency over the runs of each machine
// that has two or more, a panel a benchmark.
func historyFigures(runs []*results.Folder) ([]figureView, error) {
	byMachine := map[string][]*results.Folder{}
	var order []string
	for _, f := range runs {
		m := f.Run.Env.Machine()
		if byMachine[m] == nil {
			order = append(order, m)
		}
		byMachine[m] = append(byMachine[m], f)
	}
	var out []figureView
	for _, m := range order {
		if len(byMachine[m]) < 2 {
			continue
		}
		f, err := historyFigure(m, byMachine[m])
		if err != nil {
			return nil, err
		}
		f.ID = fmt.Sprintf("history-%d", len(out))
		out = append(out, view(f))
	}
	return out, nil
}

func historyFigure(machine string, runs []*results.Folder) (*Figure, error) {
	runs = slices.Clone(runs)
	slices.SortStableFunc(runs, func(a, b *results.Folder) int { return strings.Compare(a.Run.Created, b.Run.Created) })
	d, err := newData(runs[len(runs)-1])
	if err != nil {
		return nil, err
	}
	at := map[*results.Run]float64{}
	x := Axis{Label: "run, by commit", Max: float64(len(runs) - 1)}
	for i, f := range runs {
		at[f.Run] = float64(i)
		x.Ticks = append(x.Ticks, Tick{float64(i), shortest(f.Run)})
	}
	var panels []Panel
	byTitle := map[string]int{}
	changes := &Table{Head: []string{"benchmark", "design", "from", "to", "change", "95 % interval"}, Left: 4}
	for _, s := range results.History(runs, results.Options{}) {
		c := s.Points[0].Summary.Cell
		title, y := c.Label(), "wall time per operation"
		switch {
		case s.Kind == results.Throughput && s.Unit == "ns/op":
		case s.Kind == results.Latency && (s.Unit == "p50-ns" || s.Unit == "p99-ns"):
			y = strings.TrimSuffix(s.Unit, "-ns") + " latency"
			title += ", " + y
		default:
			continue
		}
		if len(s.Points) < 2 || c.Oversubscribed || d.design(c.Variant).Real {
			continue
		}
		i, ok := byTitle[title]
		if !ok {
			i = len(panels)
			byTitle[title] = i
			panels = append(panels, Panel{Title: title, X: x, Y: Axis{Label: y}})
		}
		panels[i].history(&s, d.style[c.Variant], at, changes)
	}
	fromZero(panels, Nanos)
	var b strings.Builder
	if len(changes.Rows) > 0 {
		writeRows(&b, changes)
	}
	return &Figure{Title: fmt.Sprintf("%s: %s between %s", machine, plural(len(changes.Rows), "change", "changes"), plural(len(runs), "run", "runs")),
		Subtitle: "Wall time per operation, and latency at p50 and p99, by run, oldest first; lower is better. Median with its 95 % interval; a vertical line where the table has a change with a verdict. Noisy: intervals typically wider than ±5 %. Runs that did not alternate differ by whatever changed between them.",
		Panels:   panels, Legend: d.legend(panels), Table: tableOf(panels, "benchmark", "commit", "time"), Command: "vmabench publish RUN...", Body: template.HTML(b.String())}, nil
}

// history adds a design's line, and its changes to the table.
func (p *Panel) history(s *results.Series, style Style, at map[*results.Run]float64, changes *Table) {
	name := s.Points[0].Summary.Cell.Variant
	line := Series{Name: name, Label: name, Style: style}
	if s.Noisy {
		line.Label += " (noisy)"
	}
	for i, pt := range s.Points {
		x := at[pt.Run]
		line.add(x, stat{pt.Summary.Median, pt.Summary.Lo, pt.Summary.Hi, pt.Summary.N}, false, "")
		if pt.Change == nil || pt.Change.Better() == 0 {
			continue
		}
		changes.Rows = append(changes.Rows, []string{p.Title, name, shortest(s.Points[i-1].Run), shortest(pt.Run),
			change(pt.Change.Ratio), between(pt.Change.Ratio, pt.Change.Lo, pt.Change.Hi)})
		if !slices.ContainsFunc(p.Lines, func(r RefLine) bool { return r.X == x }) {
			p.Lines = append(p.Lines, RefLine{Vertical: true, X: x})
		}
	}
	p.Series = append(p.Series, line)
}

// shortest is a commit as an axis has room for it.
func shortest(r *results.Run) string {
	commit, _, _ := strings.Cut(r.Commit, "+")
	return commit[:min(7, len(commit))]
}
