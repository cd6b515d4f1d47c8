package plots

import (
	"fmt"
	"slices"
	"strings"

	"vmabench/results"
)

// overPoint is a design's throughput with more workers than can run, over that
// with as many as can.
type overPoint struct {
	where, workers, name string // the panel, how many workers there are, the design
	cell                 *cell  // nil where the run has none
	kept                 stat
	why                  string // there is no value
}

// figOversubscribed draws what is left of the throughput where workers are more
// than can run: threads above the CPUs, whom the system gives turns, and
// goroutines above GOMAXPROCS, whom Go does.
func figOversubscribed(d *data) []*Figure {
	const id, title = "oversubscribed", "More workers than can run"
	bars, threads := d.threadsOver()
	lines, goroutines := d.goroutinesOver()
	if len(bars)+len(lines) == 0 {
		return missing(id, secThroughput, title, "the run has neither a GOMAXPROCS above the machine's CPUs nor goroutines above GOMAXPROCS")
	}
	sameRowScale(bars)
	fromZero(lines, Share)
	panels := slices.Concat(bars, lines)
	subtitle := []string{"Share of the throughput that is kept, paired by repetition; higher is better, the dotted line is nothing lost. Medians with their 95 % intervals."}
	var notes []string
	if len(bars) > 0 {
		subtitle = append(subtitle, "Bars: more threads than CPUs, over a thread for each.")
	} else {
		notes = append(notes, "Not in this run: GOMAXPROCS above the CPUs (bench -procs).")
	}
	if len(lines) > 0 {
		subtitle = append(subtitle, "Lines: goroutines for each of GOMAXPROCS, over one, which is a goroutine too.")
		notes = append(notes, d.turnsNotes(goroutines)...)
	} else {
		notes = append(notes, "Not in this run: goroutines above GOMAXPROCS (bench -plan figures, or -goroutines 1,2,4,8).")
	}
	return []*Figure{{
		ID: id, Section: secThroughput, Title: title + d.lossTitle(threads, goroutines), Subtitle: strings.Join(subtitle, " "),
		Panels: panels, Legend: d.legend(panels), Notes: notes, Table: tableOfOver(threads, goroutines), Samples: []results.Kind{results.Throughput},
	}}
}

// threadsOver draws the largest GOMAXPROCS over the number of CPUs, a panel a
// scenario.
func (d *data) threadsOver() (panels []Panel, points []overPoint) {
	for _, s := range d.of(results.Throughput, nil) {
		ps := d.procs(results.Throughput, s.key)
		top, rank := ps[len(ps)-1], d.ranked(s.key)
		if c := d.get(results.Throughput, s.key, d.baseline, top); rank == 0 || c == nil || !c.oversub {
			continue
		}
		p := Panel{Title: s.title, Workload: s.workload, X: Axis{Label: fmt.Sprintf("GOMAXPROCS %d over %d", top, rank), Format: Share}, Lines: []RefLine{{X: 1}}}
		for _, n := range d.main() {
			if c := d.get(results.Throughput, s.key, n, top); c != nil {
				r := rowOf(n, d.style[n], kept(d.get(results.Throughput, s.key, n, rank), c, "ops/s"), c)
				p.Rows = append(p.Rows, r)
				points = append(points, overPoint{s.title, fmt.Sprintf("%d threads", top), n, c, stat{r.Value, r.Lo, r.Hi, r.N}, r.Failed})
			}
		}
		panels = append(panels, p)
	}
	return panels, points
}

// goroutinesOver draws goroutines for each of GOMAXPROCS over one of them, a
// panel a scenario and GOMAXPROCS, the controls too.
func (d *data) goroutinesOver() (panels []Panel, points []overPoint) {
	for i := range d.scenarios {
		s := &d.scenarios[i]
		for _, procs := range d.inTurnsAt(s.key) {
			p := Panel{Title: fmt.Sprintf("%s, GOMAXPROCS %d", s.title, procs), Workload: s.workload, Lines: []RefLine{{A: 1}},
				X: Axis{Label: "goroutines for each of GOMAXPROCS", Scale: Log2, Min: 1, Max: 2}, Y: Axis{Label: "throughput kept"}}
			each := d.eachAt(s.key, "", procs)
			for _, k := range each {
				p.X.Max = max(p.X.Max, float64(k))
				p.X.Ticks = append(p.X.Ticks, Tick{float64(k), fmt.Sprint(k)})
			}
			for _, n := range d.designs {
				line := Series{Name: n, Label: n, Style: d.style[n], Quiet: d.control(n)}
				for _, k := range each {
					if x, ok := d.turned(s, n, procs, k); ok {
						x.where = p.Title
						line.add(float64(k), x.kept, k > 1, x.why)
						points = append(points, x)
					}
				}
				if len(line.X) > 0 {
					p.Series = append(p.Series, line)
				}
			}
			panels = append(panels, p)
		}
	}
	return panels, points
}

// turned is a design's point with so many goroutines for each of GOMAXPROCS;
// false where it is no part of the panel.
func (d *data) turned(s *scenario, name string, procs, each int) (x overPoint, ok bool) {
	at := func(each int) *cell {
		return d.inTurns[cellKey{kind: results.Throughput, scenario: s.key, variant: name, procs: procs, goroutines: each * procs}]
	}
	x = overPoint{workers: fmt.Sprintf("%d goroutines", each*procs), name: name, cell: at(each)}
	x.kept = kept(at(1), x.cell, "ops/s")
	switch {
	case x.cell == nil && (d.control(name) || len(d.eachAt(s.key, name, procs)) == 0):
		return x, false // a control may have some of the numbers only
	case x.cell == nil:
		x.why = "missing"
	case len(x.cell.trials) == 0:
		x.why = "failed: " + x.cell.failed[0]
	case x.kept.N == 0:
		x.why = "no trial with one goroutine for each of GOMAXPROCS beside it"
	}
	return x, true
}

// inTurnsAt returns the GOMAXPROCS at which a scenario was run by goroutines.
func (d *data) inTurnsAt(scen string) (procs []int) {
	for k := range d.inTurns {
		if k.scenario == scen && !slices.Contains(procs, k.procs) {
			procs = append(procs, k.procs)
		}
	}
	slices.Sort(procs)
	return procs
}

// eachAt returns how many goroutines for each of GOMAXPROCS a scenario was run
// with, by a design or by any, rising.
func (d *data) eachAt(scen, name string, procs int) (each []int) {
	for k := range d.inTurns {
		if n := k.goroutines / procs; k.scenario == scen && k.procs == procs && (name == "" || k.variant == name) && !slices.Contains(each, n) {
			each = append(each, n)
		}
	}
	slices.Sort(each)
	return each
}

// lossTitle names the worst loss of a design in each half that is shown to be one.
func (d *data) lossTitle(threads, goroutines []overPoint) string {
	var parts []string
	claimable := false
	for _, half := range [][]overPoint{threads, goroutines} {
		worst := overPoint{kept: stat{Med: 1}}
		for _, x := range half {
			claimable = claimable || finite(x.kept.Hi)
			if !d.control(x.name) && x.why == "" && x.kept.Hi < 1 && x.kept.Med < worst.kept.Med {
				worst = x
			}
		}
		if worst.name != "" {
			parts = append(parts, fmt.Sprintf("%s keeps %s [%s] of its throughput with %s (%s)",
				worst.name, Share.Write(worst.kept.Med), interval(Share, worst.kept.Lo, worst.kept.Hi), worst.workers, worst.where))
		}
	}
	switch {
	case !claimable:
		return ": too few repetitions to claim anything"
	case len(parts) == 0:
		return ": no design clearly loses throughput"
	}
	return ": at worst " + strings.Join(parts, ", ")
}

// turnsNotes say how to read the lines.
func (d *data) turnsNotes(points []overPoint) []string {
	disturbed, all := 0, 0
	for _, x := range points {
		if x.cell == nil {
			continue
		}
		for _, t := range x.cell.trials {
			all++
			if !t.Guard.OK {
				disturbed++
			}
		}
	}
	notes := []string{"A goroutine whose turn ends while it holds a lock keeps the lock until its next turn, 10 ms or more for each that comes before it; who spins on the lock cannot see that. Never ranked."}
	if disturbed > 0 {
		notes = append(notes, fmt.Sprintf("%d of the %d trials by goroutines were disturbed.", disturbed, all))
	}
	return notes
}

// tableOfOver writes both halves as rows, with the fairness among the workers.
func tableOfOver(halves ...[]overPoint) *Table {
	t := &Table{Head: []string{"workload", "workers", "design", "throughput kept", "95 % interval", "Jain's index", "n", "note"}, Left: 3, Note: 1}
	for _, x := range slices.Concat(halves...) {
		row := []string{x.where, x.workers, x.name, "–", "", "", "", x.why}
		if x.why == "" {
			row[3], row[4], row[6] = Share.Write(x.kept.Med), interval(Share, x.kept.Lo, x.kept.Hi), fmt.Sprint(x.kept.N)
			if jain, _ := x.cell.samples("fair-jain"); len(jain) > 0 {
				row[5] = sig(summarize(jain).Med, 3)
			}
			row[7] = "oversubscribed"
			if !x.cell.oversub {
				row[4], row[7] = "", "what the others are held against"
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
