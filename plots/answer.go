package plots

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"vmabench/results"
)

// answer is what the page says first, generated from the run.
type answer struct {
	Head string   // number, interval, machine
	More []string // where it loses, what it costs
	How  string   // how it was measured and how well
}

func (a answer) joined() answer {
	a.Head, a.How = joined(a.Head), joined(a.How)
	for i := range a.More {
		a.More[i] = joined(a.More[i])
	}
	return a
}

// subject is the design that the answer is about: the newest that a kernel had,
// else the last in the table of designs.
func (d *data) subject() string {
	if m := without(d.released(), d.baseline); len(m) > 0 {
		return m[len(m)-1]
	}
	if m := without(d.main(), d.baseline); len(m) > 0 {
		return m[len(m)-1]
	}
	return ""
}

// released returns the compared designs that a released kernel had, oldest
// first.
func (d *data) released() []string {
	return slices.DeleteFunc(d.main(), func(n string) bool { return !release.MatchString(d.design(n).Since) })
}

var release = regexp.MustCompile(`^(up )?(to )?\d\.\d`)

func (d *data) answer() answer {
	a := answer{How: d.how()}
	n := d.subject()
	scens := d.of(results.Throughput, nil)
	if n == "" || len(scens) == 0 {
		a.Head = "This run compares nothing: it takes throughput trials of two designs."
		if c := d.anyCell(results.Modelled); c != nil {
			a.Head = "Modelled, not measured: what a simulated machine makes of the same lock source."
			a.More = d.run.Notes
		}
		return a
	}
	if len(d.points()) == 0 {
		a.Head = "How costs grow with the address space, on " + d.machine() + "."
		return a
	}
	if d.run.Plan.Count < results.MinTrials {
		a.More = append(a.More, fmt.Sprintf("No verdict: %s where a verdict needs %d. The figures below show what was seen, without evidence that another run would show it too.",
			plural(d.run.Plan.Count, "repetition", "repetitions"), results.MinTrials))
	}
	a.Head = d.headline(n, scens)
	a.More = append(a.More, d.repeated(scens)...)
	if len(d.gaps) > 0 {
		a.More = append(a.More, fmt.Sprintf("Not complete: %s failed or missing trials; what has none left has no verdict (see \"Failed and missing\").", plural(len(d.gaps), "benchmark has", "benchmarks have")))
	}
	m := d.released()
	if i := slices.Index(m, n); i > 0 && m[i-1] != d.baseline {
		a.More = append(a.More, d.against1(n, m[i-1], scens))
	}
	if s := d.memory(n); s != "" {
		a.More = append(a.More, s)
	}
	return a
}

// repeated says which workloads are in the count of workloads more than once.
func (d *data) repeated(scens []scenario) (out []string) {
	titles, all := map[string][]string{}, 0
	for _, s := range scens {
		if d.ranked(s.key) > 0 {
			titles[s.workload] = append(titles[s.workload], s.title)
			all++
		}
	}
	for _, s := range scens {
		if t := titles[s.workload]; len(t) > 1 && t[0] == s.title {
			out = append(out, fmt.Sprintf("%d of the %d workloads are %s under different conditions: %s.", len(t), all, s.workload, list(t)))
		}
	}
	return out
}

// headline is the first sentence: the subject against the baseline, its best
// and its worst workload.
func (d *data) headline(n string, scens []scenario) string {
	best, worst, procs := d.extremes(n, d.baseline, scens)
	where := fmt.Sprintf("On %s", d.machine())
	w, l, same, _ := d.verdicts(scens, d.baseline, n)
	all := len(w) + len(l) + len(same)
	at := fmt.Sprintf("%s in %%d of %s at GOMAXPROCS %d", d.baseline, plural(all, "workload", "workloads"), procs)
	switch {
	case best == nil:
		return where + fmt.Sprintf(", no workload has trials of both %s and %s within the CPUs.", n, d.baseline)
	case len(w) > 0 && len(l) > 0:
		return fmt.Sprintf("%s, %s is faster than "+at+" (up to %s in %s) and slower in %d (down to %s in %s).",
			where, n, len(w), d.claim(best), d.titleOf(best), len(l), d.claim(worst), d.titleOf(worst))
	case len(w) > 0:
		return fmt.Sprintf("%s, %s is faster than "+at+" (up to %s in %s) and slower in none.", where, n, len(w), d.claim(best), d.titleOf(best))
	case len(l) > 0:
		return fmt.Sprintf("%s, %s is slower than "+at+" (down to %s in %s) and faster in none.", where, n, len(l), d.claim(worst), d.titleOf(worst))
	}
	return fmt.Sprintf("%s, no difference between %s and %s was shown in %s at GOMAXPROCS %d; the median ratios lie between %s and %s.",
		where, n, d.baseline, plural(len(same), "workload", "workloads"), procs, change(worst.Ratio), change(best.Ratio))
}

// against1 compares the subject with its predecessor in a sentence.
func (d *data) against1(n, old string, scens []scenario) string {
	best, worst, procs := d.extremes(n, old, scens)
	if best == nil {
		return ""
	}
	w, l, same, _ := d.verdicts(scens, old, n)
	s := fmt.Sprintf("Against %s it is faster in %d of %d at GOMAXPROCS %d", old, len(w), len(w)+len(l)+len(same), procs)
	if len(w) > 0 {
		s += fmt.Sprintf(" (up to %s in %s)", d.claim(best), d.titleOf(best))
	}
	s += fmt.Sprintf(", slower in %d", len(l))
	if len(l) > 0 {
		s += fmt.Sprintf(" (down to %s in %s)", d.claim(worst), d.titleOf(worst))
	}
	if len(same) > 0 {
		s += fmt.Sprintf(", without evidence of a difference in %d", len(same))
	}
	return s + "."
}

// extremes returns the deltas with the greatest and the least ratio among the
// ranked points.
func (d *data) extremes(n, base string, scens []scenario) (best, worst *results.Delta, procs int) {
	for _, s := range scens {
		p := d.ranked(s.key)
		x := d.delta(base, s.key, n, p, "ops/s")
		if x == nil || !finite(x.Ratio) {
			continue
		}
		procs = max(procs, p)
		if best == nil || x.Ratio > best.Ratio {
			best = x
		}
		if worst == nil || x.Ratio < worst.Ratio {
			worst = x
		}
	}
	return
}

func (d *data) titleOf(x *results.Delta) string {
	k, _ := keyOf(x.New.Cell.Trials[0])
	for _, s := range d.scenarios {
		if s.key == k.scenario {
			return s.title
		}
	}
	return x.New.Cell.Workload
}

// claim writes a ratio with its interval.
func (d *data) claim(x *results.Delta) string {
	if !finite(x.Lo, x.Hi) {
		return change(x.Ratio)
	}
	return strings.ReplaceAll(fmt.Sprintf("%s [%s]", change(x.Ratio), between(x.Ratio, x.Lo, x.Hi)), " ", "\u00a0")
}

// between writes an interval of ratios in the unit of the ratio in it.
func between(mid, lo, hi float64) string {
	if isFactor(mid) {
		return sig(lo, 3) + " … " + times(hi)
	}
	return strings.TrimSuffix(Percent.Write(lo), " %") + " … " + Percent.Write(hi)
}

// change writes a ratio: as a factor where it is far from 1, else in percent.
func change(v float64) string {
	switch {
	case !finite(v):
		return "–"
	case isFactor(v):
		return times(v)
	}
	return Percent.Write(v)
}

func isFactor(v float64) bool { return v >= 1.5 || v > 0 && v <= 1/1.5 }

func (d *data) memory(n string) string {
	scens := d.of(results.Footprint, nil)
	if len(scens) == 0 {
		return ""
	}
	s := &scens[len(scens)-1]
	mine, _ := d.footprintRow(s, n)
	if mine == nil || mine.Value == 0 {
		return ""
	}
	var parts []string
	others := without(d.released(), n)
	if len(others) == 0 {
		others = firstFew(without(d.main(), n), 4)
	}
	for _, o := range others {
		if r, _ := d.footprintRow(s, o); r != nil && r.Value > 0 {
			parts = append(parts, fmt.Sprintf("%s with %s", sig(r.Value, 3), o))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return fmt.Sprintf("A VMA takes %s bytes with %s, %s (object, lock, slab loss and index).", sig(mine.Value, 3), n, list(parts))
}

// machine names the hardware that the numbers are of: the host's, or the
// simulated one.
func (d *data) machine() string {
	if on := d.modelledOn(); on != "" {
		return on
	}
	e := &d.run.Env
	s := cmp.Or(e.CPU, "an unnamed CPU")
	if e.CPUs > 0 {
		s += " (" + plural(e.CPUs, "CPU", "CPUs")
		if e.Sockets > 1 {
			s += fmt.Sprintf(", %d sockets", e.Sockets)
		}
		if e.SMT {
			s += ", SMT"
		}
		if e.Virt != "" && e.Virt != "none" {
			s += ", " + e.Virt
		}
		s += ")"
	}
	return s
}

// how says what stands behind the numbers.
func (d *data) how() string {
	timed, bad, failed := 0, 0, 0
	for i := range d.folder.Trials {
		t := &d.folder.Trials[i]
		if t.Kind != results.Throughput && t.Kind != results.Latency {
			continue
		}
		timed++
		switch {
		case t.Failed != "":
			failed++
		case !t.Guard.OK:
			bad++
		}
	}
	if timed == 0 {
		return "No timed trial is in this folder: what it shows was counted or modelled, not timed."
	}
	s := fmt.Sprintf("Medians over %s, each in a fresh process, order shuffled within each block; brackets are 95 %% intervals of ratios paired by block. ", plural(d.run.Plan.Count, "repetition", "repetitions"))
	s += plural(timed, "timed trial", "timed trials")
	s += fmt.Sprintf(": %d disturbed, %d failed.", bad, failed)
	if c := d.versus(d.baseline); c.Tests > 0 {
		s += fmt.Sprintf(" %d significance tests, Holm's correction within %d families.", c.Tests, c.Families)
	}
	if bad*10 > timed {
		s += " More than a tenth was disturbed: run it again on a quiet machine before quoting it."
	}
	return s
}

func (d *data) rule() string {
	o := d.versus(d.baseline).Options
	return fmt.Sprintf("Bold: a verdict (at least %d repetitions, Holm-corrected p ≤ %s, interval without 0 %%, change of %s or more); ~ is no evidence of a difference.",
		results.MinTrials, sig(o.Alpha, 2), trimZeros(Share.Write(o.Effect)))
}

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
	return fmt.Sprintf("%s; %d cases", c[0].T, len(c))
}

// losses lists, for each design, the others that beat it somewhere, each with
// the worst case of every question. A design that loses nowhere has one row;
// where none loses there are no rows.
func (d *data) losses() []loss {
	var out []loss
	for _, n := range d.main() {
		g := d.design(n)
		l := loss{Name: n, Title: g.Title, Since: g.Since, Ink: d.style[n].Ink, First: true}
		for _, o := range without(d.main(), n) {
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
