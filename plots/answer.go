package plots

import (
	"cmp"
	"fmt"
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
	for _, names := range [][]string{d.released(), d.main()} {
		m := without(names, d.baseline)
		for _, n := range slices.Backward(m) {
			if d.ranks(n) {
				return n
			}
		}
	}
	return ""
}

// ranks reports that a design has throughput within the CPUs in some scenario, or
// that none has.
func (d *data) ranks(n string) bool {
	any := false
	for _, pt := range d.points() {
		for _, o := range d.main() {
			if c := d.get(results.Throughput, pt.s.key, o, pt.procs); c != nil && len(c.trials) > 0 {
				if any = true; o == n {
					return true
				}
			}
		}
	}
	return !any
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
		if slices.ContainsFunc(scens, func(s scenario) bool { return d.hasRates(s.key) }) {
			a.Head = "Nothing is ranked on " + d.machine() + ": no throughput trial succeeded within its CPUs."
		}
		return a
	}
	if timed, disturbed, _ := d.timedTrials(); disturbed*10 > timed {
		a.More = append(a.More, fmt.Sprintf("Not to be quoted: %d of %d timed trials were disturbed. Run it again on a quiet machine.", disturbed, timed))
	}
	for _, name := range d.released() {
		if !d.ranks(name) {
			a.More = append(a.More, fmt.Sprintf("No throughput trial of %s succeeded within the CPUs: it is compared with nothing.", name))
		}
	}
	if d.run.Plan.Count < results.MinTrials {
		a.More = append(a.More, fmt.Sprintf("No verdict: %s where a verdict needs %d. The figures below show what was seen, without evidence that another run would show it too.",
			plural(d.run.Plan.Count, "repetition", "repetitions"), results.MinTrials))
	}
	a.Head = d.headline(n, scens)
	a.How += d.repeated(scens)
	if len(d.gaps) > 0 {
		a.More = append(a.More, fmt.Sprintf("Not complete: %s failed or missing trials; what has none left has no verdict (see \"Failed and missing\").", plural(len(d.gaps), "benchmark has", "benchmarks have")))
	}
	if t := d.tally(scens, d.baseline, n, d.alone); t.all() > 0 {
		a.More = append(a.More, "Alone (GOMAXPROCS 1): "+t.words(d)+".")
	}
	m := d.released()
	if i := slices.Index(m, n); i > 0 && m[i-1] != d.baseline {
		if t := d.tally(scens, m[i-1], n, d.ranked); t.all() > 0 {
			a.More = append(a.More, fmt.Sprintf("Against %s at GOMAXPROCS %d: %s.", m[i-1], t.procs, t.words(d)))
		}
	}
	if s := d.unreleased(n, scens); s != "" {
		a.More = append(a.More, s)
	}
	if s := d.memory(n); s != "" {
		a.More = append(a.More, s)
	}
	return a
}

// unreleased says how the compared designs that no kernel had fare, but for n.
func (d *data) unreleased(n string, scens []scenario) string {
	var parts []string
	told := append(d.released(), d.baseline, n)
	for _, o := range d.main() {
		if slices.Contains(told, o) {
			continue
		}
		if t := d.tally(scens, d.baseline, o, d.ranked); t.all() > 0 {
			parts = append(parts, o+" "+t.words(d))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return fmt.Sprintf("Of no kernel, against %s: %s.", d.baseline, strings.Join(parts, "; "))
}

// repeated says which workloads are in the count of workloads more than once.
func (d *data) repeated(scens []scenario) (out string) {
	titles, all := map[string][]string{}, 0
	for _, s := range scens {
		if d.ranked(s.key) > 0 {
			titles[s.workload] = append(titles[s.workload], s.title)
			all++
		}
	}
	for _, s := range scens {
		if t := titles[s.workload]; len(t) > 1 && t[0] == s.title {
			out += fmt.Sprintf(" %d of the %d workloads are %s under different conditions: %s.", len(t), all, s.workload, list(t))
		}
	}
	return out
}

// headline is the first sentence: the subject against the baseline, the most
// that it wins and the most that it loses.
func (d *data) headline(n string, scens []scenario) string {
	t := d.tally(scens, d.baseline, n, d.ranked)
	where := "On " + d.machine()
	at := fmt.Sprintf("%s at GOMAXPROCS %d", plural(t.all(), "workload", "workloads"), t.procs)
	switch {
	case t.all() == 0:
		return where + fmt.Sprintf(", no workload has trials of both %s and %s within the CPUs.", n, d.baseline)
	case len(t.wins) > 0 && len(t.losses) > 0:
		return fmt.Sprintf("%s, %s is faster than %s in %d of %s (up to %s) and slower in %d (down to %s).",
			where, n, d.baseline, len(t.wins), at, d.claimIn(t.wins[0]), len(t.losses), d.claimIn(t.losses[0]))
	case len(t.wins) > 0:
		return fmt.Sprintf("%s, %s is faster than %s in %d of %s (up to %s) and slower in none.", where, n, d.baseline, len(t.wins), at, d.claimIn(t.wins[0]))
	case len(t.losses) > 0:
		return fmt.Sprintf("%s, %s is slower than %s in %d of %s (down to %s) and faster in none.", where, n, d.baseline, len(t.losses), at, d.claimIn(t.losses[0]))
	}
	return fmt.Sprintf("%s, no difference between %s and %s was shown in %s; the median ratios lie between %s and %s.",
		where, n, d.baseline, at, change(t.same[len(t.same)-1].Ratio), change(t.same[0].Ratio))
}

// tally is a design against another in the scenarios that have both: the greatest
// ratio of wins and same first, the least of losses.
type tally struct {
	wins, losses, same []*results.Delta
	procs              int // the largest GOMAXPROCS among them
}

// tally compares n with base by throughput at the GOMAXPROCS that at says.
func (d *data) tally(scens []scenario, base, n string, at func(scen string) int) (t tally) {
	for _, s := range scens {
		p := at(s.key)
		x := d.delta(base, s.key, n, p, "ops/s")
		if x == nil || !finite(x.Ratio) {
			continue
		}
		t.procs = max(t.procs, p)
		switch b := x.Better(); {
		case b > 0:
			t.wins = append(t.wins, x)
		case b < 0:
			t.losses = append(t.losses, x)
		default:
			t.same = append(t.same, x)
		}
	}
	falling := func(a, b *results.Delta) int { return cmp.Compare(b.Ratio, a.Ratio) }
	slices.SortStableFunc(t.wins, falling)
	slices.SortStableFunc(t.same, falling)
	slices.SortStableFunc(t.losses, func(a, b *results.Delta) int { return falling(b, a) })
	return t
}

func (t *tally) all() int { return len(t.wins) + len(t.losses) + len(t.same) }

// words says in how many cases the design is faster, slower, neither.
func (t *tally) words(d *data) string {
	if len(t.same) == t.all() {
		return fmt.Sprintf("without evidence of a difference in %d of %d", t.all(), t.all())
	}
	s := fmt.Sprintf("faster in %d of %d", len(t.wins), t.all())
	if len(t.wins) > 0 {
		s += " (up to " + d.claimIn(t.wins[0]) + ")"
	}
	s += fmt.Sprintf(", slower in %d", len(t.losses))
	if len(t.losses) > 0 {
		s += " (down to " + d.claimIn(t.losses[0]) + ")"
	}
	if len(t.same) > 0 {
		s += fmt.Sprintf(", without evidence of a difference in %d", len(t.same))
	}
	return s
}

// alone is GOMAXPROCS 1 where a scenario is ranked at a larger one, else 0.
func (d *data) alone(scen string) int {
	if d.ranked(scen) > 1 {
		return 1
	}
	return 0
}

// claimIn is a claim and its workload.
func (d *data) claimIn(x *results.Delta) string { return d.claim(x) + " in " + d.titleOf(x) }

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

// plain has the spaces of a claim as a title wants them.
func plain(s string) string { return strings.ReplaceAll(s, "\u00a0", " ") }

// between writes an interval of ratios in the unit of the ratio in it.
func between(mid, lo, hi float64) string {
	if isFactor(mid) {
		return factor(lo) + " … " + times(hi)
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
			parts = append(parts, fmt.Sprintf("%s over the %s with %s", change(mine.Value/r.Value), sig(r.Value, 3), o))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return fmt.Sprintf("A VMA takes %s bytes with %s (object, lock, slab loss and index): %s.", sig(mine.Value, 3), n, list(firstFew(parts, 4)))
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

// timedTrials counts the trials that a clock decides, the disturbed ones among
// them, and those that failed.
func (d *data) timedTrials() (timed, disturbed, failed int) {
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
			disturbed++
		}
	}
	return timed, disturbed, failed
}

// how says what stands behind the numbers.
func (d *data) how() string {
	timed, bad, failed := d.timedTrials()
	if timed == 0 {
		return "No timed trial is in this folder: what it shows was counted or modelled, not timed."
	}
	s := fmt.Sprintf("Medians over %s, each in a fresh process, order shuffled within each block; brackets are 95 %% intervals of ratios paired by block. ", plural(d.run.Plan.Count, "repetition", "repetitions"))
	s += plural(timed, "timed trial", "timed trials")
	s += fmt.Sprintf(": %d disturbed, %d failed.", bad, failed)
	if c := d.versus(d.baseline); c.Tests > 0 {
		s += fmt.Sprintf(" %d significance tests, Holm's correction within %d families.", c.Tests, c.Families)
	}
	return s
}

func (d *data) rule() string {
	o := d.versus(d.baseline).Options
	return fmt.Sprintf("Bold: a verdict (at least %d repetitions, Holm-corrected p ≤ %s, interval without 0 %%, change of %s or more); ~ is no evidence of a difference.",
		results.MinTrials, sig(o.Alpha, 2), trimZeros(Share.Write(o.Effect)))
}
