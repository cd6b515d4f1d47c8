package plots

import (
	"cmp"
	"fmt"
	"slices"
)

// beside is what is shown of busy.json: the same plan alone and beside busy
// loops.
type beside struct {
	Loops, Count   int
	Sched, Command string
	Idle, Beside   struct{ Trials, Disturbed, Slices, Rejected int }
	Cells          []besideCell
	Agree, Differ  int
}

type besideCell struct {
	Name, Unit    string
	Idle, Beside  [3]float64
	Ratio, Lo, Hi float64
	Agree         bool
}

// figBusy draws, for each benchmark, what was found beside busy loops over what
// was found alone.
func figBusy(d *data) []*Figure {
	const id, title = "busy", "The same plan on a busy machine"
	var b beside
	if err := d.readJSON(busyFile, &b); err != nil {
		return missing(id, secChecks, title, absent(busyFile, "vmabench selftest -busy", err))
	}
	slices.SortStableFunc(b.Cells, func(x, y besideCell) int { return cmp.Compare(x.Ratio, y.Ratio) })
	var points []Series // one each: no line joins benchmarks
	t := &Table{Head: []string{"benchmark", "unit", "alone", "beside the loops", "ratio", "agree"}, Left: 2}
	for i, c := range b.Cells {
		s := Series{Name: "ratio", Style: Style{Ink: InkText, Shape: Circle}}
		s.add(float64(i+1), stat{c.Ratio, c.Lo, c.Hi, b.Count}, false, "")
		points = append(points, s)
		word := "NO"
		if c.Agree {
			word = "yes"
		}
		t.Rows = append(t.Rows, []string{c.Name, c.Unit, withInterval(c.Idle), withInterval(c.Beside), withInterval([3]float64{c.Ratio, c.Lo, c.Hi}), word})
	}
	panels := []Panel{{Title: "beside busy loops over alone", X: Axis{Label: "benchmarks, by ratio", Max: float64(len(b.Cells) + 1)},
		Y: Axis{Label: "beside / alone"}, Series: points, Lines: []RefLine{{A: 1, Label: "the same"}}}}
	ratioAxes(panels)
	return []*Figure{{
		ID: id, Section: secChecks, Title: fmt.Sprintf("%s: %d of %d benchmarks agree within their intervals", title, b.Agree, len(b.Cells)),
		Subtitle: fmt.Sprintf("What each benchmark takes beside %d processes that only compute, over what it takes alone: paired by %d repetitions, with 95 %% intervals. Turns alternate slice by slice; scheduling of the workers: %s.",
			b.Loops, b.Count, b.Sched),
		Panels: panels, Table: t, Command: cmp.Or(b.Command, "vmabench selftest -busy"),
		Notes: []string{fmt.Sprintf("A benchmark agrees if the interval of its ratio has 1 or those of its medians overlap; %d of the ratios would be called a difference between two runs. "+
			"Slices that did not count: alone %d of %d, beside the loops %d of %d; disturbed trials %d and %d of %d each.",
			b.Differ, b.Idle.Rejected, b.Idle.Slices, b.Beside.Rejected, b.Beside.Slices, b.Idle.Disturbed, b.Beside.Disturbed, b.Idle.Trials)},
	}}
}

// withInterval writes a median and its interval.
func withInterval(x [3]float64) string {
	return fmt.Sprintf("%s [%s … %s]", sig(x[0], 4), sig(x[1], 4), sig(x[2], 4))
}
