package plots

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"vmabench/results"
)

// figures draws everything that the run can show, in the order of the report,
// once.
func (d *data) figures() []*Figure {
	if d.drawn == nil {
		d.drawn = d.draw()
	}
	return d.drawn
}

func (d *data) draw() []*Figure {
	var out []*Figure
	for _, draw := range []func(*data) []*Figure{
		figOverview, figThroughput, figRelative, figCPU, figSingle, figOversubscribed,
		figLatency, figLoad, figWriters,
		figRoles, figFairness,
		figSharing, figHot, figVMAs, figMix, figFork, figProtect, figTraces,
		figEvents, figWaits,
		figFootprint, figLayout, figLockPlace,
		figPeers, figShape, figKernels,
		figGuard, figStability, figSelftest, figBusy,
		figChecker,
		figLaw, figModelled, figLines, figPublished, figPublishedLatency, figSensitivity,
	} {
		out = append(out, draw(d)...)
	}
	for _, f := range out {
		if f.Command = inTree(f.Command); f.Command == "" {
			f.Command = d.command("")
		}
		f.Panels = slices.DeleteFunc(f.Panels, func(p Panel) bool { return p.blank() })
		if slices.ContainsFunc(f.Panels, func(p Panel) bool { return p.crossed() }) {
			f.Notes = append(f.Notes, "A red cross: trials that failed or are missing; the table says which.")
		}
		for i := range f.Panels {
			f.Panels[i].collapse()
		}
		alignRows(f.Panels)
		if len(f.Panels) == 0 && f.Missing == "" && f.Body == "" {
			f.Missing = "no trial has the values"
		}
	}
	return out
}

// blank reports that none of the panel's lines has a point, not even a failed
// one.
func (p *Panel) blank() bool {
	if len(p.Series) == 0 {
		return false
	}
	for i := range p.Series {
		s := &p.Series[i]
		for k, y := range s.Y {
			if finite(y) || s.Failed != nil && s.Failed[k] != "" {
				return false
			}
		}
	}
	return true
}

// crossed reports that a point of the panel failed or is missing.
func (p *Panel) crossed() bool {
	for i := range p.Series {
		if slices.ContainsFunc(p.Series[i].Failed, func(why string) bool { return why != "" }) {
			return true
		}
	}
	return false
}

// collapse draws lines of one point each, at the same x, as bars, or as marks
// where the axis is logarithmic.
func (p *Panel) collapse() {
	if len(p.Series) == 0 || len(p.X.Ticks) != 1 {
		return
	}
	for i := range p.Series {
		s := &p.Series[i]
		r := Row{Label: s.Name, Name: s.Name, Style: s.Style, Value: s.Y[0], Lo: at(s.Lo, 0), Hi: at(s.Hi, 0), Hollow: s.Modelled || s.Hollow != nil && s.Hollow[0]}
		if s.N != nil {
			r.N = s.N[0]
		}
		if s.Failed != nil {
			r.Failed = s.Failed[0]
		}
		p.Rows = append(p.Rows, r)
	}
	x := p.X
	p.X, p.Y, p.Series = p.Y, Axis{}, nil
	p.Dots = p.X.Scale == Log10
	p.X.Label += ", " + x.Label + " " + x.Ticks[0].Label
	p.Shades = slices.DeleteFunc(p.Shades, func(s Shade) bool { return !s.OfY })
	p.Lines = slices.DeleteFunc(p.Lines, func(r RefLine) bool { return r.Vertical || r.B != 0 })
	for i := range p.Lines {
		p.Lines[i].X = p.Lines[i].A
	}
}

var runFlag = regexp.MustCompile(` --?run[= ]\S+`)

// command is the command line that measures workloads again, "" for all of the
// run's, from the root of the tree.
func (d *data) command(workloads string) string {
	line := inTree(d.run.Command)
	if workloads == "" {
		return line
	}
	return runFlag.ReplaceAllString(line, "") + " -run '" + workloads + "'"
}

// inTree is a command as it is given in the root of the tree.
func inTree(line string) string {
	if strings.HasPrefix(line, "vmabench ") || strings.HasPrefix(line, "vmalab ") {
		return "bin/" + line
	}
	return line
}

// missing is a figure that the run has no data for.
func missing(id, section, title, why string) []*Figure {
	return []*Figure{{ID: id, Section: section, Title: title, Missing: why}}
}

// Sections of the report, in order.
const (
	secThroughput = "Throughput"
	secLatency    = "Latency"
	secRoles      = "Readers, writers, fairness"
	secCases      = "Cases"
	secEvents     = "What the locks did"
	secFootprint  = "Footprint"
	secBeyond     = "Beside the kernel"
	secChecks     = "Proof of the measurement"
	secChecker    = "Model checker"
	secModels     = "Models"
)

// legend returns the keys of the designs that have data in panels.
func (d *data) legend(panels []Panel) []Key {
	seen := map[string]bool{}
	for i := range panels {
		for j := range panels[i].Series {
			seen[panels[i].Series[j].Name] = true
		}
		for j := range panels[i].Rows {
			seen[panels[i].Rows[j].Name] = true
		}
	}
	var out []Key
	for _, n := range d.designs {
		if seen[n] {
			out = append(out, Key{Label: n + ": " + d.design(n).Title, Style: d.style[n]})
		}
	}
	return out
}

// byProcs returns a panel of a unit against GOMAXPROCS, or of what f makes of
// each cell, on the axis that the figure's panels share: all the GOMAXPROCS in it.
func (d *data) byProcs(k results.Kind, s *scenario, axis []int, f func(variant string, procs int) stat, names []string) Panel {
	ps := d.procs(k, s.key)
	p := Panel{Title: s.title, Workload: s.workload, X: d.procsAxis(axis)}
	for _, n := range names {
		line := Series{Name: n, Label: n, Style: d.style[n], Quiet: d.control(n)}
		any := false
		for _, procs := range ps {
			c := d.get(k, s.key, n, procs)
			if c == nil {
				if d.lacks(k, s.key, n, procs) {
					line.add(float64(procs), none, false, "missing")
				}
				continue
			}
			st, why := f(n, procs), ""
			if len(c.trials) == 0 {
				why = "failed: " + c.failed[0]
			}
			any = any || finite(st.Med)
			line.add(float64(procs), st, c.oversub, why)
		}
		if any || len(line.X) > 0 {
			p.Series = append(p.Series, line)
		}
	}
	if over := d.oversubAt(axis); over > 0 {
		p.Shades = append(p.Shades, Shade{Label: "more than CPUs", Lo: over, Hi: math.Inf(1)})
	}
	return p
}

// lacks reports that a design has no trial where another has, though it has
// some of the scenario.
func (d *data) lacks(k results.Kind, scen, n string, procs int) bool {
	here, elsewhere := false, false
	for key := range d.cells {
		if key.kind == k && key.scenario == scen {
			here = here || key.procs == procs && !d.control(key.variant)
			elsewhere = elsewhere || key.variant == n
		}
	}
	return here && elsewhere
}

func (s *Series) add(x float64, st stat, hollow bool, failed string) {
	s.X, s.Y = append(s.X, x), append(s.Y, st.Med)
	s.Lo, s.Hi = append(s.Lo, st.Lo), append(s.Hi, st.Hi)
	s.N, s.Hollow, s.Failed = append(s.N, st.N), append(s.Hollow, hollow), append(s.Failed, failed)
}

// procsAxis is log 2 with the counts that were run as its ticks.
func (d *data) procsAxis(ps []int) Axis {
	a := Axis{Label: "GOMAXPROCS", Scale: Log2, Min: 1, Max: 2}
	for i, p := range ps {
		if i == 0 {
			a.Min = float64(p)
		}
		a.Max = math.Max(a.Min*1.01, float64(p))
		a.Ticks = append(a.Ticks, Tick{float64(p), strconv.Itoa(p)})
	}
	if len(ps) == 1 {
		a.Min, a.Max = a.Min/math.Sqrt2, a.Min*math.Sqrt2 // alone, in the middle
	}
	return a
}

// oversubAt is where oversubscription begins on a GOMAXPROCS axis: half a step
// beyond the number of CPUs. 0 is nowhere.
func (d *data) oversubAt(ps []int) float64 {
	cpus := d.run.Env.CPUs
	for _, p := range ps {
		if cpus > 0 && p > cpus {
			return float64(cpus) * math.Sqrt2
		}
	}
	return 0
}

// marks of hardware on a GOMAXPROCS axis: where SMT siblings and the second
// socket begin to be used.
func (d *data) hardwareMarks(p *Panel) {
	e := d.run.Env
	if e.SMT && e.Cores > 0 && e.Cores < e.CPUs && float64(e.Cores) < p.X.Max && float64(e.Cores) >= p.X.Min {
		p.Lines = append(p.Lines, RefLine{Vertical: true, X: float64(e.Cores) * math.Sqrt2, Label: "SMT"})
	}
	if e.Sockets > 1 {
		if per := float64(e.Cores / e.Sockets); per >= p.X.Min && per < p.X.Max {
			p.Lines = append(p.Lines, RefLine{Vertical: true, X: per * math.Sqrt2, Label: "2nd socket"})
		}
	}
}

// fromZero sets the y axes of panels from zero. Panels whose largest values
// are within a factor of two and a half share an axis.
func fromZero(panels []Panel, f Format) {
	type top struct {
		i int
		v float64
	}
	var tops []top
	for i := range panels {
		m := 0.0
		for j := range panels[i].Series {
			s := &panels[i].Series[j]
			for k := range s.Y {
				for _, v := range []float64{s.Y[k], at(s.Hi, k)} {
					if finite(v) {
						m = math.Max(m, v)
					}
				}
			}
		}
		tops = append(tops, top{i, m})
	}
	slices.SortStableFunc(tops, func(a, b top) int {
		if a.v > b.v {
			return -1
		} else if a.v < b.v {
			return 1
		}
		return 0
	})
	head := 0.0
	for _, t := range tops {
		if head == 0 || t.v < head/2.5 {
			head = t.v
		}
		_, hi := nice(0, math.Max(head*1.02, 1e-12), 5)
		if head == 0 { // nothing but zeros: ticks that can be told apart
			if hi = 1; f == Share {
				hi = 0.01
			}
		}
		y := &panels[t.i].Y
		if f == Share && head <= 1 {
			hi = math.Min(hi, 1) // a share has an end
		}
		y.Min, y.Max, y.Format, y.Scale = 0, hi, f, Linear
	}
}

// tableOf writes the series of panels as rows: panel, x, design, value, interval.
func tableOf(panels []Panel, panelHead, xHead, unit string) *Table {
	t := &Table{Head: []string{panelHead, xHead, "design", unit, "95 % interval", "n", "note"}, Left: 3, Note: 1}
	for i := range panels {
		p := &panels[i]
		for j := range p.Series {
			s := &p.Series[j]
			for k := range s.X {
				row := []string{p.Title, p.X.word(s.X[k]), s.Name, p.Y.Format.Write(s.Y[k]), "", "", ""}
				if s.Lo != nil {
					row[4] = interval(p.Y.Format, s.Lo[k], s.Hi[k])
				}
				if s.N != nil && s.N[k] > 0 {
					row[5] = strconv.Itoa(s.N[k])
				}
				switch {
				case s.Failed != nil && s.Failed[k] != "":
					row[3], row[4], row[6] = "–", "", s.Failed[k]
				case s.Hollow != nil && s.Hollow[k]:
					row[6] = "oversubscribed"
				}
				t.Rows = append(t.Rows, row)
			}
		}
	}
	return t
}

func interval(f Format, lo, hi float64) string {
	switch {
	case math.IsNaN(lo):
		return ""
	case math.IsInf(lo, 0) || math.IsInf(hi, 0):
		return "too few trials"
	}
	return f.Write(lo) + " … " + f.Write(hi)
}

// list joins words: "a", "a and b", "a, b and c".
func list(words []string) string {
	switch len(words) {
	case 0:
		return "none"
	case 1:
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
