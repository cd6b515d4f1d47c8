package plots

import (
	"strings"

	"vmabench/results"
)

// figModelled draws what a simulated machine says, never on measured ground: the
// rates, then what an operation costs whoever waits for it.
func figModelled(d *data) []*Figure {
	const id, title = "modelled", "On simulated machines"
	scens := d.of(results.Modelled, nil)
	if len(scens) == 0 {
		return missing(id, secModels, title, "the folder has no modelled trials (make simulate)")
	}
	label, f := "operations/s (modelled)", SI
	unit := func(c *cell) string { return "ops/s" }
	if c := d.anyCell(results.Modelled); c != nil {
		if _, ok := c.trials[0].Value("ops/s"); !ok {
			first := c.trials[0].Values[0].Unit
			label, f, unit = first+" (modelled)", Plain, func(*cell) string { return first }
		}
	}
	rates := d.modelled(scens, unit, label)
	fromZero(rates, f)
	waits, falls := d.modelled(scens, p99Unit, "p99 of an operation (modelled)"), d.modelled(scens, fallbackUnit, "faults under mmap_lock an operation (modelled)")
	fromZero(waits, Nanos)
	fromZero(falls, Share)
	costs := append(waits, falls...)
	fig := &Figure{
		ID: id, Section: secModels, Title: "Modelled, not measured: the same lock source on simulated machines",
		Subtitle: "What a model of a cache-coherent machine computes for the lock code " + d.alsoMeasured() + "; higher is better. It is good for shapes and knees, not for percentages. Dotted on hatched ground: modelled.",
		Panels:   rates, Legend: modelledLegend(d, rates), Table: tableOf(rates, "scenario", "CPUs", label), Samples: []results.Kind{results.Modelled}, Command: d.simulate(),
	}
	if len(costs) == 0 {
		return []*Figure{fig}
	}
	return []*Figure{fig, {
		ID: "modelled-cost", Section: secModels, Title: "Modelled: the slowest hundredth of operations, and faults that fell back to mmap_lock",
		Subtitle: "The 99th percentile of an operation, of its first role where there are several, and the operations that took mmap_lock for read; lower is better. The trials have p50 and p99.9 too. Dotted on hatched ground: modelled.",
		Panels:   costs, Legend: modelledLegend(d, costs), Table: tableOf(costs, "scenario", "CPUs", "p99, or faults under mmap_lock"), Samples: []results.Kind{results.Modelled}, Command: d.simulate(),
	}}
}

func modelledLegend(d *data, panels []Panel) []Key {
	legend := d.legend(panels)
	for i := range legend {
		legend[i].Modelled = true
	}
	return legend
}

// p99Unit is the unit of the first role's 99th percentile.
func p99Unit(c *cell) string {
	for _, v := range c.trials[0].Values {
		if strings.HasSuffix(v.Unit, "p99-ns") {
			return v.Unit
		}
	}
	return ""
}

func fallbackUnit(*cell) string { return "mmap-read/op" }

// modelled draws a unit of each scenario against CPUs; scenarios without it are
// left out.
func (d *data) modelled(scens []scenario, unit func(*cell) string, label string) []Panel {
	var panels []Panel
	for i := range scens {
		s := &scens[i]
		some := false
		p := d.byProcs(results.Modelled, s, d.procs(results.Modelled, ""), func(v string, procs int) stat {
			c := d.get(results.Modelled, s.key, v, procs)
			if c == nil || len(c.trials) == 0 {
				return summarize(nil)
			}
			xs, _ := c.samples(unit(c))
			some = some || len(xs) > 0
			return summarize(xs)
		}, d.designs)
		if !some {
			continue
		}
		p.Shades, p.Modelled, p.X.Label, p.Y.Label = nil, true, "simulated CPUs", label
		if m := s.param("machine"); m != "" {
			p.Title += " on " + m
		}
		for j := range p.Series {
			p.Series[j].Modelled, p.Series[j].Hollow = true, nil
			p.Series[j].Lo, p.Series[j].Hi = nil, nil // a model has no trials to vary
		}
		panels = append(panels, p)
	}
	return panels
}
