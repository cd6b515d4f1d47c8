package targets

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
)

// Header names the columns of Line.
func Header() string {
	return row("verdict", "target", "median", "95 % interval", "excellent", "fail")
}

// Line describes r in the columns of Header.
func (r *Result) Line() string {
	value, interval := "-", "-"
	if r.Rounds > 0 {
		value = figure(r.Median, r.Unit)
		interval = "counted"
		if r.Lo != r.Hi {
			interval = figure(r.Lo, "") + " to " + figure(r.Hi, "")
		}
	}
	return row(string(r.Verdict), r.Name, value, interval, r.Excellent.String(), r.Allowed.outside())
}

func row(verdict, name, value, interval, excellent, fail string) string {
	return strings.TrimRight(fmt.Sprintf("%-9s  %-*s  %12s  %-14s  %-14s  %s",
		verdict, nameWidth, name, value, interval, excellent, fail), " ")
}

// nameWidth is the length of the longest name.
var nameWidth = func() (w int) {
	for _, t := range All() {
		w = max(w, len(t.Name))
	}
	return w
}()

func figure(x float64, unit string) string {
	if unit == "x" {
		unit = ""
	} else if unit != "" {
		unit = " " + unit
	}
	switch {
	case math.IsInf(x, 0) || math.IsNaN(x):
		return "?"
	case math.Abs(x) >= 100:
		return fmt.Sprintf("%.0f%s", x, unit)
	}
	return fmt.Sprintf("%.3g%s", x, unit)
}

// Markdown returns the results as the table that METHOD.md has.
func (rep *Report) Markdown() string {
	var b strings.Builder
	fmt.Fprint(&b, "| target | what it says | found | excellent | fail | |\n|---|---|---|---|---|---|\n")
	for i := range rep.Results {
		r := &rep.Results[i]
		found := string(r.Verdict)
		if r.Rounds > 0 {
			if found = figure(r.Median, r.Unit); r.Lo != r.Hi {
				found += fmt.Sprintf(" (%s to %s)", figure(r.Lo, ""), figure(r.Hi, ""))
			}
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", r.Name, r.Doc, found, r.Excellent, r.Allowed.outside(), r.Verdict)
	}
	return b.String()
}

// Undocumented returns what a document, METHOD.md, lacks of the targets or has
// otherwise: their sentences and bounds, in the table that Markdown writes.
func Undocumented(document string, ts []Target) (wrong []string) {
	rep := new(Report)
	for _, t := range ts {
		rep.Results = append(rep.Results, t.result())
	}
	found := Rows(document)
	for name, want := range Rows(rep.Markdown()) {
		if found[name] != want {
			wrong = append(wrong, fmt.Sprintf("%s: documented as %q, it is %q", name, found[name], want))
		}
	}
	return wrong
}

// Rows returns what a document says of each target in Markdown's tables:
// sentence and bounds, by name.
func Rows(document string) map[string]string {
	rows := map[string]string{}
	for line := range strings.Lines(document) {
		if c := strings.Split(line, " | "); strings.HasPrefix(line, "| `") && len(c) == 6 {
			rows[strings.Trim(c[0], "| `")] = strings.Join([]string{c[1], c[3], c[4]}, " ; ")
		}
	}
	return rows
}

// Summary says what is to be concluded.
func (rep *Report) Summary() string {
	var b strings.Builder
	for _, n := range rep.Notes {
		fmt.Fprintln(&b, "note:", n)
	}
	fmt.Fprintf(&b, "%d slices counted, %d did not.", rep.Accepted, rep.Rejected)
	if rep.Accepted > 0 {
		fmt.Fprintf(&b, " The least CPU share of a thread in one that counted is %.1f %%.", rep.LeastShare()*100)
	}
	fmt.Fprintln(&b)
	for _, v := range []Verdict{Skipped, Unsure, Failed} {
		for _, r := range rep.Results {
			if r.Verdict == v {
				fmt.Fprintln(&b, strings.TrimSuffix(fmt.Sprintf("%s: %s: %s", v, r.Name, r.Why), ": "))
			}
		}
	}
	switch {
	case rep.Failed() && rep.Disturbed != "":
		fmt.Fprintln(&b, "A counted target lies in its fail range (exit status 1). Of the measured the machine is too disturbed to say:", rep.Disturbed)
	case rep.Failed():
		fmt.Fprintln(&b, "A target lies in its fail range (exit status 1).")
	case rep.Disturbed != "":
		fmt.Fprintln(&b, "The machine is too disturbed to say (exit status 3):", rep.Disturbed)
	default:
		fmt.Fprintln(&b, "No target is shown to lie in its fail range (exit status 0).")
	}
	return b.String()
}

// Overlap is the proof of parallelism: which share of the first thread's time
// all others were in the slice too; NaN without a slice of several threads.
func (rep *Report) Overlap() float64 {
	var first, beside time.Duration
	for i := range rep.Results {
		first, beside = first+rep.Results[i].First, beside+rep.Results[i].Beside
	}
	return float64(beside) / float64(first)
}

// LeastShare is the least CPU share of a thread that did not sleep in a slice
// that counted: the rule by which they count, so no proof; NaN without any.
func (rep *Report) LeastShare() float64 {
	least := math.NaN()
	for i := range rep.Results {
		if r := &rep.Results[i]; r.Slices > 0 && !(least <= r.LeastShare) {
			least = r.LeastShare
		}
	}
	return least
}

// jsonResult is a Result as a file has it: bounds and verdicts as text, and no
// number that JSON lacks.
type jsonResult struct {
	Name       string   `json:"name"`
	Doc        string   `json:"doc"`
	Unit       string   `json:"unit"`
	Median     *float64 `json:"median"`
	Lo         *float64 `json:"lo"`
	Hi         *float64 `json:"hi"`
	A          *float64 `json:"a,omitempty"`
	B          *float64 `json:"b,omitempty"`
	Excellent  string   `json:"excellent"`
	Fail       string   `json:"fail"`
	Verdict    Verdict  `json:"verdict"`
	Rounds     int      `json:"rounds"`
	Rejected   int      `json:"rejected"`
	LeastShare *float64 `json:"least_cpu_share,omitempty"` // absent without slices
	Why        string   `json:"why,omitempty"`
}

func finite(x float64) *float64 {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return nil
	}
	return &x
}

// WriteJSON writes the report as one JSON object.
func (rep *Report) WriteJSON(w io.Writer) error {
	doc := struct {
		Machine   string       `json:"machine"`
		Disturbed string       `json:"disturbed,omitempty"`
		Accepted  int          `json:"accepted"`
		Rejected  int          `json:"rejected"`
		Targets   []jsonResult `json:"targets"`
	}{Machine: Machine(), Disturbed: rep.Disturbed, Accepted: rep.Accepted, Rejected: rep.Rejected}
	for i := range rep.Results {
		r := &rep.Results[i]
		j := jsonResult{Name: r.Name, Doc: r.Doc, Unit: r.Unit, Excellent: r.Excellent.String(), Fail: r.Allowed.outside(),
			Verdict: r.Verdict, Rounds: r.Rounds, Rejected: r.Rejected, Why: r.Why}
		if r.Slices > 0 {
			j.LeastShare = &r.LeastShare
		}
		if r.Rounds > 0 {
			j.Median, j.Lo, j.Hi, j.A, j.B = finite(r.Median), finite(r.Lo), finite(r.Hi), finite(r.A), finite(r.B)
		}
		doc.Targets = append(doc.Targets, j)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "\t")
	return e.Encode(doc)
}
