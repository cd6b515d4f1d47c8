package plots

import (
	"fmt"
	"math"

	"vmabench/results"
)

// figPeers sets the designs beside the controls.
func figPeers(d *data) []*Figure {
	const id, title = "peers", "Beside other locks and the kernel"
	if len(d.designs) == len(d.main()) {
		return missing(id, secBeyond, title, "the run had neither controls (a global mutex, sync.RWMutex, no lock at all) nor the running kernel")
	}
	scens := d.of(results.Throughput, func(s *scenario) bool {
		for _, n := range d.designs {
			if d.control(n) && d.get(results.Throughput, s.key, n, d.ranked(s.key)) != nil {
				return true
			}
		}
		return false
	})
	if len(scens) == 0 {
		return missing(id, secBeyond, title, "no control ran in a throughput trial")
	}
	panels := d.bars(scens, func(s *scenario) int { return d.ranked(s.key) }, d.designs, "ns/op", "wall time per operation", Nanos)
	for i := range panels {
		panels[i].Title += fmt.Sprintf(", GOMAXPROCS %d", d.ranked(scens[i].key))
		panels[i].Dots, panels[i].X.Scale = true, Log10
	}
	shareLogRows(panels)
	return []*Figure{{
		ID: id, Section: secBeyond, Title: d.peersTitle(scens),
		Subtitle: "Wall time per operation at the largest GOMAXPROCS within the CPUs, on a logarithmic axis; left is better. " + d.besideText() + "Median with its 95 % interval.",
		Panels:   panels, Legend: d.legend(panels), Table: tableOfRows(panels, "workload", "time/op"), Samples: []results.Kind{results.Throughput},
	}}
}

// besideText says what the subjects are that stand beside the designs.
func (d *data) besideText() string {
	var controls, real []string
	for _, n := range d.designs {
		switch g := d.design(n); {
		case g.Real:
			real = append(real, n)
		case g.Control:
			controls = append(controls, n)
		}
	}
	s := ""
	if len(controls) > 0 {
		s += "Grey: " + list(controls) + ", controls and no proposals for the kernel. "
	}
	if len(real) > 0 {
		s += list(real) + ": the kernel that ran the suite, whose operations do far more than the lock. "
	}
	if len(real) > 1 {
		s += "They enter it by different paths (linux by a page-fault exception, linux-mmaplock by a system call, access(2)): " +
			"which of the two is lower says nothing of the lock; compare each with itself. "
	}
	return s
}

// peersTitle says how far the running kernel's operations are from the
// designs', which is why they are compared by shape.
func (d *data) peersTitle(scens []scenario) string {
	lo, hi := math.Inf(1), 0.0
	for _, s := range scens {
		p := d.ranked(s.key)
		for _, n := range d.designs {
			own := d.unitStat(results.Throughput, s.key, d.design(n).Model, p, "ns/op")
			if real := d.unitStat(results.Throughput, s.key, n, p, "ns/op"); d.design(n).Real && finite(real.Med, own.Med) {
				lo, hi = math.Min(lo, real.Med/own.Med), math.Max(hi, real.Med/own.Med)
			}
		}
	}
	if hi == 0 {
		return "Beside other locks: what bounds a design"
	}
	return fmt.Sprintf("An operation of the running kernel takes %s to %s times that of its model here: compare shapes, not times", sig(lo, 2), sig(hi, 2))
}

// shareLogRows gives dot panels one logarithmic axis.
func shareLogRows(panels []Panel) {
	lo, hi := math.Inf(1), 0.0
	for i := range panels {
		for j := range panels[i].Rows {
			for _, v := range []float64{panels[i].Rows[j].Value, panels[i].Rows[j].Lo, panels[i].Rows[j].Hi} {
				if panels[i].Rows[j].Heading == "" && finite(v) && v > 0 {
					lo, hi = math.Min(lo, v), math.Max(hi, v)
				}
			}
		}
	}
	for i := range panels {
		panels[i].X.Min, panels[i].X.Max = lo/1.1, hi*1.1
	}
}

// anyCell returns the first cell of a kind that has values.
func (d *data) anyCell(k results.Kind) *cell {
	for _, c := range d.order {
		if c.key.kind == k && len(c.trials) > 0 {
			return c
		}
	}
	return nil
}

// figGuard draws what share of the CPU time it asked for each trial got.
func figGuard(d *data) []*Figure {
	const id, title = "guard", "Disturbance guard"
	var panels []Panel
	bad, n := 0, 0
	ts := d.folder.Trials
	for _, k := range []results.Kind{results.Throughput, results.Latency} {
		var row StripRow
		for i := range ts {
			t := &ts[i]
			if t.Kind != k {
				continue
			}
			n++
			v := 1 - t.Guard.CPUShare
			if t.Failed != "" {
				v = math.NaN()
			} else if !t.Guard.OK {
				bad++
			}
			row.Cells = append(row.Cells, 4*v)
			row.Bad = append(row.Bad, !t.Guard.OK && t.Failed == "")
		}
		if all := len(row.Cells); all > 0 {
			row = row.fold(120)
			panels = append(panels, Panel{Title: plural(all, string(k)+" trial", string(k)+" trials"), Strip: &Strip{Rows: []StripRow{row}},
				X: Axis{Label: "in the order they ran" + each(all, len(row.Cells))}})
		}
	}
	if n == 0 {
		return missing(id, secChecks, title, "the run has no timed trials")
	}
	claim := fmt.Sprintf("All %d timed trials had their CPUs to themselves", n)
	if bad > 0 {
		claim = fmt.Sprintf("%d of %d timed trials were disturbed", bad, n)
	}
	return []*Figure{{
		ID: id, Section: secChecks, Title: claim,
		Subtitle: "Faint: a trial got all the CPU time it asked for; strong: a quarter less. Red: disturbed by the guard's rule; an outline: failed.",
		Panels:   panels, Table: d.guardTable(),
	}}
}

// each says how many trials a folded cell stands for.
func each(trials, cells int) string {
	if trials == cells {
		return ""
	}
	return fmt.Sprintf("; a cell is the worst of %d", (trials+cells-1)/cells)
}

// fold joins cells until at most n are left, keeping the worst of each group.
func (r StripRow) fold(n int) StripRow {
	k := (len(r.Cells) + n - 1) / n
	if k <= 1 {
		return r
	}
	out := StripRow{Name: r.Name}
	for i := 0; i < len(r.Cells); i += k {
		v, bad := 0.0, false
		for j := i; j < min(i+k, len(r.Cells)); j++ {
			if math.IsNaN(r.Cells[j]) || r.Cells[j] > v {
				v = r.Cells[j]
			}
			bad = bad || r.Bad[j]
		}
		out.Cells, out.Bad = append(out.Cells, v), append(out.Bad, bad)
	}
	return out
}

// guardTable sums the guard's findings by kind and GOMAXPROCS.
func (d *data) guardTable() *Table {
	t := &Table{Head: []string{"kind", "GOMAXPROCS", "trials", "fit", "disturbed", "failed", "least CPU share", "slices", "rejected", "repeated", "collections"}, Left: 1}
	for _, k := range []results.Kind{results.Throughput, results.Latency} {
		for _, procs := range d.procs(k, "") {
			var n, ok, bad, failed, slices, rejected, again, gcs int
			least := 1.0
			for _, c := range d.order {
				if c.key.kind != k || c.key.procs != procs {
					continue
				}
				failed += len(c.failed)
				n += len(c.Trials)
				for _, x := range c.trials {
					if x.Guard.OK {
						ok++
					} else {
						bad++
					}
					least = math.Min(least, x.Guard.CPUShare)
					slices, rejected, gcs = slices+x.Guard.Slices, rejected+x.Guard.Rejected, gcs+x.Guard.GCs
					again += max(0, x.Guard.Attempts-1)
				}
			}
			t.Rows = append(t.Rows, []string{string(k), fmt.Sprint(procs), fmt.Sprint(n), fmt.Sprint(ok), fmt.Sprint(bad), fmt.Sprint(failed),
				Share.Write(least), fmt.Sprint(slices), fmt.Sprint(rejected), fmt.Sprint(again), fmt.Sprint(gcs)})
		}
	}
	return t
}
