package plots

import (
	"fmt"
	"slices"
	"strings"

	"vmabench/results"
)

// subset draws the scaling of workloads by name, on one axis, as the answer to
// one question.
func subset(d *data, id, title, question string, need int, names ...string) []*Figure {
	scens := d.of(results.Throughput, func(s *scenario) bool {
		base, _, _ := strings.Cut(s.workload, "/")
		return slices.Contains(names, base)
	})
	seen := map[string]bool{}
	for _, s := range scens {
		base, _, _ := strings.Cut(s.workload, "/")
		seen[base] = true
	}
	if len(seen) < need {
		var lack []string
		for _, n := range names {
			if !seen[n] {
				lack = append(lack, n)
			}
		}
		return missing(id, secCases, title, "the plan of this run has no "+list(lack))
	}
	panels := d.scaling(scens, "ops/s", "operations/s", SI, true)
	return []*Figure{{
		ID: id, Section: secCases, Title: title + ": " + d.leaders(scens),
		Subtitle: question + " Operations per second against GOMAXPROCS; higher is better; median with its 95 % interval.",
		Panels:   panels, Legend: d.legend(panels), Notes: d.overNote(panels), Command: d.command(strings.Join(names, "|")),
		Table: tableOf(panels, "workload", "GOMAXPROCS", "ops/s"), Samples: []results.Kind{results.Throughput},
	}}
}

// leaders says who is ahead in each scenario at the ranked GOMAXPROCS.
func (d *data) leaders(scens []scenario) string { return d.leadersBy("ops/s", scens) }

// leadersBy is leaders by the rate of one role; "" where no trial has it.
func (d *data) leadersBy(unit string, scens []scenario) string {
	led := map[string][]string{}
	var order []string
	for _, s := range scens {
		who, all := d.ahead(&s, unit)
		if len(who) == 0 {
			continue
		}
		key := lead(who, all)
		if led[key] == nil {
			order = append(order, key)
		}
		led[key] = append(led[key], s.title)
	}
	var parts []string
	for _, key := range order {
		parts = append(parts, key+" in "+list(firstFew(led[key], 4)))
	}
	return strings.Join(parts, "; ")
}

// ahead is the design with the highest median, and those that cannot be told
// from it, of how many that have one.
func (d *data) ahead(s *scenario, unit string) (who []string, all int) {
	p := d.ranked(s.key)
	best := none
	for _, n := range d.main() {
		st := d.unitStat(results.Throughput, s.key, n, p, unit)
		if !finite(st.Med) {
			continue
		}
		if all++; all == 1 || st.Med > best.Med {
			best, who = st, []string{n}
		}
	}
	if all == 0 {
		return nil, 0
	}
	for _, n := range d.main() {
		if v := d.delta(who[0], s.key, n, p, unit); n != who[0] && v != nil && v.Better() >= 0 {
			who = append(who, n)
		}
	}
	slices.SortFunc(who, func(a, b string) int { return slices.Index(d.designs, a) - slices.Index(d.designs, b) })
	return who, all
}

// lead says that some of all designs do.
func lead(who []string, all int) string {
	switch len(who) {
	case all:
		return "nobody leads"
	case 1:
		return who[0] + " leads"
	}
	return list(firstFew(who, 3)) + " lead"
}

func figSharing(d *data) []*Figure {
	return subset(d, "sharing", "Disjoint, pipelined and global sharing", "The triad of RadixVM: does a design scale where the ranges do not meet?", 2, "local", "pipeline", "global")
}

func figHot(d *data) []*Figure {
	return subset(d, "hot", "One hot VMA against a VMA for each worker", "Does a lock inside the VMA cost what its sharing costs?", 2, "hotvma", "ownvma", "pft")
}

func figProtect(d *data) []*Figure {
	return subset(d, "mprotect", "mprotect of ranges that never meet, and of ranges that do", "Writers on disjoint ranges take turns on mmap_lock, in rangelock for the index alone.", 2, "mprotect-disjoint", "mprotect-overlap")
}

func figTraces(d *data) []*Figure {
	return subset(d, "applications", "Shapes of applications", "Allocator growth, thread creation, an app start.", 1, "arena", "threadstacks", "launch", "gc-mprotect", "trace")
}

// figMix draws throughput and the fallback to mmap_lock against the share of
// mapper operations.
func figMix(d *data) []*Figure {
	const id, title = "mix", "Faults beside mappers"
	scens := d.of(results.Throughput, func(s *scenario) bool { return s.param("write") != "" })
	if len(scens) < 2 {
		return missing(id, secCases, title, "the run has fewer than two shares of mapper operations (workload mixed)")
	}
	procs := 0
	for _, s := range scens {
		procs = max(procs, d.ranked(s.key))
	}
	units := []struct {
		label, unit string
		f           Format
	}{{"operations/s", "ops/s", SI}, {"aborts of the VMA lock per operation", "abort", Share}, {"faults under mmap_lock per operation", "mmap-read/op", Share}}
	var panels []Panel
	for _, u := range units {
		p := Panel{Title: u.label, X: Axis{Label: "share of map and unmap operations, %", Scale: Linear, Max: float64(len(scens) - 1)}}
		for i, s := range scens {
			p.X.Ticks = append(p.X.Ticks, Tick{float64(i), s.param("write")})
		}
		for _, n := range d.main() {
			line := Series{Name: n, Label: n, Style: d.style[n]}
			for i, s := range scens {
				c := d.get(results.Throughput, s.key, n, procs)
				if c == nil {
					continue
				}
				why := ""
				if len(c.trials) == 0 {
					why = "failed: " + c.failed[0]
				}
				line.add(float64(i), summarize(c.event(u.unit)), c.oversub, why)
			}
			p.Series = append(p.Series, line)
		}
		panels = append(panels, p)
		fromZero(panels[len(panels)-1:], u.f)
	}
	return []*Figure{{
		ID: id, Section: secCases, Title: fmt.Sprintf("%s, at GOMAXPROCS %d: %s", title, procs, d.leaders(scens)),
		Subtitle: "Against the share of operations that map or unmap (steps, not to scale). Throughput: higher is better; the rest: lower is. Median with its 95 % interval.",
		Panels:   panels, Legend: d.legend(panels), Table: tableOf(panels, "metric", "share of writes", "value"), Samples: []results.Kind{results.Throughput, counters}, Command: d.command("mixed"),
	}}
}

// event returns a counter by trial; "abort" is the sum of its causes.
func (c *cell) event(unit string) []float64 {
	if c == nil {
		return nil
	}
	var out []float64
	for _, t := range c.trials {
		sum, any := 0.0, false
		for _, e := range t.Events {
			if e.Unit == unit || unit == "abort" && strings.HasPrefix(e.Unit, "abort-") {
				sum, any = sum+e.Value, true
			}
		}
		if v, ok := t.Value(unit); ok && !any {
			sum, any = v, true
		}
		if any {
			out = append(out, sum)
		}
	}
	return out
}

// figFork draws the time of a fork against the number of VMAs.
func figFork(d *data) []*Figure {
	const id = "fork"
	scens := d.of(results.Throughput, func(s *scenario) bool { return strings.HasPrefix(s.workload, "fork") })
	if len(scens) == 0 {
		return missing(id, secCases, "fork beside faults", "the plan of this run has no fork-storm")
	}
	faults := d.roleBars(scens, "faulter", "faults/s beside a forking worker")
	forks := d.roleBars(scens, "forker", "forks/s beside faulting workers")
	panels := append(faults, forks...)
	if len(panels) == 0 {
		return missing(id, secCases, "fork beside faults", "no fork trial has more than one worker within the CPUs")
	}
	return []*Figure{{
		ID: id, Section: secCases, Title: "fork beside faults: by faults, " + d.leadersBy("faulter-ops/s", scens) + "; by forks, " + d.leadersBy("forker-ops/s", scens),
		Subtitle: "Rates of the two roles apart at the largest GOMAXPROCS within the CPUs; higher is better. Median with its 95 % interval; a panel for each number of VMAs.",
		Panels:   panels, Legend: d.legend(panels), Table: tableOfRows(panels, "panel", "rate"), Samples: []results.Kind{results.Throughput}, Command: d.command("fork-storm"),
	}}
}

func (d *data) roleBars(scens []scenario, role, xLabel string) []Panel {
	var panels []Panel
	for i := range scens {
		s := &scens[i]
		procs := d.ranked(s.key)
		p := Panel{Title: s.title + ": " + role, Workload: s.workload, X: Axis{Label: xLabel, Format: SI}}
		any := false
		for _, n := range d.barNames(results.Throughput, s.key, procs) {
			c := d.get(results.Throughput, s.key, n, procs)
			st := d.unitStat(results.Throughput, s.key, n, procs, role+"-ops/s")
			any = any || finite(st.Med)
			p.Rows = append(p.Rows, rowOf(n, d.style[n], st, c))
		}
		if any {
			p.rowScale()
			panels = append(panels, p)
		}
	}
	return panels
}
