package plots

import (
	"fmt"
	"strings"

	"vmabench/results"
)

// figEvents draws what became of a fault's try for the VMA lock.
func figEvents(d *data) []*Figure {
	const id, title = "events", "SUCCESS, ABORT, RETRY, MISS"
	units := []struct{ unit, head string }{{"success/op", "SUCCESS: done under the VMA lock"}, {"abort", "ABORT: no VMA lock was had"},
		{"retry/op", "RETRY: again under mmap_lock"}, {"miss/op", "MISS: a detached VMA was found"}, {"mmap-read/op", "took mmap_lock for read"}}
	var panels []Panel
	most, who := 0.0, ""
	causes := &Table{Head: []string{"workload", "design"}, Left: 2}
	var units2 []string
	for _, s := range d.of(results.Throughput, nil) {
		procs := d.ranked(s.key)
		p := Panel{Title: fmt.Sprintf("%s, GOMAXPROCS %d", s.title, procs), Workload: s.workload, X: Axis{Label: "share of all operations", Max: 1, Format: Share}}
		for _, u := range units {
			var rows []Row
			sum := 0.0
			for _, n := range d.main() {
				c := d.get(results.Throughput, s.key, n, procs)
				st := summarize(c.event(u.unit))
				if !finite(st.Med) {
					continue
				}
				r := rowOf(n, d.style[n], st, c)
				r.Text = r.share()
				rows, sum = append(rows, r), sum+st.Med
				if u.unit == "abort" && st.Med > most {
					most, who = st.Med, n+" in "+s.title
				}
			}
			if len(rows) > 0 && sum > 0 {
				p.Rows = append(append(p.Rows, Row{Heading: u.head}), rows...)
			}
		}
		if len(p.Rows) == 0 {
			continue
		}
		panels = append(panels, p)
		d.causes(&s, procs, causes, &units2)
	}
	if len(panels) == 0 {
		return missing(id, secEvents, title, "no trial of this run counted lock events")
	}
	for i := range causes.Rows {
		for len(causes.Rows[i]) < len(causes.Head) {
			causes.Rows[i] = append(causes.Rows[i], "–")
		}
	}
	claim := "No fault was turned away from its VMA lock"
	if who != "" {
		claim = fmt.Sprintf("Up to %s of operations found no VMA lock (%s)", Share.Write(most), who)
	}
	return []*Figure{{
		ID: id, Section: secEvents, Title: claim,
		Subtitle: "Events per operation by workload and design, from zero; an operation that is no fault has none. An event that no design had is left out; the table has all of them and splits ABORT by cause.",
		Panels:   panels, Legend: d.legend(panels), Table: causes,
	}}
}

// share writes a rate whose bar is too short to see.
func (r *Row) share() string {
	switch {
	case r.Failed != "":
		return r.Failed
	case r.Value == 0:
		return "0"
	case r.Value < 1e-5:
		return sig(r.Value*1e6, 2) + " per million"
	}
	return Share.Write(r.Value)
}

// rate writes a number per operation.
func rate(v float64) string {
	if v > 0 && v < 1e-3 {
		return sig(v*1e6, 2) + " per million"
	}
	return sig(v, 3)
}

// causes adds a row a design with every lock event of the scenario.
func (d *data) causes(s *scenario, procs int, t *Table, units *[]string) {
	for _, n := range d.main() {
		c := d.get(results.Throughput, s.key, n, procs)
		if c == nil || len(c.trials) == 0 {
			continue
		}
		for _, e := range c.trials[0].Events {
			if !strings.HasSuffix(e.Unit, "/op") || e.Unit == "B/op" {
				continue
			}
			known := false
			for _, u := range *units {
				known = known || u == e.Unit
			}
			if !known {
				*units = append(*units, e.Unit)
				t.Head = append(t.Head, strings.TrimSuffix(e.Unit, "/op"))
			}
		}
		row := []string{s.title, n}
		for _, u := range *units {
			xs := c.event(u)
			if len(xs) == 0 {
				row = append(row, "–")
				continue
			}
			v := summarize(xs).Med
			r := Row{Value: v}
			row = append(row, r.share())
		}
		t.Rows = append(t.Rows, row)
	}
}

// figWaits draws spins, parks and wakes: what decides a blocking result.
func figWaits(d *data) []*Figure {
	const id, title = "waits", "Spinning, sleeping, waking"
	var panels []Panel
	for _, u := range []struct{ unit, title string }{{"spins/op", "spins per operation"}, {"parks/op", "parks per operation"}, {"wakes/op", "wakes per operation"}} {
		p := Panel{Title: u.title, X: Axis{Format: Plain}}
		for _, s := range d.of(results.Throughput, nil) {
			var rows []Row
			for _, n := range d.main() {
				c := d.get(results.Throughput, s.key, n, d.ranked(s.key))
				st := summarize(c.event(u.unit))
				if finite(st.Med) {
					r := rowOf(n, d.style[n], st, c)
					r.Text = rate(r.Value)
					rows = append(rows, r)
				}
			}
			if len(rows) > 0 {
				p.Rows = append(append(p.Rows, Row{Heading: s.title}), rows...)
			}
		}
		if len(p.Rows) > 0 {
			p.rowScale()
			panels = append(panels, p)
		}
	}
	if len(panels) == 0 {
		return missing(id, secEvents, title, "no trial of this run counted waits")
	}
	return []*Figure{{
		ID: id, Section: secEvents, Title: title + ": how the locks waited in the trials above",
		Subtitle: "Per operation at the largest GOMAXPROCS within the CPUs; lower is less waiting. A sleep and its wake across CPUs cost as much as hundreds of operations, so these decide what a blocking lock costs.",
		Panels:   panels, Legend: d.legend(panels), Table: tableOfRows(panels, "kind", "per op"),
	}}
}
