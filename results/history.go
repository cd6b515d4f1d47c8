package results

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
)

// Entry is one run found under a root. Err says why it cannot be read; the
// rest is empty then.
type Entry struct {
	Dir    string
	Run    *Run
	Trials int
	Failed int
	Err    error
}

// List returns the runs in the folders directly below root, oldest first, and
// those that cannot be read. Folders without a run are left out.
func List(root string) ([]Entry, error) {
	dirs, err := os.ReadDir(root)
	if err != nil {
		return nil, plain(err)
	}
	var out []Entry
	for _, d := range dirs {
		dir := filepath.Join(root, d.Name())
		if _, err := os.Stat(filepath.Join(dir, RunFile)); err != nil {
			continue
		}
		f, err := Open(dir)
		if err != nil {
			out = append(out, Entry{Dir: dir, Err: err})
			continue
		}
		e := Entry{Dir: dir, Run: f.Run, Trials: len(f.Trials)}
		for i := range f.Trials {
			if f.Trials[i].Failed != "" {
				e.Failed++
			}
		}
		out = append(out, e)
	}
	slices.SortStableFunc(out, func(a, b Entry) int { return cmp.Compare(a.when(), b.when()) })
	return out, nil
}

func (e *Entry) when() string {
	if e.Run == nil {
		return ""
	}
	return e.Run.Created
}

// Series is one benchmark and unit over the runs of one machine, oldest first.
type Series struct {
	Machine, Name, Unit string
	Kind                Kind
	Points              []Point
	// Noisy: the typical interval is wider than ±5 % of its median, so only
	// large changes can show.
	Noisy bool
}

// Point is one run's summary in a series.
type Point struct {
	Run     *Run
	Summary Summary
	// Change compares with the point before it, as CompareRuns does; nil for
	// the first. Holm's correction is over the series.
	Change *Delta
}

// History returns the series of the runs, in the order of their first
// appearance. Runs of different machines are in different series.
func History(runs []*Folder, o Options) []Series {
	runs = slices.Clone(runs)
	slices.SortStableFunc(runs, func(a, b *Folder) int { return cmp.Compare(a.Run.Created, b.Run.Created) })
	var out []Series
	at := map[string]int{}
	for _, f := range runs {
		for _, c := range f.Cells() {
			for _, u := range c.Units() {
				s := c.Summarize(u)
				if s.N == 0 {
					continue
				}
				key := f.Run.Env.Machine() + "\n" + string(c.Kind) + " " + c.Name + "\n" + u
				if _, ok := at[key]; !ok {
					at[key] = len(out)
					out = append(out, Series{Machine: f.Run.Env.Machine(), Name: c.Name, Unit: u, Kind: c.Kind})
				}
				sr := &out[at[key]]
				sr.Points = append(sr.Points, Point{Run: f.Run, Summary: s})
			}
		}
	}
	for i := range out {
		out[i].judge(o)
	}
	return out
}

// judge compares each point with the one before it.
func (s *Series) judge(o Options) {
	var deltas []Delta
	var at []int
	for i := 1; i < len(s.Points); i++ {
		if d, ok := unpairedDelta(s.Points[i-1].Summary.Cell, s.Points[i].Summary.Cell, s.Unit); ok {
			deltas, at = append(deltas, d), append(at, i)
		}
	}
	judge(deltas, o.withDefaults(s.Points[0].Run))
	for i := range deltas {
		s.Points[at[i]].Change = &deltas[i]
	}
	var widths []float64
	for i := range s.Points {
		if p := &s.Points[i].Summary; p.Bounded() && p.Median > 0 {
			widths = append(widths, (p.Hi-p.Lo)/2/p.Median)
		}
	}
	s.Noisy = len(widths) > 0 && estimate(widths, false).Center > 0.05
}
