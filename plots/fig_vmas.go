package plots

import (
	"math"
	"slices"
	"strings"

	"vmabench/results"
)

// sizes are the name parts that a cost is drawn against, and their axes.
var sizes = []struct{ param, label string }{{"vmas", "VMAs"}, {"touched", "touched pages"}}

// sizeOf returns which of sizes s has, -1 for none.
func (s *scenario) sizeOf() int {
	return slices.IndexFunc(sizes, func(z struct{ param, label string }) bool { return s.param(z.param) != "" })
}

// unsized is the scenario without its size: what is drawn as one line.
func (s *scenario) unsized() string {
	name := s.workload
	for _, p := range s.params {
		if slices.Contains(around, p.Key) && !slices.ContainsFunc(sizes, func(z struct{ param, label string }) bool { return z.param == p.Key }) {
			name += " " + p.Key + "=" + p.Value
		}
	}
	return name
}

// figVMAs draws the time of an operation against the number of VMAs or of
// touched pages, for the workloads that the run measured with two numbers or
// more; of a fork, too.
func figVMAs(d *data) []*Figure {
	const id, title = "vmas", "Against the number of VMAs"
	byLoad := map[string][]scenario{}
	var order []string
	scens := d.of(results.Throughput, func(s *scenario) bool { return s.sizeOf() >= 0 })
	for _, s := range scens {
		w := s.unsized()
		if byLoad[w] == nil {
			order = append(order, w)
		}
		byLoad[w] = append(byLoad[w], s)
	}
	var panels []Panel
	scens = nil
	for _, w := range order {
		if len(byLoad[w]) < 2 {
			continue
		}
		scens = append(scens, byLoad[w]...)
		panels = append(panels, d.vmasPanel(w, "time per operation", byLoad[w], func(c *cell) []float64 { xs, _ := c.samples("ns/op"); return xs }))
		fork := d.vmasPanel(w, "time per fork", byLoad[w], forkTimes)
		if slices.ContainsFunc(fork.Series, func(s Series) bool { return slices.ContainsFunc(s.Y, func(y float64) bool { return finite(y) }) }) {
			panels = append(panels, fork)
		}
	}
	if len(panels) == 0 {
		return missing(id, secCases, title, "no workload of this run was measured with two numbers of VMAs (-vmas)")
	}
	for i := range panels {
		shareLog(panels[i : i+1])
	}
	claim := strings.TrimSuffix(title+": "+d.leaders(scens), ": ")
	if forks := d.leadersBy("forker-ops/s", scens); forks != "" {
		claim += "; by forks alone, " + forks
	}
	return []*Figure{{
		ID: id, Section: secCases, Title: claim,
		Subtitle: "Wall time per operation, and per fork beside faults, at the largest GOMAXPROCS within the CPUs; lower is better. Both axes are logarithmic; median with its 95 % interval.",
		Panels:   panels, Legend: d.legend(panels), Table: tableOf(panels, "workload", "size", "time"), Samples: []results.Kind{results.Throughput},
	}}
}

func forkTimes(c *cell) []float64 {
	xs, _ := c.samples("forker-ops/s")
	for i := range xs {
		xs[i] = 1e9 / xs[i]
	}
	return xs
}

func (d *data) vmasPanel(w, what string, scens []scenario, f func(*cell) []float64) Panel {
	p := Panel{Title: w + ": " + what, Workload: scens[0].workload, X: Axis{Label: sizes[scens[0].sizeOf()].label, Scale: Log10, Format: SI, Min: math.Inf(1)}, Y: Axis{Label: what, Scale: Log10, Format: Nanos}}
	for _, n := range d.main() {
		line := Series{Name: n, Label: n, Style: d.style[n]}
		for _, s := range scens {
			c := d.get(results.Throughput, s.key, n, d.ranked(s.key))
			if c == nil {
				continue
			}
			x := number(s.param(sizes[s.sizeOf()].param))
			line.add(x, summarize(f(c)), false, "")
			p.X.Min, p.X.Max = math.Min(p.X.Min, x), math.Max(p.X.Max, x)
			if !slices.ContainsFunc(p.X.Ticks, func(t Tick) bool { return t.V == x }) {
				p.X.Ticks = append(p.X.Ticks, Tick{x, SI.tick(x)})
			}
		}
		if len(line.X) > 0 {
			p.Series = append(p.Series, line)
		}
	}
	return p
}
