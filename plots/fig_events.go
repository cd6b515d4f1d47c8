package plots

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"vmabench/results"
)

// lockEvents are what may become of a fault.
var lockEvents = []struct{ unit, title string }{
	{"success/op", "SUCCESS: done under the VMA lock"}, {"abort", "ABORT: no VMA lock was had"},
	{"retry/op", "RETRY: again under mmap_lock"}, {"miss/op", "MISS: a detached VMA was found"}, {"mmap-read/op", "took mmap_lock for read"},
}

// figEvents draws what became of a fault's try for the VMA lock: a panel an
// event, with the workloads that had any.
func figEvents(d *data) []*Figure {
	const id, title = "events", "SUCCESS, ABORT, RETRY, MISS"
	scens := d.of(results.Throughput, nil)
	var panels []Panel
	var never []string
	most, who := 0.0, ""
	for _, u := range lockEvents {
		p := d.perOp(scens, u.unit, u.title, 1, (*Row).share)
		for _, r := range p.Rows {
			if u.unit == "abort" && r.Heading == "" && r.Failed == "" && r.Value > most {
				most, who = r.Value, r.Name
			}
		}
		if len(p.Rows) == 0 {
			never = append(never, strings.ToUpper(strings.TrimSuffix(u.unit, "/op")))
			continue
		}
		p.X.Label, p.X.Format = "share of all operations", Share
		panels = append(panels, p)
	}
	if len(panels) == 0 {
		return missing(id, secEvents, title, "no trial of this run counted lock events")
	}
	claim := "No fault was turned away from its VMA lock"
	if who != "" {
		claim = fmt.Sprintf("At most %s of a workload's operations found no VMA lock (%s)", Share.Write(most), who)
	}
	f := &Figure{
		ID: id, Section: secEvents, Title: claim,
		Subtitle: "Events per operation at the largest GOMAXPROCS within the CPUs, from zero; an operation that is no fault has none. Workloads without the event are left out; the table has all of them and splits ABORT by cause.",
		Panels:   panels, Legend: d.legend(panels), Table: d.causes(scens), Samples: []results.Kind{counters},
	}
	if len(never) > 0 {
		f.Notes = []string{"Nowhere: " + list(never) + "."}
	}
	return []*Figure{f}
}

// perOp is a panel of an event's rate, times scale, for the workloads in which
// a design had any.
func (d *data) perOp(scens []scenario, unit, title string, scale float64, text func(*Row) string) Panel {
	p := Panel{Title: title}
	for _, s := range scens {
		procs := d.ranked(s.key)
		var rows []Row
		sum := 0.0
		for _, n := range d.main() {
			c := d.get(results.Throughput, s.key, n, procs)
			st := summarize(c.event(unit))
			if !finite(st.Med) {
				continue
			}
			r := rowOf(n, d.style[n], stat{scale * st.Med, scale * st.Lo, scale * st.Hi, st.N}, c)
			r.Text = text(&r)
			rows, sum = append(rows, r), sum+st.Med
		}
		if sum > 0 {
			p.Rows = append(append(p.Rows, Row{Heading: fmt.Sprintf("%s, GOMAXPROCS %d", s.title, procs), Workload: s.workload}), rows...)
		}
	}
	p.rowScale()
	return p
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

// causes is every lock event of every design, a row a design.
func (d *data) causes(scens []scenario) *Table {
	t := &Table{Head: []string{"workload", "design"}, Left: 2}
	for _, s := range scens {
		for _, n := range d.main() {
			c := d.get(results.Throughput, s.key, n, d.ranked(s.key))
			if c == nil || len(c.trials) == 0 {
				continue
			}
			for _, e := range c.trials[0].Events {
				name, ok := strings.CutSuffix(e.Unit, "/op")
				if ok && e.Unit != "B/op" && !slices.Contains(t.Head[2:], name) {
					t.Head = append(t.Head, name)
				}
			}
			t.Rows = append(t.Rows, []string{s.title, n})
		}
	}
	for i, row := range t.Rows {
		s := scens[slices.IndexFunc(scens, func(s scenario) bool { return s.title == row[0] })]
		c := d.get(results.Throughput, s.key, row[1], d.ranked(s.key))
		for _, name := range t.Head[2:] {
			cell := "–"
			if xs := c.event(name + "/op"); len(xs) > 0 {
				cell = (&Row{Value: summarize(xs).Med}).share()
			}
			t.Rows[i] = append(t.Rows[i], cell)
		}
	}
	return t
}

// figWaits draws spins, parks and wakes: what decides a blocking result.
func figWaits(d *data) []*Figure {
	const id, title = "waits", "Spinning, sleeping, waking"
	scens := d.of(results.Throughput, nil)
	counted := slices.ContainsFunc(d.order, func(c *cell) bool { return len(c.event("spins/op")) > 0 })
	if !counted {
		return missing(id, secEvents, title, "no trial of this run counted waits")
	}
	var panels []Panel
	rate := func(r *Row) string {
		if r.Value > 0 && r.Value < 1e-3 {
			return sig(r.Value*1e6, 2) + " per million"
		}
		return SI.Write(r.Value)
	}
	most, who := 0.0, ""
	for _, u := range []struct {
		unit, title string
		scale       float64
	}{{"spins/op", "spins per operation", 1}, {"parks/op", "parks per million operations", 1e6}, {"wakes/op", "wakes per million operations", 1e6}} {
		p := d.perOp(scens, u.unit, u.title, u.scale, rate)
		where := ""
		for _, r := range p.Rows {
			if where = cmp.Or(r.Heading, where); u.unit == "parks/op" && r.Heading == "" && r.Value > most {
				most, who = r.Value, r.Name+" in "+where
			}
		}
		if p.X.Format, p.X.Label = SI, u.title; len(p.Rows) > 0 {
			panels = append(panels, p)
		}
	}
	if len(panels) == 0 {
		return missing(id, secEvents, title, "no design waited in a trial of this run")
	}
	claim := "The locks waited by spinning alone"
	if who != "" {
		claim = fmt.Sprintf("The locks slept at most %s times in a million operations (%s)", SI.Write(most), who)
	}
	return []*Figure{{
		ID: id, Section: secEvents, Title: claim,
		Subtitle: "At the largest GOMAXPROCS within the CPUs; lower is less waiting. A sleep and its wake across CPUs cost as much as hundreds of operations, so these decide what a blocking lock costs. Workloads in which nobody waited are left out.",
		Panels:   panels, Legend: d.legend(panels), Table: tableOfRows(panels, "kind", "value"), Samples: []results.Kind{counters},
	}}
}
