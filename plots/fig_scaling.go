package plots

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"vmabench/results"
)

// unitStat is the median of a unit in a cell.
func (d *data) unitStat(k results.Kind, scen, variant string, procs int, unit string) stat {
	xs, _ := d.get(k, scen, variant, procs).samples(unit)
	return summarize(xs)
}

// scaling draws a throughput unit of scenarios against GOMAXPROCS.
func (d *data) scaling(scens []scenario, unit, yLabel string, f Format, ideal bool) []Panel {
	var panels []Panel
	axis := d.procsOf(results.Throughput, scens)
	for i := range scens {
		s := &scens[i]
		p := d.byProcs(results.Throughput, s, axis, func(v string, procs int) stat {
			return d.unitStat(results.Throughput, s.key, v, procs, unit)
		}, d.main())
		if len(p.Series) == 0 {
			continue
		}
		p.Y.Label = yLabel
		d.hardwareMarks(&p)
		panels = append(panels, p)
	}
	fromZero(panels, f)
	if ideal {
		for i := range panels {
			// Where one worker takes turns at all roles, the ops of more
			// workers are not more of the same.
			if len(d.workload(panels[i].Workload).Roles) < 2 {
				d.addIdeal(&panels[i])
			}
		}
	}
	return panels
}

// addIdeal draws the line that the fastest design would follow if each worker
// ran as fast as one alone, level above the number of CPUs.
func (d *data) addIdeal(p *Panel) {
	best := 0.0
	for i := range p.Series {
		if s := &p.Series[i]; len(s.X) > 0 && s.X[0] == 1 && finite(s.Y[0]) {
			best = math.Max(best, s.Y[0])
		}
	}
	if best > 0 {
		p.Lines = append(p.Lines, RefLine{Label: "ideal", B: best, To: float64(d.run.Env.CPUs)})
	}
}

func figThroughput(d *data) []*Figure {
	scens := d.of(results.Throughput, nil)
	if len(scens) == 0 {
		return missing("throughput", secThroughput, "Throughput against GOMAXPROCS", "the run has no throughput trials")
	}
	panels := d.scaling(scens, "ops/s", "operations/s", SI, true)
	return []*Figure{{
		ID: "throughput", Section: secThroughput, Title: d.scalingTitle(scens),
		Subtitle: "Operations per second of all workers together against GOMAXPROCS; higher is better. Median of trials with its 95 % interval. " +
			"Panels with the same ticks share an axis.",
		Panels: panels, Legend: append(d.legend(panels), Key{Label: "ideal: the fastest design alone, times CPUs", Line: true}),
		Notes: append(d.overNote(panels), d.jobsNote()...), Table: tableOf(panels, "workload", "GOMAXPROCS", "ops/s"), Samples: []results.Kind{results.Throughput},
	}}
}

// overNote explains hollow marks, where the panels have any.
func (d *data) overNote(panels []Panel) []string {
	for i := range panels {
		for _, s := range panels[i].Series {
			if slices.Contains(s.Hollow, true) {
				return []string{fmt.Sprintf("Hollow marks on grey: more workers than the machine's %d CPUs. Shown, never ranked.", d.run.Env.CPUs)}
			}
		}
	}
	return nil
}

// allJobs reports that the one worker of GOMAXPROCS 1 has the jobs of every
// role, so that it is no part of what more workers bring.
func (d *data) allJobs(scen string) bool {
	return slices.ContainsFunc(d.main(), func(n string) bool {
		c := d.get(results.Throughput, scen, n, 1)
		return c != nil && slices.ContainsFunc(c.trials, func(t *results.Trial) bool {
			return slices.ContainsFunc(t.Workers, func(w results.Worker) bool { return strings.Contains(w.Role, "+") })
		})
	})
}

// jobsNote names the scenarios that the titles leave out.
func (d *data) jobsNote() []string {
	var names []string
	for _, s := range d.of(results.Throughput, nil) {
		if d.allJobs(s.key) {
			names = append(names, s.title)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return []string{"Not counted in the title: " + list(names) + ", where the one worker of GOMAXPROCS 1 has the jobs of all roles."}
}

// scalingTitle counts where each design keeps what a second CPU brings.
func (d *data) scalingTitle(scens []scenario) string {
	var parts phrases
	top := 0
	for _, n := range d.main() {
		up, all := 0, 0
		for _, s := range scens {
			p := d.ranked(s.key)
			one := d.unitStat(results.Throughput, s.key, n, 1, "ops/s")
			at := d.unitStat(results.Throughput, s.key, n, p, "ops/s")
			if p < 2 || !finite(one.Med, at.Med) || d.allJobs(s.key) {
				continue
			}
			if !finite(one.Hi, at.Lo) {
				return "Throughput against GOMAXPROCS: too few repetitions to claim anything"
			}
			top = max(top, p)
			all++
			if at.Lo > one.Hi {
				up++
			}
		}
		if all > 0 {
			parts.add(n, "in %d of %s", up, plural(all, "workload", "workloads"))
		}
	}
	if ps := d.procs(results.Throughput, ""); len(ps) == 1 {
		return fmt.Sprintf("Throughput at GOMAXPROCS %d", ps[0])
	}
	if len(parts) == 0 {
		return "Throughput of one worker; the run has no larger GOMAXPROCS within the CPUs"
	}
	return fmt.Sprintf("More CPUs bring more throughput with %s (GOMAXPROCS %d against 1)", parts.String(), top)
}

func figCPU(d *data) []*Figure {
	scens := d.of(results.Throughput, nil)
	panels := d.scaling(scens, "cpu-ns/op", "CPU time per operation", Nanos, false)
	if len(panels) == 0 {
		return missing("cpu", secThroughput, "CPU time per operation", "no trial has cpu-ns/op")
	}
	return []*Figure{{
		ID: "cpu", Section: secThroughput, Title: d.cpuTitle(scens),
		Subtitle: "CPU time of all workers over all operations; lower is better, level is perfect scaling. Median with its 95 % interval.",
		Panels:   panels, Legend: d.legend(panels), Notes: append(d.overNote(panels), d.jobsNote()...),
		Table: tableOf(panels, "workload", "GOMAXPROCS", "CPU time/op"), Samples: []results.Kind{results.Throughput},
	}}
}

// cpuTitle names the largest growth of CPU time per operation, if its interval
// shows one.
func (d *data) cpuTitle(scens []scenario) string {
	worst, who, where, at := none, "", "", 0
	for _, n := range d.main() {
		for _, s := range scens {
			p := d.ranked(s.key)
			if p < 2 || d.allJobs(s.key) {
				continue
			}
			v := kept(d.get(results.Throughput, s.key, n, 1), d.get(results.Throughput, s.key, n, p), "cpu-ns/op")
			if finite(v.Lo, v.Hi) && v.Lo > 1 && (who == "" || v.Med > worst.Med) {
				worst, who, where, at = v, n, s.title, p
			}
		}
	}
	if who == "" {
		return "CPU time per operation: no growth with more CPUs was shown"
	}
	return fmt.Sprintf("With more CPUs an operation costs up to %s [%s] the CPU time (%s in %s, GOMAXPROCS %d against 1)",
		change(worst.Med), between(worst.Med, worst.Lo, worst.Hi), who, where, at)
}

// times writes a factor: 1.9×.
func times(v float64) string { return factor(v) + "×" }

// factor writes a ratio in three digits, one that no lock makes by its power of ten.
func factor(v float64) string {
	if v >= 1e6 || v > 0 && v < 1e-4 {
		return strings.NewReplacer("e+0", "e", "e+", "e", "e-0", "e-").Replace(strconv.FormatFloat(v, 'e', 2, 64))
	}
	return sig(v, 3)
}

func figSingle(d *data) []*Figure {
	scens := d.of(results.Throughput, func(s *scenario) bool { return len(d.barNames(results.Throughput, s.key, 1)) > 0 })
	if len(scens) == 0 {
		return missing("single", secThroughput, "Cost of one operation without contention", "the run has no trial at GOMAXPROCS 1")
	}
	panels := d.bars(scens, func(*scenario) int { return 1 }, d.simulated(), "ns/op", "wall time per operation", Nanos)
	var worst *results.Delta
	for _, n := range d.main() {
		for _, s := range scens {
			if v := d.delta(d.baseline, s.key, n, 1, "ns/op"); v != nil && v.Better() < 0 && (worst == nil || v.Ratio > worst.Ratio) {
				worst = v
			}
		}
	}
	title := "Alone, no design was shown to cost more than " + d.baseline
	if worst != nil {
		title = fmt.Sprintf("Alone, an operation costs up to %s over %s (%s in %s)", plain(d.claim(worst)), d.baseline, worst.New.Cell.Variant, d.titleOf(worst))
	}
	return []*Figure{{
		ID: "single", Section: secThroughput, Title: title,
		Subtitle: "Wall time of one operation at GOMAXPROCS 1; lower is better. Bars from zero, whiskers are 95 % intervals of the median. Each panel has its own scale.",
		Panels:   panels, Legend: d.legend(panels), Table: tableOfRows(panels, "workload", "time/op"), Samples: []results.Kind{results.Throughput},
	}}
}

// barNames returns the designs, controls too, that have a cell.
func (d *data) barNames(k results.Kind, scen string, procs int) []string {
	var out []string
	for _, n := range d.designs {
		if d.get(k, scen, n, procs) != nil {
			out = append(out, n)
		}
	}
	return out
}

// simulated returns the designs and controls, without the running kernel, whose
// operations do so much more that a bar of theirs hides all others.
func (d *data) simulated() []string {
	return slices.DeleteFunc(slices.Clone(d.designs), func(n string) bool { return d.design(n).Real })
}

// bars draws a panel a scenario, a bar a design.
func (d *data) bars(scens []scenario, at func(*scenario) int, names []string, unit, xLabel string, f Format) []Panel {
	var panels []Panel
	for i := range scens {
		s := &scens[i]
		procs := at(s)
		p := Panel{Title: s.title, Workload: s.workload, X: Axis{Label: xLabel, Format: f}}
		for _, n := range names {
			if c := d.get(results.Throughput, s.key, n, procs); c != nil {
				p.Rows = append(p.Rows, rowOf(n, d.style[n], d.unitStat(results.Throughput, s.key, n, procs, unit), c))
			}
		}
		if len(p.Rows) > 0 {
			p.rowScale()
			panels = append(panels, p)
		}
	}
	return panels
}

func rowOf(name string, style Style, st stat, c *cell) Row {
	r := Row{Label: name, Name: name, Style: style, Value: st.Med, Lo: st.Lo, Hi: st.Hi, N: st.N}
	switch {
	case c != nil && len(c.trials) == 0 && len(c.failed) > 0:
		r.Failed = "failed: " + c.failed[0]
	case !finite(st.Med):
		r.Failed = "not measured"
	}
	r.Hollow = c != nil && c.oversub
	return r
}

// rowScale sets the x axis of a bar panel from zero.
func (p *Panel) rowScale() {
	top := 0.0
	for i := range p.Rows {
		r := &p.Rows[i]
		for _, v := range []float64{r.Value, r.Hi} {
			if r.Failed == "" && finite(v) {
				top = math.Max(top, v)
			}
		}
	}
	if top == 0 {
		top = 1
	}
	p.X.Max = top * 1.02 // bars begin at zero; their axis may end anywhere
}

// sameRowScale gives bar panels one x axis.
func sameRowScale(panels []Panel) {
	top := 0.0
	for i := range panels {
		panels[i].rowScale()
		top = math.Max(top, panels[i].X.Max)
	}
	for i := range panels {
		panels[i].X.Max = top
	}
}

// tableOfRows writes bars as a table.
func tableOfRows(panels []Panel, panelHead, unit string) *Table {
	t := &Table{Head: []string{panelHead, "", "design", unit, "95 % interval", "n", "note"}, Left: 3, Note: 1}
	for i := range panels {
		group := ""
		for _, r := range panels[i].Rows {
			if r.Heading != "" {
				group = r.Heading
				continue
			}
			row := []string{panels[i].Title, group, r.Name, panels[i].X.Format.Write(r.Value), interval(panels[i].X.Format, r.Lo, r.Hi), "", ""}
			if r.N > 0 {
				row[5] = fmt.Sprint(r.N)
			}
			if r.Failed != "" {
				row[3], row[4], row[6] = "–", "", r.Failed
			} else if r.Hollow {
				row[6] = "oversubscribed"
			}
			t.Rows = append(t.Rows, row)
		}
	}
	if !slices.ContainsFunc(t.Rows, func(r []string) bool { return r[1] != "" }) {
		t.Head = slices.Delete(t.Head, 1, 2)
		t.Left--
		for i := range t.Rows {
			t.Rows[i] = slices.Delete(t.Rows[i], 1, 2)
		}
	}
	return t
}
