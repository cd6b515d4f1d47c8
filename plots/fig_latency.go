package plots

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"vmabench/results"
)

// kindOf names what a histogram is of: an operation, of one role.
type kindOf struct{ role, op string }

// hist returns the merged latencies of a cell, timed from the intended start;
// nil without any.
func (d *data) hist(scen, load, variant string, procs int, k kindOf) *results.MergedHist {
	return d.timed("intended", scen, load, variant, procs, k)
}

// timed is hist from the intended or from the actual start.
func (d *data) timed(from, scen, load, variant string, procs int, k kindOf) *results.MergedHist {
	c := d.cells[cellKey{kind: results.Latency, scenario: scen, load: load, variant: variant, procs: procs}]
	if c == nil {
		return nil
	}
	for _, h := range c.hists {
		if h.Op == k.op && h.Role == k.role && h.Timed == from {
			return h
		}
	}
	return nil
}

// idle returns the latencies of the idle-loop control at procs, of the same
// scenario if it has its own.
func (d *data) idle(scen string, procs int) *results.MergedHist {
	var found *results.MergedHist
	for _, c := range d.order {
		if c.key.variant != idle || c.key.procs != procs {
			continue
		}
		for _, h := range c.hists {
			if h.Timed == "intended" && (found == nil || c.key.scenario == scen) {
				found = h
			}
		}
	}
	return found
}

// quantile is NaN where fewer than one sample lies beyond.
func quantile(h *results.MergedHist, q float64) float64 {
	if float64(h.Count)*(1-q) < 1 {
		return math.NaN()
	}
	return math.Max(1, float64(h.At(q).NS))
}

// quantileText marks what the clock cannot tell from zero with ≤, and what
// fewer than ten samples support in brackets.
func quantileText(h *results.MergedHist, q float64) string {
	at, s := h.At(q), Nanos.Write(quantile(h, q))
	switch {
	case at.Floor:
		return "≤ " + s
	case at.Few && s != "–":
		return "(" + s + ")"
	}
	return s
}

// ops returns what a latency scenario timed: faults first, then as recorded.
func (d *data) ops(scen string) []kindOf {
	var out []kindOf
	for _, c := range d.order {
		if c.key.kind != results.Latency || c.key.scenario != scen || c.Variant == idle {
			continue
		}
		for _, h := range c.hists {
			if k := (kindOf{h.Role, h.Op}); !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b kindOf) int {
		switch {
		case a.op == "fault" && b.op != "fault":
			return -1
		case b.op == "fault" && a.op != "fault":
			return 1
		}
		return 0
	})
	return out
}

// opTitle names an operation; its role too where several have it.
func opTitle(k kindOf, all []kindOf) string {
	for _, o := range all {
		if o.op == k.op && o.role != k.role {
			return k.op + " by " + k.role
		}
	}
	return k.op
}

// baseLoad is the offered load at which percentiles are shown: the workload's
// own, else the middle one.
func (d *data) baseLoad(scen string) string {
	ls := d.loads(scen)
	if slices.Contains(ls, "1") || len(ls) == 0 {
		return "1"
	}
	return ls[len(ls)/2]
}

func figLatency(d *data) []*Figure {
	return d.percentiles("latency", "Faults", func(op string) bool { return op == "fault" })
}

func figWriters(d *data) []*Figure {
	return d.percentiles("writers", "Writers", func(op string) bool { return op != "fault" && op != "maps" })
}

// percentiles draws one panel a scenario and operation.
func (d *data) percentiles(id, title string, keep func(op string) bool) []*Figure {
	var panels []Panel
	table := &Table{Head: []string{"workload, operation", "design", "p50", "p90", "p99", "95 % interval", "p99.9", "max", "samples", "trials"}, Left: 2}
	worst := &finding{}
	for _, s := range d.of(results.Latency, nil) {
		load := d.baseLoad(s.key)
		for _, op := range d.ops(s.key) {
			if !keep(op.op) {
				continue
			}
			for _, procs := range d.procs(results.Latency, s.key) {
				if p := d.percentilePanel(&s, op, load, procs, table, worst); p != nil {
					panels = append(panels, *p)
				}
			}
		}
	}
	if len(panels) == 0 {
		why := "the run has no latency trials"
		if id == "writers" {
			why = "no latency trial of this run has an operation that takes mmap_lock for write"
		}
		return missing(id, secLatency, title, why)
	}
	shareLog(panels)
	return []*Figure{{
		ID: id, Section: secLatency, Title: worst.title(title, d),
		Subtitle: "Time from an operation's intended start to its end, at a fixed rate of arrivals; lower is better. " +
			"All trials' samples merged, drawn as far as ten lie beyond; the band is the 95 % interval of a bootstrap over trials. Dotted grey: the same loop doing nothing, so what lies under it is the machine's.",
		Panels: panels, Legend: d.latencyLegend(panels), Table: table, Notes: []string{"In the table: brackets mark what fewer than ten samples support, ≤ what the clock cannot tell from zero; \"own start\" leaves out the wait for the operations before."}, Samples: []results.Kind{results.Latency},
	}}
}

// finding keeps the largest p99 ratio between two designs that has a verdict.
type finding struct {
	*results.Delta
	slow, fast, where string
}

func (f *finding) title(what string, d *data) string {
	if f.Delta == nil {
		return what + ": no difference at p99 was shown"
	}
	return fmt.Sprintf("%s: at p99 %s takes up to %s the time of %s (%s)", what, f.slow, f.ratio(), f.fast, f.where)
}

// ratio is how often the time of the other, with its interval.
func (f *finding) ratio() string {
	return fmt.Sprintf("%s [%s … %s]", times(f.Ratio), sig(f.Lo, 3), times(f.Hi))
}

// worse looks for a larger p99 ratio among the designs of a panel.
func (f *finding) worse(d *data, s *scenario, k kindOf, load string, procs int, where string) {
	for _, fast := range d.main() {
		for _, slow := range without(d.main(), fast) {
			for _, unit := range []string{"p99-ns", k.op + "-p99-ns"} {
				x := d.versus(fast).byKey[deltaKey{cellKey{kind: results.Latency, scenario: s.key, load: load, variant: slow, procs: procs}, unit}]
				if x != nil && x.Better() < 0 && (f.Delta == nil || x.Ratio > f.Ratio) {
					*f = finding{x, slow, fast, where}
				}
			}
		}
	}
}

func (d *data) percentilePanel(s *scenario, op kindOf, load string, procs int, table *Table, worst *finding) *Panel {
	p := Panel{Title: s.title + ": " + opTitle(op, d.ops(s.key)), Workload: s.workload,
		X: Axis{Label: "percentile", Scale: Percentile, Format: Nines, Min: 0.5, Max: 0.9}, Y: Axis{Scale: Log10, Format: Nanos, Label: "latency"}}
	draw := func(h *results.MergedHist, variant string, style Style, quiet bool) {
		line := Series{Name: variant, Label: variant, Style: style, Curve: true, Quiet: quiet}
		line.percentiles(h)
		if variant == idle {
			line.cut(p.X.Max)
		}
		p.X.Max = math.Max(p.X.Max, line.X[len(line.X)-1])
		p.Series = append(p.Series, line)
		table.percentiles(p.Title, variant, h, line.bandAt(.99))
	}
	rate, least := 0.0, int64(math.MaxInt64)
	for _, n := range d.main() {
		if h := d.hist(s.key, load, n, procs, op); h != nil {
			rate, least = math.Max(rate, h.RateHz), min(least, h.Count)
			draw(h, n, d.style[n], false)
			if own := d.timed("actual", s.key, load, n, procs, op); own != nil {
				table.percentiles(p.Title, n+", own start", own, "")
			}
		}
	}
	if len(p.Series) == 0 {
		return nil
	}
	worst.worse(d, s, op, load, procs, p.Title)
	if h := d.idle(s.key, procs); h != nil {
		draw(h, idle, idleStyle, true)
	}
	p.Y.Label = fmt.Sprintf("latency, at %s/s offered, GOMAXPROCS %d, %s or more samples", trimZeros(SI.Write(rate)), procs, trimZeros(SI.Write(float64(least))))
	return &p
}

// percentiles adds a row; p99 is the interval of the 99th.
func (t *Table) percentiles(panel, name string, h *results.MergedHist, p99 string) {
	row := []string{panel, name}
	for _, q := range []float64{.5, .9, .99, .999} {
		row = append(row, quantileText(h, q))
		if q == .99 {
			row = append(row, p99)
		}
	}
	t.Rows = append(t.Rows, append(row, Nanos.Write(float64(h.MaxNS)), strconv.FormatInt(h.Count, 10), strconv.Itoa(h.Trials)))
}

// bandAt is the interval of a curve at q; "" where it has none.
func (s *Series) bandAt(q float64) string {
	for i, x := range s.X {
		if x == q && s.Lo != nil {
			return interval(Nanos, s.Lo[i], s.Hi[i])
		}
	}
	return ""
}

// percentiles fills a curve as far as ten samples lie beyond; the crosshair
// stops at the median and at each nine.
func (s *Series) percentiles(h *results.MergedHist) {
	add := func(q float64, ns int64, probe bool) {
		s.X, s.Y, s.Probe = append(s.X, q), append(s.Y, math.Max(1, float64(ns))), append(s.Probe, probe)
	}
	next := 0
	for _, q := range h.Curve(14) {
		for ; next < len(nines) && nines[next] <= q.Q && q.Q < 1; next++ {
			add(nines[next], h.At(nines[next]).NS, true)
		}
		if q.Q < 1 && (len(s.X) == 0 || q.Q > s.X[len(s.X)-1]) {
			add(q.Q, q.NS, false)
		}
	}
	if len(s.X) == 0 {
		add(0.5, h.At(0.5).NS, true) // too few samples for a curve
	}
	s.Lo, s.Hi = h.Band(s.X)
	s.Curve = len(s.X) > 1
}

// cut drops the points beyond max: a control is drawn as far as the designs.
func (s *Series) cut(max float64) {
	n := len(s.X)
	for n > 1 && s.X[n-1] > max {
		n--
	}
	s.X, s.Y, s.Probe = s.X[:n], s.Y[:n], s.Probe[:n]
	if s.Lo != nil {
		s.Lo, s.Hi = s.Lo[:n], s.Hi[:n]
	}
}

var nines = []float64{.5, .9, .99, .999, .9999, .99999}

var idleStyle = Style{Ink: InkIdeal, Shape: Circle, Dash: []float64{2, 2}, Hollow: true}

func (d *data) latencyLegend(panels []Panel) []Key {
	out := d.legend(panels)
	for i := range panels {
		if slices.ContainsFunc(panels[i].Series, func(s Series) bool { return s.Name == idle }) {
			return append(out, Key{Label: "idle: the same loop without an operation", Style: idleStyle})
		}
	}
	return out
}

// shareLog gives panels one logarithmic y axis.
func shareLog(panels []Panel) {
	lo, hi := reach(panels)
	for i := range panels {
		panels[i].Y.Min, panels[i].Y.Max = lo/1.15, hi*1.15
	}
}

// reach is the least and the greatest of the values above zero.
func reach(panels []Panel) (lo, hi float64) {
	lo = math.Inf(1)
	for i := range panels {
		for j := range panels[i].Series {
			s := &panels[i].Series[j]
			for k, y := range s.Y {
				for _, v := range []float64{y, at(s.Lo, k), at(s.Hi, k)} {
					if finite(v) && v > 0 {
						lo, hi = math.Min(lo, v), math.Max(hi, v)
					}
				}
			}
		}
	}
	return lo, hi
}

func at(xs []float64, i int) float64 {
	if i >= len(xs) {
		return math.NaN()
	}
	return xs[i]
}

// figLoad draws p50 and p99 against the offered load.
func figLoad(d *data) []*Figure {
	const id, title = "load", "Latency against offered load"
	var panels []Panel
	worst := &finding{}
	for _, s := range d.of(results.Latency, nil) {
		loads, procs := d.loads(s.key), d.procs(results.Latency, s.key)
		if len(loads) < 2 {
			continue
		}
		for _, op := range d.ops(s.key) {
			for _, q := range []float64{.5, .99} {
				if p := d.loadPanel(&s, op, q); p != nil {
					panels = append(panels, *p)
				}
			}
			for _, load := range loads {
				worst.worse(d, &s, op, load, procs[len(procs)-1], fmt.Sprintf("%s: %s, at %s times its rate", s.title, opTitle(op, d.ops(s.key)), load))
			}
		}
	}
	if len(panels) == 0 {
		return missing(id, secLatency, title, "the run offered one load only; it takes two (latency trials at several multiples of a workload's rate)")
	}
	shareLog(panels)
	return []*Figure{{
		ID: id, Section: secLatency, Title: worst.title(title, d),
		Subtitle: "Latency from the intended start against operations offered per second; lower is better. Each point is a percentile of all trials' samples merged, with the 95 % interval of a bootstrap over trials.",
		Panels:   panels, Legend: d.legend(panels), Table: tableOf(panels, "workload, operation, percentile", "offered/s", "latency"), Samples: []results.Kind{results.Latency},
	}}
}

func (d *data) loadPanel(s *scenario, op kindOf, q float64) *Panel {
	p := Panel{Title: fmt.Sprintf("%s: %s, p%s", s.title, opTitle(op, d.ops(s.key)), Nines.Write(q)), Workload: s.workload,
		X: Axis{Label: "operations offered per second", Scale: Log10, Format: SI, Min: math.Inf(1)}, Y: Axis{Scale: Log10, Format: Nanos, Label: "latency"}}
	procs := d.procs(results.Latency, s.key)
	for _, n := range d.main() {
		line := Series{Name: n, Label: n, Style: d.style[n]}
		for _, load := range d.loads(s.key) {
			c := d.hist(s.key, load, n, procs[len(procs)-1], op)
			if c == nil || c.RateHz <= 0 {
				continue // a closed loop offers no load
			}
			st := stat{quantile(c, q), math.NaN(), math.NaN(), c.Trials}
			if lo, hi := c.Band([]float64{q}); lo != nil && finite(st.Med) {
				st.Lo, st.Hi = math.Max(1, lo[0]), math.Max(1, hi[0])
			}
			line.add(c.RateHz, st, false, "")
			p.X.Min, p.X.Max = math.Min(p.X.Min, c.RateHz), math.Max(p.X.Max, c.RateHz)
		}
		if len(line.X) > 0 {
			p.Series = append(p.Series, line)
		}
	}
	if len(p.Series) == 0 {
		return nil
	}
	return &p
}
