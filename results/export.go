package results

import (
	"encoding/json"
	"io"
	"math"
	"strconv"
)

// Record is a Delta for machines: one line of CSV, one object of JSON. A
// number that does not exist is null, or empty.
type Record struct {
	Kind, Benchmark, Unit   string
	Variant, Baseline       string // Baseline is empty between runs
	Workload                string
	Procs                   int
	OldN, NewN, Blocks      int
	Old, OldLo, OldHi       *float64
	New, NewLo, NewHi       *float64
	Ratio, RatioLo, RatioHi *float64
	P, Holm, MinP           float64
	MannWhitneyP            float64
	SignedRankP             float64 // 1 where nothing is paired
	Family                  int
	Verdict                 Verdict
	Ranked, Exact           bool
	Warnings                []string `json:",omitempty"`
}

func (d *Delta) record() Record {
	c := d.New.Cell
	r := Record{Kind: string(c.Kind), Benchmark: c.Name, Unit: d.Unit, Variant: c.Variant, Workload: c.Workload, Procs: c.Procs,
		OldN: d.Old.N, NewN: d.New.N, Blocks: d.Blocks,
		Old: finite(d.Old.Median), OldLo: finite(d.Old.Lo), OldHi: finite(d.Old.Hi),
		New: finite(d.New.Median), NewLo: finite(d.New.Lo), NewHi: finite(d.New.Hi),
		Ratio: finite(d.Ratio), RatioLo: finite(d.Lo), RatioHi: finite(d.Hi),
		P: round10(d.P), Holm: round10(d.Holm), MinP: round10(d.MinP), MannWhitneyP: round10(d.U), SignedRankP: round10(d.W), Family: d.Family, Verdict: d.Verdict, Ranked: d.Ranked, Exact: d.Exact,
		Warnings: append(append(append([]string(nil), d.Old.Warnings...), d.New.Warnings...), d.Warnings...)}
	if d.Old.Cell.Variant != c.Variant {
		r.Baseline = d.Old.Cell.Variant
	}
	return r
}

func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	x = round10(x)
	return &x
}

// round10 keeps ten significant digits: more than any measurement has, and
// few enough to be the same on every machine.
func round10(x float64) float64 {
	x, _ = strconv.ParseFloat(strconv.FormatFloat(x, 'g', 10, 64), 64)
	return x
}

func records(deltas []Delta) []Record {
	out := make([]Record, len(deltas))
	for i := range deltas {
		out[i] = deltas[i].record()
	}
	return out
}

type geomeanRecord struct {
	Kind              Kind
	Unit, Variant     string
	Rows              int
	Ratio, Lo, Hi, SD float64
}

func geomeanRecords(gs []Geomean) (out []geomeanRecord) {
	for _, g := range gs {
		out = append(out, geomeanRecord{g.Kind, g.Unit, g.Variant, g.Rows, round10(g.Ratio), round10(g.Lo), round10(g.Hi), round10(g.SD)})
	}
	return out
}

// recordHead is the head of the CSV, in the order of Record.
var recordHead = []string{"kind", "benchmark", "unit", "variant", "baseline", "workload", "procs",
	"old_n", "new_n", "blocks", "old", "old_lo", "old_hi", "new", "new_lo", "new_hi",
	"ratio", "ratio_lo", "ratio_hi", "p", "holm", "min_p", "mann_whitney_p", "signed_rank_p", "family", "verdict", "ranked", "exact"}

func (r *Record) fields() []string {
	num := func(x *float64) string {
		if x == nil {
			return ""
		}
		return strconv.FormatFloat(*x, 'g', -1, 64)
	}
	return []string{r.Kind, r.Benchmark, r.Unit, r.Variant, r.Baseline, r.Workload, strconv.Itoa(r.Procs),
		strconv.Itoa(r.OldN), strconv.Itoa(r.NewN), strconv.Itoa(r.Blocks),
		num(r.Old), num(r.OldLo), num(r.OldHi), num(r.New), num(r.NewLo), num(r.NewHi),
		num(r.Ratio), num(r.RatioLo), num(r.RatioHi), num(&r.P), num(&r.Holm), num(&r.MinP), num(&r.MannWhitneyP), num(&r.SignedRankP),
		strconv.Itoa(r.Family), string(r.Verdict), strconv.FormatBool(r.Ranked), strconv.FormatBool(r.Exact)}
}

func writeRecordsCSV(w io.Writer, deltas []Delta) error {
	t := Table{Head: recordHead}
	for _, r := range records(deltas) {
		t.Rows = append(t.Rows, r.fields())
	}
	return t.WriteCSV(w)
}

// WriteCSV writes every delta, unrounded but for the tenth digit.
func (c *Comparison) WriteCSV(w io.Writer) error { return writeRecordsCSV(w, c.Deltas) }

// WriteCSV writes every delta, unrounded but for the tenth digit.
func (c *RunComparison) WriteCSV(w io.Writer) error { return writeRecordsCSV(w, c.Deltas) }

// WriteJSON writes the comparison of a run's designs.
func (c *Comparison) WriteJSON(w io.Writer) error {
	var gaps []string
	for _, g := range c.Gaps {
		gaps = append(gaps, g.String())
	}
	return writeJSON(w, struct {
		Options         Options
		Tests, Families int
		Deltas          []Record
		Geomeans        []geomeanRecord
		Missing         []string
		Warnings        []string
	}{c.Options, c.Tests, c.Families, records(c.Deltas), geomeanRecords(c.Geomeans), gaps, c.Warnings})
}

// WriteJSON writes the comparison of two runs.
func (c *RunComparison) WriteJSON(w io.Writer) error {
	return writeJSON(w, struct {
		Old, New                 string
		SameMachine, Interleaved bool
		Options                  Options
		Tests, Families          int
		Deltas                   []Record
		Geomeans                 []geomeanRecord
		OnlyOld, OnlyNew         []string
		Warnings                 []string
	}{c.Old.Run.ID, c.New.Run.ID, c.SameMachine, c.Interleaved, c.Options, c.Tests, c.Families,
		records(c.Deltas), geomeanRecords(c.Geomeans), c.OnlyOld, c.OnlyNew, c.Warnings})
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "\t")
	return e.Encode(v)
}
