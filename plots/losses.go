package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"vmabench/results"
)

// loss says where a design is worse than one other, as plainly as where it wins.
type loss struct {
	Name, Title, Since, Against string
	Cells                       []lossCell // one for each of questions
	Ink                         Ink
	First, Last                 bool // of its design's rows
}

// lossCell is the cases of one question, the worst first.
type lossCell []lossCase

// lossCase is one loss: T says it, W is its workload, "" for what has none.
type lossCase struct {
	W, T string
	by   float64
}

// Text is the worst case and how many there are; "" without one. The page's
// script writes it again for the reader's workloads.
func (c lossCell) Text() string {
	switch {
	case len(c) == 0:
		return ""
	case c[0].W == "" || len(c) == 1:
		return c[0].T
	}
	return fmt.Sprintf("%s, worst of %d", c[0].T, len(c))
}

// losses lists, for each design, the others that beat it somewhere, each with
// the worst case of every question. A design that loses nowhere has one row;
// where none loses there are no rows.
func (d *data) losses() []loss {
	var out []loss
	for _, n := range d.main() {
		g := d.design(n)
		l := loss{Name: n, Title: g.Title, Since: g.Since, Ink: d.style[n].Ink, First: true}
		for _, o := range without(d.baselines(), n) {
			if cells, any := d.lossCells(n, o); any {
				l.Against, l.Cells = o, cells
				out = append(out, l)
				l.First = false
			}
		}
		if l.First {
			out = append(out, l)
		}
		out[len(out)-1].Last = true
	}
	if !slices.ContainsFunc(out, func(l loss) bool { return l.Against != "" }) {
		return nil
	}
	return out
}

// mostBaselines keeps the page of a run of many designs readable: that many of them
// are what others are held against.
const mostBaselines = 6

// baselines are the designs that a reader can hold the others against: the run's
// own, then the released ones, then the first of the rest.
func (d *data) baselines() []string {
	all := d.main()
	if len(all) <= mostBaselines {
		return all
	}
	var out []string
	for _, n := range slices.Concat([]string{d.baseline}, d.released(), all) {
		if len(out) < mostBaselines && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return slices.DeleteFunc(all, func(n string) bool { return !slices.Contains(out, n) })
}

func (d *data) lossCells(n, against string) (cells []lossCell, any bool) {
	cells = make([]lossCell, len(questions))
	for i := range d.versus(against).Deltas {
		x := &d.versus(against).Deltas[i]
		q := question(x.Unit)
		if x.New.Cell.Variant != n || !x.Ranked || x.Better() >= 0 || q < 0 {
			continue
		}
		_, s := keyOf(x.New.Cell.Trials[0])
		any, cells[q] = true, append(cells[q], lossCase{s.workload, d.claim(x) + " in " + d.place(x), math.Abs(math.Log(x.Ratio))})
	}
	cells[bytesQuestion] = d.lossBytes(n, against)
	for _, c := range cells {
		slices.SortStableFunc(c, func(a, b lossCase) int { return cmp.Compare(b.by, a.by) })
	}
	return cells, any || len(cells[bytesQuestion]) > 0
}

// place is where a case was: workload, GOMAXPROCS, role.
func (d *data) place(x *results.Delta) string {
	at := d.titleOf(x)
	if x.New.Cell.Procs == 1 {
		at += " alone"
	} else {
		at += fmt.Sprintf(" at %d", x.New.Cell.Procs)
	}
	if role, ok := strings.CutSuffix(x.Unit, "-ops/s"); ok {
		at += " (" + role + "s)"
	}
	return at
}

// lossBytes is the loss of bytes a VMA in all: object, lock, slab loss, index.
// They are counted, so that any change of the least effect is a case.
func (d *data) lossBytes(n, against string) (c lossCell) {
	scens := d.of(results.Footprint, nil)
	for i := range scens {
		mine, _ := d.footprintRow(&scens[i], n)
		other, _ := d.footprintRow(&scens[i], against)
		if mine == nil || other == nil || !(mine.Value > 0 && other.Value > 0) {
			continue
		}
		if x := mine.Value / other.Value; x >= 1+d.versus(against).Options.Effect {
			c = append(c, lossCase{"", change(x), math.Log(x)})
		}
	}
	return c
}

// questions are what losses are listed for, so that ns/op and ops/s of one
// trial do not count twice.
var questions = []string{"throughput", "CPU time per operation", "rate of a role", "p99", "bytes a VMA"}

const bytesQuestion = 4

// question is the index of a timed unit's question, -1 for none.
func question(unit string) int {
	switch {
	case unit == "ops/s":
		return 0
	case unit == "cpu-ns/op":
		return 1
	case strings.HasSuffix(unit, "-ops/s"):
		return 2
	case strings.HasSuffix(unit, "p99-ns"):
		return 3
	}
	return -1
}
