package plots

import (
	"fmt"
	"slices"
	"strings"

	"vmabench/results"
)

// historyFigures draws the time per operation over the runs of each machine
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
		commit, _, _ := strings.Cut(f.Run.Commit, "+")
		x.Ticks = append(x.Ticks, Tick{float64(i), commit[:min(7, len(commit))]})
	}
	var panels []Panel
	byTitle := map[string]int{}
	changes := 0
	for _, s := range results.History(runs, results.Options{}) {
		if s.Kind != results.Throughput || s.Unit != "ns/op" || len(s.Points) < 2 || s.Points[0].Summary.Cell.Oversubscribed {
			continue
		}
		c := s.Points[0].Summary.Cell
		title := c.Label()
		i, ok := byTitle[title]
		if !ok {
			i = len(panels)
			byTitle[title] = i
			panels = append(panels, Panel{Title: title, X: x, Y: Axis{Label: "wall time per operation"}})
		}
		line := Series{Name: c.Variant, Label: c.Variant, Style: d.style[c.Variant]}
		if s.Noisy {
			line.Label += " (noisy)"
		}
		for _, p := range s.Points {
			line.add(at[p.Run], stat{p.Summary.Median, p.Summary.Lo, p.Summary.Hi, p.Summary.N}, false, "")
			if p.Change != nil && p.Change.Better() != 0 {
				changes++
				panels[i].Notes = append(panels[i].Notes, PanelNote{X: at[p.Run], Y: p.Summary.Median, Text: change(p.Change.Ratio)})
			}
		}
		panels[i].Series = append(panels[i].Series, line)
	}
	fromZero(panels, Nanos)
	return &Figure{Title: fmt.Sprintf("%s: %s between %s", machine, plural(changes, "change", "changes"), plural(len(runs), "run", "runs")),
		Subtitle: "Wall time per operation by run, oldest first; lower is better. Median with its 95 % interval; a change with a verdict is written at its point. Runs that did not alternate differ by whatever changed between them.",
		Panels:   panels, Legend: d.legend(panels), Table: tableOf(panels, "benchmark", "commit", "time/op"), Command: "vmabench publish RUN..."}, nil
}
