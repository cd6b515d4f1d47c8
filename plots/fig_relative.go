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
	out := []*Figure{d.relative(scens, d.baseline)}
	for _, n := range d.main() {
		if n != d.baseline {
			f := d.relative(scens, n)
			f.ID, f.Hidden = f.ID+"-"+n, true
			out = append(out, f)
		}
	}
	return out
}

func (d *data) relative(scens []scenario, base string) *Figure {
	effect := d.versus(base).Options.Effect
	var panels []Panel
	for i := range scens {
		s := &scens[i]
		p := d.byProcs(results.Throughput, s, func(v string, procs int) stat {
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
		ID: "relative", Section: secThroughput, Title: d.relativeTitle(scens, base), Baseline: base,
		Subtitle: fmt.Sprintf("Throughput over that of %s in the same repetition; higher is better. Median of the paired ratios with its 95 %% interval. "+
			"Shaded: within ±%s, no difference seen.", base, trimZeros(Share.Write(effect))),
		Panels: panels, Legend: append(d.legend(panels), Key{Label: base + " = 1", Line: true}),
		Notes: d.overNote(), Table: tableOf(panels, "workload", "GOMAXPROCS", "over "+base), Lines: d.lines(results.Throughput, scens, 0, "ops/s"),
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
// from 1. Each way the axis ends at a round step, and never nearer than 8 %.
func ratioAxes(panels []Panel) {
	for i := range panels {
		p := &panels[i]
		up, down := 1.08, 1.08
		for j := range p.Series {
			s := &p.Series[j]
			for k := range s.Y {
				for _, v := range []float64{s.Y[k], s.Lo[k], s.Hi[k]} {
					if finite(v) && v > 0 {
						up, down = math.Max(up, v), math.Max(down, 1/v)
					}
				}
			}
		}
		p.Y.Scale, p.Y.Format = Log10, Percent
		hi, lo := ratioStep(up), ratioStep(down)
		// The shorter way needs no step finer than the longer one's.
		coarse := math.Max(hi[0], lo[0])
		p.Y.Max, p.Y.Min, p.Y.Ticks = hi[0], 1/lo[0], nil
		for k := len(lo) - 1; k >= 1; k-- {
			if lo[k] > 1+(coarse-1)/12 {
				p.Y.Ticks = append(p.Y.Ticks, Tick{1 / lo[k], ratioWord(1/lo[k], coarse)})
			}
		}
		p.Y.Ticks = append(p.Y.Ticks, Tick{1, ratioWord(1, coarse)})
		for k := 1; k < len(hi); k++ {
			if hi[k] > 1+(coarse-1)/12 {
				p.Y.Ticks = append(p.Y.Ticks, Tick{hi[k], ratioWord(hi[k], coarse)})
			}
		}
	}
}

// ratioSteps are the ends of ratio axes, each with its ticks.
var ratioSteps = [][]float64{
	{1.1, 1.05, 1.1}, {1.25, 1.1, 1.2}, {1.5, 1.2, 1.4}, {2.1, 1.5, 2}, {4.2, 2, 4}, {10.5, 2, 5, 10}, {32, 3, 10, 30}, {110, 10, 100}, {1100, 10, 100, 1000},
}

func ratioStep(far float64) []float64 {
	for _, s := range ratioSteps {
		if far <= s[0] {
			return s
		}
	}
	return ratioSteps[len(ratioSteps)-1]
}

// ratioWord writes a tick of an axis that reaches as far as far: percentages
// where all is near 1, else factors.
func ratioWord(v, far float64) string {
	switch {
	case far <= 1.5 && v == 1:
		return "0 %"
	case far <= 1.5:
		return trimZeros(signed((v-1)*100, 3)) + " %"
	case v < 1:
		return "1/" + trimZeros(sig(1/v, 3))
	}
	return trimZeros(sig(v, 3)) + "×"
}

// verdicts counts at the largest GOMAXPROCS within the CPUs.
func (d *data) verdicts(scens []scenario, base, n string) (wins, losses, same []string, procs int) {
	for _, s := range scens {
		p := d.ranked(s.key)
		v := d.delta(base, s.key, n, p, "ops/s")
		if v == nil || !finite(v.Ratio) {
			continue
		}
		procs = max(procs, p)
		switch {
		case v.Better() > 0:
			wins = append(wins, s.title)
		case v.Better() < 0:
			losses = append(losses, s.title)
		default:
			same = append(same, s.title)
		}
	}
	return
}

func (d *data) relativeTitle(scens []scenario, base string) string {
	var parts []string
	top := 0
	for _, n := range without(d.main(), base) {
		w, l, _, p := d.verdicts(scens, base, n)
		top = max(top, p)
		switch {
		case len(w) > 0 && len(l) > 0:
			parts = append(parts, fmt.Sprintf("%s is faster than %s in %d of %d workloads and slower in %d (%s)", n, base, len(w), len(scens), len(l), list(firstFew(l, 3))))
		case len(w) > 0:
			parts = append(parts, fmt.Sprintf("%s is faster than %s in %d of %d workloads and slower in none", n, base, len(w), len(scens)))
		case len(l) > 0:
			parts = append(parts, fmt.Sprintf("%s is slower than %s in %d of %d workloads (%s) and faster in none", n, base, len(l), len(scens), list(firstFew(l, 3))))
		default:
			parts = append(parts, fmt.Sprintf("no difference between %s and %s was seen", n, base))
		}
	}
	return fmt.Sprintf("At GOMAXPROCS %d %s", top, strings.Join(parts, "; "))
}

func firstFew(w []string, n int) []string {
	if len(w) <= n {
		return w
	}
	return append(append([]string{}, w[:n-1]...), fmt.Sprintf("%d more", len(w)-n+1))
}
