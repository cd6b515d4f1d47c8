package plots

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"

	"vmabench/results"
)

// looks are what a history is drawn of, a figure each.
var looks = []look{
	{"time", "Time per operation", Nanos, func(k results.Kind, unit string) (string, bool) {
		return "wall time per operation", k == results.Throughput && unit == "ns/op"
	}},
	{"latency", "Latency", Nanos, func(k results.Kind, unit string) (string, bool) {
		name, ok := strings.CutSuffix(unit, "-ns")
		name = strings.ReplaceAll(name, "-", " ") // "fault p99"
		return name, ok && k == results.Latency && (strings.HasSuffix(name, "p50") || strings.HasSuffix(name, "p99"))
	}},
	{"bytes", "Bytes of a VMA and its lock", Plain, func(k results.Kind, unit string) (string, bool) {
		return "bytes", k == results.Footprint && unit == "B/vma"
	}},
}

type look struct {
	id, title string
	format    Format
	// of names what a unit is, and whether it belongs to this look.
	of func(results.Kind, string) (string, bool)
}

// historyFigures draws what becomes of time, latency and bytes over the runs of
// each machine that has two or more, a panel a benchmark.
func historyFigures(runs []*results.Folder) ([]figureView, error) {
	byMachine := map[string][]*results.Folder{}
	var order []string
	for _, f := range runs {
		if (&data{folder: f}).modelledOn() != "" {
			continue // the machine that computed it says nothing of it
		}
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
		h, err := newHistory(byMachine[m])
		if err != nil {
			return nil, err
		}
		for _, l := range looks {
			if f := h.figure(l); len(f.Panels) > 0 {
				f.Subtitle = "On " + m + ". " + f.Subtitle
				f.ID = fmt.Sprintf("history-%s-%d", l.id, len(out))
				out = append(out, view(f))
			}
		}
	}
	return out, nil
}

// history is the runs of one machine, oldest first.
type history struct {
	d      *data // of the newest run, with the designs of all
	series []results.Series
	names  func(label string) string
	x      Axis
	at     map[*results.Run]float64
}

func newHistory(runs []*results.Folder) (*history, error) {
	runs = slices.Clone(runs)
	slices.SortStableFunc(runs, func(a, b *results.Folder) int { return strings.Compare(a.Run.Created, b.Run.Created) })
	d, err := newData(runs[len(runs)-1])
	if err != nil {
		return nil, err
	}
	d.meet(runs)
	h := &history{d: d, at: map[*results.Run]float64{}, x: Axis{Label: "run, by commit", Max: float64(len(runs) - 1)}}
	for i, f := range runs {
		h.at[f.Run] = float64(i)
		name := shortest(f.Run)
		if slices.ContainsFunc(h.x.Ticks, func(t Tick) bool { return t.Label == name }) {
			name = date(f.Run.Created) // the commit is on the axis already
		}
		h.x.Ticks = append(h.x.Ticks, Tick{float64(i), name})
	}
	var labels []string
	for _, s := range results.History(runs, results.Options{}) {
		c := s.Points[0].Summary.Cell
		if len(s.Points) < 2 || !c.Ranked() || c.Variant == idle || d.design(c.Variant).Real {
			continue
		}
		h.series, labels = append(h.series, s), append(labels, c.Label())
	}
	h.names = plainly(labels)
	return h, nil
}

// meet adds the designs that only other runs have, so that each has its look.
func (d *data) meet(runs []*results.Folder) {
	run := *d.run
	run.Designs = slices.Clone(run.Designs)
	d.run = &run
	for _, f := range runs {
		for _, g := range f.Run.Designs {
			if !slices.Contains(d.designs, g.Name) {
				d.designs, run.Designs = append(d.designs, g.Name), append(run.Designs, g)
			}
		}
	}
	d.style = styles(d.designs, d.control)
}

// figure is one look at the history; without panels where no run has it.
func (h *history) figure(l look) *Figure {
	f := &Figure{Command: "bin/vmabench publish RUN...", Subtitle: "By run, oldest first; lower is better. Median with its 95 % interval; a vertical line where a design changed by a verdict, which the table lists. " +
		"Noisy: intervals typically wider than ±5 %. Runs that did not alternate differ by whatever changed between them."}
	changes := &Table{Head: []string{"benchmark", "design", "from", "to", "change", "95 % interval"}, Left: 4}
	byTitle := map[string]int{}
	most, where := 0.0, ""
	for i := range h.series {
		s := &h.series[i]
		what, ok := l.of(s.Kind, s.Unit)
		if !ok {
			continue
		}
		title := h.names(s.Points[0].Summary.Cell.Label())
		if s.Kind == results.Latency {
			title += ": " + what
		}
		j, ok := byTitle[title]
		if !ok {
			j = len(f.Panels)
			byTitle[title] = j
			f.Panels = append(f.Panels, Panel{Title: title, X: h.x, Y: Axis{Label: what}})
		}
		h.add(&f.Panels[j], s, changes)
		for _, pt := range s.Points {
			if c := pt.Change; c != nil && c.Better() != 0 && math.Abs(math.Log(c.Ratio)) > most {
				most = math.Abs(math.Log(c.Ratio))
				where = fmt.Sprintf(", the largest %s (%s, %s, at %s)", change(c.Ratio), s.Points[0].Summary.Cell.Variant, title, shortest(pt.Run))
			}
		}
	}
	fromZero(f.Panels, l.format)
	f.Legend, f.Table = h.d.legend(f.Panels), tableOf(f.Panels, "benchmark", "commit", l.title)
	f.Title = fmt.Sprintf("%s: %s between %d runs%s", l.title, cmp.Or(counted(len(changes.Rows), "change", "changes"), "no change shown"), len(h.x.Ticks), where)
	if len(changes.Rows) > 0 {
		var b strings.Builder
		writeRows(&b, changes)
		f.Body = template.HTML(b.String())
	}
	return f
}

// counted is plural, and "" of none.
func counted(n int, one, many string) string {
	if n == 0 {
		return ""
	}
	return plural(n, one, many)
}

// add draws a design's line into p, and adds its changes to the table.
func (h *history) add(p *Panel, s *results.Series, changes *Table) {
	name := s.Points[0].Summary.Cell.Variant
	line := Series{Name: name, Label: name, Style: h.d.style[name]}
	if s.Noisy {
		line.Label += " (noisy)"
	}
	for i, pt := range s.Points {
		x := h.at[pt.Run]
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

// plainly returns how benchmarks with these labels are called for people: the
// workload, what tells it from the others, and its GOMAXPROCS. A number of VMAs
// does where a workload has several.
func plainly(labels []string) func(string) string {
	sizes := map[string][]string{} // by workload
	for _, l := range labels {
		words := strings.Fields(strings.TrimSuffix(l, dashed(l)))
		for _, w := range words[min(1, len(words)):] {
			if strings.HasPrefix(w, "vmas=") && !slices.Contains(sizes[words[0]], w) {
				sizes[words[0]] = append(sizes[words[0]], w)
			}
		}
	}
	return func(l string) string {
		procs := dashed(l)
		words := strings.Fields(strings.TrimSuffix(l, procs))
		if len(words) == 2 && words[0] == "Footprint" {
			return withCommas(strings.TrimPrefix(words[1], "vmas=")) + " VMAs"
		}
		if len(words) == 0 {
			return l
		}
		one := len(sizes[words[0]]) == 1
		words = slices.DeleteFunc(words, func(w string) bool { return one && strings.HasPrefix(w, "vmas=") })
		return strings.Join(words, " ") + strings.Replace(procs, "-", ", GOMAXPROCS ", 1)
	}
}

// dashed is the "-2" at the end of a label.
func dashed(label string) string {
	if i := strings.LastIndexByte(label, '-'); i >= 0 {
		return label[i:]
	}
	return ""
}
