package plots

import (
	"fmt"
	"math"
	"strings"

	"vmabench/results"
)

// figRelative draws each design's throughput over the baseline's, once for
// every design as the baseline; all but the run's own are hidden until picked.
func figRelative(d *data) []*Figure {
	scens := d.of(results.Throughput, nil)
	if len(scens) == 0 || len(d.main()) < 2 {
		return missing("relative", secThroughput, "Change relative to a baseline", "it takes throughput trials of two designs")
	}
	if len(d.procs(results.Throughput, "")) < 2 {
		return missing("relative", secThroughput, "Change relative to a baseline, by GOMAXPROCS", "the run has one GOMAXPROCS only: the overview says all")
	}
	out := []*Figure{d.relative(scens, d.baseline)}
	for _, n := range without(d.baselines(), d.baseline) {
		f := d.relative(scens, n)
		f.ID, f.Hidden = f.ID+"-"+n, true
		out = append(out, f)
	}
	return out
}

func (d *data) relative(scens []scenario, base string) *Figure {
	effect := d.versus(base).Options.Effect
	var panels []Panel
	for i := range scens {
		s := &scens[i]
		p := d.byProcs(results.Throughput, s, d.procs(results.Throughput, ""), func(v string, procs int) stat {
			return ratioOf(d.delta(base, s.key, v, procs, "ops/s"))
		}, without(d.main(), base))
		if len(p.Series) == 0 {
			continue
		}
		p.Y.Label = "throughput against " + base
		p.Shades = append([]Shade{{OfY: true, Lo: 1 - effect, Hi: 1 + effect}}, p.Shades...)
		p.Lines = append(p.Lines, RefLine{A: 1, Label: base})
		d.hardwareMarks(&p)
		panels = append(panels, p)
	}
	ratioAxes(panels)
	return &Figure{
		ID: "relative", Section: secThroughput, Title: d.growthTitle(scens, base), Baseline: base,
		Subtitle: fmt.Sprintf("Throughput over that of %s in the same repetition; higher is better. Median of the paired ratios with its 95 %% interval. "+
			"Shaded: within ±%s, no difference seen.", base, trimZeros(Share.Write(effect))),
		Panels: panels, Legend: append(d.legend(panels), Key{Label: base + " = 1", Line: true}),
		Notes: append(d.overNote(panels), d.jobsNote()...), Table: tableOf(panels, "workload", "GOMAXPROCS", "over "+base), Samples: []results.Kind{results.Throughput},
	}
}

func without(names []string, n string) []string {
	var out []string
	for _, x := range names {
		if x != n {
			out = append(out, x)
		}
	}
	return out
}

// ratioAxes puts ratios on logarithmic axes, where twice and half are as far
// from 1. Panels share one, unless the widest would crush the others.
func ratioAxes(panels []Panel) {
	type ends struct{ down, up float64 }
	own := make([]ends, len(panels))
	all := ends{1.04, 1.04}
	for i := range panels {
		own[i] = ends{1.04, 1.04}
		for j := range panels[i].Series {
			s := &panels[i].Series[j]
			for k := range s.Y {
				stretch(&own[i].down, &own[i].up, s.Y[k], s.Lo[k], s.Hi[k])
			}
		}
		all = ends{math.Max(all.down, own[i].down), math.Max(all.up, own[i].up)}
	}
	for i := range panels {
		e := own[i]
		if all.down*all.up < 20 {
			e = all
		}
		y := &panels[i].Y
		y.Scale, y.Format = Log10, Percent
		y.Min, y.Max, y.Ticks = ratioAxis(e.down, e.up)
	}
}

// stretch widens the range from 1/down to up so that it holds the values.
func stretch(down, up *float64, vs ...float64) {
	for _, v := range vs {
		if finite(v) && v > 0 {
			*up, *down = math.Max(*up, v), math.Max(*down, 1/v)
		}
	}
}

// ratioAxis returns the ends and ticks of an axis from 1/down to up: in percent
// where all is near 1, else in factors.
func ratioAxis(down, up float64) (lo, hi float64, out []Tick) {
	if down <= 1.5 && up <= 1.5 {
		step := 0.05
		if math.Max(up, down) > 1.25 {
			step = 0.1
		}
		if math.Max(up, down) <= 1.1 {
			step = 0.02
		}
		for i := -int(math.Ceil((1 - 1/down) / step)); i <= int(math.Ceil((up-1)/step)); i++ {
			v := 1 + float64(i)*step
			out = append(out, Tick{v, trimZeros(signed(float64(i)*step*100, 3)) + " %"})
		}
		return out[0].V, out[len(out)-1].V, out
	}
	lo, hi = 1/down/1.05, up*1.05
	if up > 3000 || down > 3000 { // no lock's, but drawn all the same
		for _, v := range logTicks(lo, hi, 5) {
			out = append(out, Tick{v, trimZeros(times(v))})
		}
		return lo, hi, out
	}
	for _, v := range []float64{0.001, 0.01, 0.03, 0.1, 0.25, 0.5, 0.7} {
		if down >= 0.97/v && (v != 0.7 || down < 2.5) {
			out = append(out, Tick{v, trimZeros(sig(v, 2)) + "×"})
			lo = math.Min(lo, v/1.03)
		}
	}
	for _, v := range []float64{1, 1.2, 1.5, 2, 3, 5, 10, 30, 100, 300, 1000} {
		dense := v == 1.2 && up > 2.2 || v == 1.5 && up > 3 || v == 3 && up > 12 || v == 2 && up > 25 || v == 300
		if up >= v*0.97 && !dense {
			out = append(out, Tick{v, trimZeros(sig(v, 4)) + "×"})
		}
	}
	return lo, math.Max(hi, out[len(out)-1].V*1.03), out
}

// relativeTitle says where each design is faster and slower than base with all
// CPUs.
func (d *data) relativeTitle(scens []scenario, base string) string {
	var parts phrases
	top := 0
	for _, n := range without(d.main(), base) {
		t := d.tally(scens, base, n, d.ranked)
		top = max(top, t.procs)
		all, w := plural(t.all(), "workload", "workloads"), len(t.wins)
		var lost []string
		for _, x := range t.losses {
			lost = append(lost, d.titleOf(x))
		}
		switch {
		case t.all() == 0:
			parts.add(n, "without a trial to compare")
		case w > 0 && len(lost) > 0:
			parts.add(n, "faster in %d of %s and slower in %d (%s)", w, all, len(lost), list(firstFew(lost, 3)))
		case w > 0:
			parts.add(n, "faster in %d of %s and slower in none", w, all)
		case len(lost) > 0:
			parts.add(n, "slower in %d of %s (%s) and faster in none", len(lost), all, list(firstFew(lost, 3)))
		default:
			parts.add(n, "without a shown difference")
		}
	}
	return fmt.Sprintf("Against %s at GOMAXPROCS %d: %s", base, top, parts.String())
}

// growthTitle says whose lead over base more CPUs change: intervals that do not
// meet.
func (d *data) growthTitle(scens []scenario, base string) string {
	var parts phrases
	top := 0
	for _, n := range without(d.main(), base) {
		more, less, all := 0, 0, 0
		for _, s := range scens {
			p := d.ranked(s.key)
			one, at := d.delta(base, s.key, n, 1, "ops/s"), d.delta(base, s.key, n, p, "ops/s")
			if d.allJobs(s.key) || p < 2 || one == nil || at == nil || !finite(one.Lo, one.Hi, at.Lo, at.Hi) {
				continue
			}
			all, top = all+1, max(top, p)
			switch {
			case at.Lo > one.Hi:
				more++
			case at.Hi < one.Lo:
				less++
			}
		}
		if all > 0 {
			parts.add(n, "up in %d of %s and down in %d", more, plural(all, "workload", "workloads"), less)
		}
	}
	if len(parts) == 0 {
		return "Against " + base + " by GOMAXPROCS"
	}
	return fmt.Sprintf("From GOMAXPROCS 1 to %d against %s: %s", top, base, parts.String())
}

func firstFew(w []string, n int) []string {
	if len(w) <= n {
		return w
	}
	return append(append([]string{}, w[:n-1]...), fmt.Sprintf("%d more", len(w)-n+1))
}

// phrases is what is said of designs; those of whom the same is said stand
// together.
type phrases []struct {
	what  string
	names []string
}

func (p *phrases) add(name, format string, args ...any) {
	what := fmt.Sprintf(format, args...)
	for i := range *p {
		if (*p)[i].what == what {
			(*p)[i].names = append((*p)[i].names, name)
			return
		}
	}
	*p = append(*p, struct {
		what  string
		names []string
	}{what, []string{name}})
}

// String says the first few; a run of many designs has a table.
func (p phrases) String() string {
	var parts []string
	for _, x := range p {
		parts = append(parts, list(firstFew(x.names, 3))+" "+x.what)
	}
	return strings.Join(firstFew(parts, 4), "; ")
}
