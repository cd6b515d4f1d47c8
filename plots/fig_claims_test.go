package plots

import (
	"math"
	"slices"
	"strings"
	"testing"

	"vmabench/results"
)

// A figure's title claims no more than its numbers: the typical and the worst
// gap, the costliest line of all groups, both designs' errors.
func TestClaims(t *testing.T) {
	s := &results.Shape{Real: "linux", Model: "refcount", Distance: 1.8, Points: []results.ShapePoint{
		{At: "pft: 2 over 1", Real: 1.9, Model: 1.8, Factor: 1.8 / 1.9, Noise: 1.01},
		{At: "hotvma: 2 over 1", Real: 1.4, Model: 0.55, Factor: 0.55 / 1.4, Noise: 1.02}}}
	if c := shapeClaim(s); !strings.Contains(c, "typically ×1.80 apart, at worst ×2.55 (hotvma: 2 over 1)") || !strings.Contains(c, "opposite directions in hotvma") || strings.Contains(c, "pft") {
		t.Errorf("shape: %s", c)
	}
	s.Points[1].Noise = math.Inf(1)
	if c := shapeClaim(s); strings.Contains(c, "opposite") {
		t.Errorf("too few trials, and yet: %s", c)
	}
	s.Points = nil
	for _, at := range []string{"a", "b", "c", "d"} {
		s.Points = append(s.Points, results.ShapePoint{At: at, Real: 1.2, Model: 0.8 - float64(len(s.Points))/10, Factor: (0.8 - float64(len(s.Points))/10) / 1.2, Noise: 1.01})
	}
	if c := shapeClaim(s); !strings.Contains(c, "in opposite directions in d (1.20×, 0.500×), c (1.20×, 0.600×) and 2 more") {
		t.Errorf("four points against the model: %s", c)
	}
	f := synthFull(t)
	for i := range f.Trials {
		if x := &f.Trials[i]; x.Kind == results.Modelled && x.Procs == 256 && x.Param("variant") == "refcount" {
			x.Lines = []results.Line{{Name: "vma+128 (refcnt)", WaitNS: 99999}} // neither first
		}
	}
	d := mustData(t, f)
	for id, want := range map[string]string{"lines": "refcount waits 100 µs", "published": "in 2 of 2 rows; a rate is off by up to 8.8 % (refcount in series)", "published-latency": "in 2 of 2; at worst 0.322× of what was published (maximum with refcount)", "kernels": "counts of cache lines that move"} {
		if got := figure(t, d, id).Title; !strings.Contains(got, want) {
			t.Errorf("%s: %q lacks %q", id, got, want)
		}
	}
}

// A point of one worker that has every role's job says nothing of what more
// workers bring.
func TestAllJobsAreNotCounted(t *testing.T) {
	f := synth(t)
	before := figure(t, mustData(t, f), "throughput").Title
	f.Trials = slices.Clone(f.Trials)
	for i := range f.Trials {
		if x := &f.Trials[i]; x.Kind == results.Throughput && x.Procs == 1 && x.Param("workload") == "fork-storm" {
			x.Workers = []results.Worker{{Role: "faulter+forker"}}
		}
	}
	fig := figure(t, mustData(t, f), "throughput")
	if !strings.Contains(before, "of 7") || !strings.Contains(fig.Title, "of 6") || !strings.Contains(strings.Join(fig.Notes, " "), "Not counted in the title: fork-storm") {
		t.Errorf("%q became %q, %q", before, fig.Title, fig.Notes)
	}
}

// Bytes of a VMA are the same in the losses as in the figure, and a role that
// loses is listed.
func TestLossesOfBytesAndRoles(t *testing.T) {
	d := mustData(t, synth(t))
	title := figure(t, d, "footprint").Title
	n, roles := 0, 0
	for _, l := range d.losses() {
		if l.Against == d.baseline && len(l.Cells[bytesQuestion]) > 0 {
			if n++; !strings.Contains(title, "("+l.Cells[bytesQuestion][0].T+")") {
				t.Errorf("%s loses %s bytes, and the figure says %s", l.Name, l.Cells[bytesQuestion][0].T, title)
			}
		}
		if l.Name == "refcount" && l.Against == "rwsem" && strings.Contains(l.Cells[question("forker-ops/s")].Text(), "(forkers)") {
			roles++
		}
	}
	if n != 2 || roles != 1 {
		t.Errorf("%d losses of bytes, %d of forkers", n, roles)
	}
}

// Nobody leads where all that ran are alike, whatever designs ran elsewhere.
func TestLeadAmongThoseThatRan(t *testing.T) {
	f := synth(t)
	f.Run.Plan.Count = 2 // no verdicts
	f.Trials = slices.DeleteFunc(slices.Clone(f.Trials), func(x results.Trial) bool {
		return x.Rep > 1 || x.Param("variant") == "rwsem" && x.Param("workload") == "hotvma"
	})
	d := mustData(t, f)
	if got := figure(t, d, "hot").Title; !strings.Contains(got, "nobody leads in ") || !strings.Contains(got, "hotvma") || strings.Contains(got, " lead in ") {
		t.Errorf("%q", got)
	}
}

// The place of the lock makes a difference where paired trials have a verdict,
// though intervals of the medians overlap; and not where they have none.
func TestPlaceByPairedTrials(t *testing.T) {
	f := synth(t)
	f.Trials = slices.Clone(f.Trials)
	for i := range f.Trials {
		x := &f.Trials[i]
		if x.Kind != results.Throughput || x.Param("workload") != "hotvma" {
			continue
		}
		x.Values = slices.Clone(x.Values)
		for j := range x.Values {
			if v := &x.Values[j]; v.Unit == "cpu-ns/op" {
				v.Value = 100 * (1 + float64(x.Rep)) // the same wide spread in all
				if x.Param("variant") == "rwsem" {
					v.Value *= 1.05
				}
			}
		}
	}
	if got := figure(t, mustData(t, f), "place").Title; !strings.Contains(got, "with rwsem") || !strings.Contains(got, "it costs +5.0\u00a0%") {
		t.Errorf("%q", got)
	}
	f.Run.Plan.Count = 2
	f.Trials = slices.DeleteFunc(f.Trials, func(x results.Trial) bool { return x.Rep > 1 })
	if got := figure(t, mustData(t, f), "place").Title; !strings.Contains(got, "not shown to make a difference") {
		t.Errorf("without verdicts: %q", got)
	}
}
