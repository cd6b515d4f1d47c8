package results

import (
	"fmt"
	"slices"
)

// Gap is a cell with fewer values than it should have. It is reported, never
// left out.
type Gap struct {
	Name       string // the benchmark; of a cell with no trial, what it would be
	Variant    string
	Have, Want int
	Failed     []string // why its failed trials have no values
}

func (g Gap) String() string {
	s := fmt.Sprintf("%s: %d of %d trials", g.Name, g.Have, g.Want)
	for _, why := range g.Failed {
		s += "; " + clip(oneLine(why), 120)
	}
	return s
}

// Gaps returns the cells that lack trials: failed ones, designs that a row
// lacks, and repetitions that the plan or another cell of the row has.
func (f *Folder) Gaps() []Gap {
	var gaps []Gap
	for _, r := range rows(f.Cells()) {
		want := f.wantReps(r.cells[0].Kind)
		for _, c := range r.cells {
			want = max(want, len(c.Trials))
		}
		for _, c := range r.cells {
			if g := c.gap(want); g.Have < g.Want {
				gaps = append(gaps, g)
			}
		}
		gaps = append(gaps, f.absent(r)...)
	}
	return gaps
}

func (f *Folder) wantReps(k Kind) int {
	if k == Throughput && f.Run.Plan.Shard == "" {
		return f.Run.Plan.Count
	}
	return 0
}

func (c *Cell) gap(want int) Gap {
	g := Gap{Name: c.Name, Variant: c.Variant, Want: want}
	for _, t := range c.Trials {
		if t.Failed != "" {
			g.Failed = append(g.Failed, t.Failed)
		} else {
			g.Have++
		}
	}
	return g
}

// absent returns the designs of the table of which the row has no trial.
// Controls and the running kernel may be missing, and so may all the others
// in a row of theirs.
func (f *Folder) absent(r *row) (gaps []Gap) {
	if !f.hasDesign(r) {
		return nil
	}
	for _, d := range f.Run.Designs {
		if f.isDesign(d.Name) && r.find(d.Name) == nil {
			c := r.cells[0]
			gaps = append(gaps, Gap{Name: c.Row + " of " + d.Name, Variant: d.Name, Want: len(c.Trials)})
		}
	}
	return gaps
}

// hasDesign reports whether a design of the table that competes is in the row.
func (f *Folder) hasDesign(r *row) bool {
	return slices.ContainsFunc(f.Run.Designs, func(d DesignInfo) bool { return f.isDesign(d.Name) && r.find(d.Name) != nil })
}

// Warnings returns what is known to be wrong with the run as a whole: its
// notes, trials that are missing, disturbed or failed, what the trials
// themselves warn of, each text once with its count, and what was not steady.
func (f *Folder) Warnings() []string {
	out := slices.Concat(f.Run.Notes, f.Notes)
	if n := f.Run.Plan.Trials; n > len(f.Trials) {
		part := ""
		if f.Run.Plan.Shard != "" {
			part = " (this is shard " + f.Run.Plan.Shard + ")"
		}
		out = append(out, fmt.Sprintf("%d of %d planned trials are on the record%s", len(f.Trials), n, part))
	}
	timed, disturbed, failed, over, goroutines := 0, 0, 0, 0, 0
	count := map[string]int{}
	var texts []string
	for i := range f.Trials {
		t := &f.Trials[i]
		if t.Kind == Throughput || t.Kind == Latency {
			timed++ // what a guard can judge: a footprint is counted, not timed
		}
		switch {
		case t.Failed != "":
			failed++
		case !t.Guard.OK:
			disturbed++
		}
		switch {
		case t.Param(GoroutinesParam) != "":
			goroutines++
		case f.oversubscribed(t):
			over++
		}
		for _, w := range t.Warnings {
			if count[w] == 0 {
				texts = append(texts, w)
			}
			count[w]++
		}
	}
	say := func(n, of int, what string) {
		if n > 0 {
			out = append(out, fmt.Sprintf("%d of %d %s", n, of, what))
		}
	}
	say(failed, len(f.Trials), "trials failed")
	say(disturbed, timed, "timed trials were disturbed: their CPUs were not theirs all the time")
	say(over, timed, fmt.Sprintf("timed trials had more workers than the %d CPUs: shown, not ranked", f.Run.Env.CPUs))
	say(goroutines, timed, "timed trials had goroutines for workers, which the scheduler gives turns: shown, not ranked")
	for _, w := range texts {
		out = append(out, fmt.Sprintf("%s (%d trials)", oneLine(w), count[w]))
	}
	return append(out, f.unsteady()...)
}
