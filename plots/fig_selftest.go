package plots

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
)

// proof is what is shown of selftest.json: how often a difference is found
// that is not there, how small a one is found, and which broken subjects were
// caught.
type proof struct {
	BoundaryNS, BoundaryLo, BoundaryHi float64
	AlarmRuns                          int
	Alarms, AlarmsLo, AlarmsHi         float64
	AfterHolm                          float64
	Family, RunLength                  int
	AA, Slow                           []sensing
	Smallest                           float64
	Broken                             []struct {
		Name, Doc, Breaks, Conformance, Harness, HarnessClass string
		Named                                                 bool
	}
	Costs struct {
		Clock                       string
		Pair, Throughput, Recording struct{ NS, Lo, Hi, Limit float64 }
		Rounds                      int
	}
	Failures  []string
	Disturbed string
}

// sensing is how often a slowdown was found at one GOMAXPROCS; of AA, one of none.
type sensing struct {
	Procs                   int
	Slowdown, Share, Lo, Hi float64
}

// figSelftest draws the share of runs in which a slowdown of known size is
// found; none at all is A/A, whose share is the rate of false alarms.
func figSelftest(d *data) []*Figure {
	const id, title = "selftest", "The suite's proof of itself"
	var p proof
	if err := d.readJSON(selftestFile, &p); err != nil {
		return missing(id, secChecks, title, absent(selftestFile, "make selftest", err))
	}
	f := &Figure{
		ID: id, Section: secChecks, Title: title + ": " + p.claim(),
		Subtitle: fmt.Sprintf("Share of runs in which a slowdown of known size is found, drawn from a pool of trials of one design; at 0 %% there is none, and what is found is a false alarm. "+
			"Runs of %d repetitions; 95 %% intervals; the dotted line is 90 %%.", p.RunLength),
		Command: "vmabench selftest", Table: p.table(), Notes: p.notes(),
	}
	f.Panels = []Panel{p.panel()}
	if p.Disturbed != "" {
		var b strings.Builder // what is proved is in the table alone
		writeRows(&b, p.table())
		f.Panels, f.Table, f.Body = nil, nil, template.HTML(b.String())
	}
	return []*Figure{f}
}

// sensed are the looks of the GOMAXPROCS values, in their order.
var sensed = []Style{{Ink: InkText, Shape: Circle}, {Ink: InkMuted, Shape: Square, Dash: dashes[1]}, {Ink: InkIdeal, Shape: Triangle, Dash: dashes[2]}}

// panel is a line for each GOMAXPROCS of the pool.
func (p *proof) panel() Panel {
	out := Panel{Title: "found in", X: Axis{Label: "slowdown, %", Max: 0.01}, Y: Axis{Format: Share, Max: 1, Label: "share of runs"},
		Lines: []RefLine{{A: 0.9}}}
	at := map[int]int{}
	for _, x := range slices.Concat(p.AA, p.Slow) {
		i, ok := at[x.Procs]
		if !ok {
			i = len(out.Series)
			at[x.Procs] = i
			name := fmt.Sprintf("GOMAXPROCS %d", x.Procs)
			out.Series = append(out.Series, Series{Name: name, Label: name, Style: sensed[i%len(sensed)]})
		}
		out.Series[i].add(100*x.Slowdown, stat{x.Share, x.Lo, x.Hi, p.AlarmRuns}, false, "")
		out.X.Max = math.Max(out.X.Max, 100*x.Slowdown)
	}
	if len(out.Series) > 0 {
		for _, x := range out.Series[0].X {
			out.X.Ticks = append(out.X.Ticks, Tick{x, Plain.tick(x)})
		}
	}
	return out
}

func (p *proof) claim() string {
	if p.Disturbed != "" {
		return "not possible, " + p.Disturbed
	}
	named, trials := 0, 0
	for _, b := range p.Broken {
		if b.Named {
			named++
		}
		if b.HarnessClass == b.Breaks {
			trials++
		}
	}
	s := fmt.Sprintf("a false alarm in %s [%s … %s] of runs, ", Share.Write(p.Alarms), sig(100*p.AlarmsLo, 3), Share.Write(p.AlarmsHi))
	if p.Smallest > 0 {
		s += fmt.Sprintf("a slowdown of %s found in nine of ten, ", trimZeros(Share.Write(p.Smallest)))
	} else {
		s += "no slowdown of the pool found in nine of ten, "
	}
	return s + fmt.Sprintf("of %d broken subjects %d named by conformance and %d by trials", len(p.Broken), named, trials)
}

func (p *proof) table() *Table {
	t := &Table{Head: []string{"broken subject", "must be named", "named by both", "conformance said", "a trial said"}, Left: 5}
	for _, b := range p.Broken {
		word := "NO"
		if b.Named && b.HarnessClass == b.Breaks {
			word = "yes"
		}
		t.Rows = append(t.Rows, []string{b.Name + ": " + b.Doc, b.Breaks, word, said(b.Conformance), said(cmp.Or(b.HarnessClass, b.Harness))})
	}
	return t
}

func said(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

func (p *proof) notes() []string {
	out := []string{fmt.Sprintf("After Holm's correction in a family of %d: a false alarm in %s of comparisons. Driver and interface call cost %s an operation [%s … %s], by the null address space.",
		p.Family, Share.Write(p.AfterHolm), Nanos.Write(p.BoundaryNS), sig(p.BoundaryLo, 3), Nanos.Write(p.BoundaryHi))}
	if c := &p.Costs; c.Rounds > 0 {
		out = append(out, fmt.Sprintf("The measured loop adds %s [%s … %s] to a direct call, %g ns at most are allowed. Timing an operation takes two readings of the clock (%s, %s) and %s [%s … %s] beyond them, at most %g ns. None of it is subtracted from anything.",
			Nanos.Write(c.Throughput.NS), sig(c.Throughput.Lo, 3), Nanos.Write(c.Throughput.Hi), c.Throughput.Limit,
			c.Clock, Nanos.Write(c.Pair.NS), Nanos.Write(c.Recording.NS), sig(c.Recording.Lo, 3), Nanos.Write(c.Recording.Hi), c.Recording.Limit))
	}
	for _, f := range p.Failures {
		out = append(out, "FAILED: "+f)
	}
	return out
}
