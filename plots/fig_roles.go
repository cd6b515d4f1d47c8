package plots

import (
	"fmt"
	"slices"
	"strings"

	"vmabench/results"
)

// figRoles draws what each role got in the workloads that have more than one,
// and faults and mapper operations apart where one worker does both.
func figRoles(d *data) []*Figure {
	const id, title = "roles", "Readers and mappers apart"
	var panels []Panel
	for _, s := range d.of(results.Throughput, nil) {
		panels = append(panels, d.rolePanels(&s)...)
	}
	if len(panels) == 0 {
		return missing(id, secRoles, title, "no workload of this run has both readers and writers")
	}
	for i := range panels {
		fromZero(panels[i:i+1], SI)
	}
	return []*Figure{{
		ID: id, Section: secRoles, Title: d.rolesTitle(panels),
		Subtitle: "Operations per second of each role (or kind of operation) against GOMAXPROCS; higher is better. Median with its 95 % interval. Each panel has its own axis.",
		Panels:   panels, Legend: d.legend(panels), Notes: d.overNote(panels),
		Table: tableOf(panels, "role", "GOMAXPROCS", "ops/s"), Samples: []results.Kind{results.Throughput, counters},
	}}
}

// rolesTitle says in how many panels a design leads at the largest GOMAXPROCS
// within the CPUs: the highest median, and every interval that reaches into its own.
func (d *data) rolesTitle(panels []Panel) string {
	var order []string
	led := map[string]int{}
	n := 0
	for i := range panels {
		who, all := panels[i].ahead()
		if len(who) == 0 {
			continue
		}
		key := lead(who, all)
		if n++; led[key] == 0 {
			order = append(order, key)
		}
		led[key]++
	}
	if n == 0 {
		return "Readers and writers apart, where the workers are more than the CPUs"
	}
	var parts []string
	for _, key := range order {
		parts = append(parts, fmt.Sprintf("%s in %d", key, led[key]))
	}
	return fmt.Sprintf("Readers and writers apart: of %s, %s", plural(n, "role", "roles"), list(firstFew(parts, 4)))
}

// ahead is the lines whose interval at the last point within the CPUs reaches
// into that of the highest, of all that have one.
func (p *Panel) ahead() (who []string, all int) {
	at := func(s *Series) int {
		for k := len(s.X) - 1; k >= 0; k-- {
			if !s.Hollow[k] && finite(s.Y[k], s.Lo[k], s.Hi[k]) {
				return k
			}
		}
		return -1
	}
	best, least := 0.0, 0.0
	for i := range p.Series {
		if s, k := &p.Series[i], at(&p.Series[i]); k >= 0 && s.Y[k] > best {
			best, least = s.Y[k], s.Lo[k]
		}
	}
	for i := range p.Series {
		if s, k := &p.Series[i], at(&p.Series[i]); k >= 0 {
			if all++; s.Hi[k] >= least {
				who = append(who, s.Name)
			}
		}
	}
	return who, all
}

func (d *data) rolePanels(s *scenario) []Panel {
	var roles []string
	share := map[string]bool{}
	for _, c := range d.order {
		if c.key.kind != results.Throughput || c.key.scenario != s.key {
			continue
		}
		for _, t := range c.trials {
			for _, v := range t.Values {
				if r, ok := strings.CutSuffix(v.Unit, "-ops/s"); ok && !slices.Contains(roles, r) {
					roles = append(roles, r)
				}
			}
			for _, v := range t.Events {
				if r, ok := strings.CutSuffix(v.Unit, "-share"); ok {
					share[r] = true
				}
			}
		}
	}
	slices.Sort(roles)
	var panels []Panel
	add := func(title string, f func(*cell) []float64) {
		p := d.byProcs(results.Throughput, s, d.procs(results.Throughput, ""), func(v string, procs int) stat {
			return summarize(f(d.get(results.Throughput, s.key, v, procs)))
		}, d.main())
		for i := range p.Series {
			if slices.ContainsFunc(p.Series[i].Y, func(y float64) bool { return finite(y) }) {
				p.Title, p.Y.Label = s.title+": "+title, title+" operations/s"
				panels = append(panels, p)
				return
			}
		}
	}
	for _, r := range roles {
		add(r, func(c *cell) []float64 { xs, _ := c.samples(r + "-ops/s"); return xs })
	}
	if len(roles) == 0 && share["fault"] && (share["mmap"] || share["munmap"] || share["mprotect"]) {
		add("fault", func(c *cell) []float64 { return c.kindRate(func(k string) bool { return k == "fault" }) })
		add("map, unmap, protect", func(c *cell) []float64 { return c.kindRate(func(k string) bool { return k != "fault" }) })
	}
	return panels
}

// kindRate returns by trial the rate of the kinds of operation that keep picks.
func (c *cell) kindRate(keep func(string) bool) []float64 {
	if c == nil {
		return nil
	}
	var out []float64
	for _, t := range c.trials {
		rate, ok := t.Value("ops/s")
		if !ok {
			continue
		}
		sum := 0.0
		for _, e := range t.Events {
			if k, ok := strings.CutSuffix(e.Unit, "-share"); ok && keep(k) {
				sum += e.Value
			}
		}
		out = append(out, rate*sum)
	}
	return out
}

// figFairness draws Jain's index and the least worker's share of the best's.
func figFairness(d *data) []*Figure {
	const id, title = "fairness", "Fairness among workers of one role"
	units := []struct{ unit, title, label string }{
		{"fair-jain", "Jain's index", "1 is equal shares, 1/n is one worker has all"},
		{"fair-min/max", "slowest over fastest worker", "1 is equal rates"},
	}
	var panels []Panel
	least, what := 1.0, ""
	for _, u := range units {
		p := Panel{Title: u.title, X: Axis{Label: u.label, Max: 1, Format: Plain}}
		for _, s := range d.of(results.Throughput, nil) {
			if procs := d.ranked(s.key); procs > 1 {
				var rows []Row
				for _, n := range d.main() {
					c := d.get(results.Throughput, s.key, n, procs)
					st := d.unitStat(results.Throughput, s.key, n, procs, u.unit)
					if !finite(st.Med) || c.oversub {
						continue
					}
					rows = append(rows, rowOf(n, d.style[n], st, c))
					if u.unit == "fair-min/max" && st.Med < least {
						least, what = st.Med, fmt.Sprintf("%s in %s, GOMAXPROCS %d", n, s.title, procs)
					}
				}
				if len(rows) > 0 {
					p.Rows = append(append(p.Rows, Row{Heading: fmt.Sprintf("%s, GOMAXPROCS %d", s.title, procs), Workload: s.workload}), rows...)
				}
			}
		}
		if len(p.Rows) > 0 {
			panels = append(panels, p)
		}
	}
	if len(panels) == 0 {
		return missing(id, secRoles, title, "no trial within the CPUs had two workers of one role")
	}
	claim := "All workers of a role got the same share"
	if what != "" && least < 0.98 {
		claim = fmt.Sprintf("At worst the slowest worker got %s of the fastest one's rate (%s)", Share.Write(least), what)
	}
	return []*Figure{{
		ID: id, Section: secRoles, Title: claim,
		Subtitle: "Higher is fairer. Median over trials with its 95 % interval; oversubscribed points left out, where the scheduler decides.",
		Panels:   panels, Legend: d.legend(panels), Table: tableOfRows(panels, "index", "value"), Samples: []results.Kind{results.Throughput},
	}}
}
