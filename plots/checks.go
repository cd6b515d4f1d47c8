package plots

import (
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// The files that other jobs leave in a run's folder. All may be absent, and a
// field that is not there is empty.
const (
	selftestFile    = "selftest.json"    // the suite's proof of itself
	busyFile        = "busy.json"        // a plan alone and beside busy loops
	checkFile       = "check.json"       // the model checker's verdicts
	tablesFile      = "tables.json"      // published tables beside predictions
	latenciesFile   = "latencies.json"   // published latencies beside predictions
	sensitivityFile = "sensitivity.json" // the model's parameters varied
)

// readJSON fills v from a file of the run's folder.
func (d *data) readJSON(name string, v any) error {
	data, err := os.ReadFile(filepath.Join(d.folder.Dir, name))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s cannot be read: %v", name, err)
	}
	return nil
}

// absent is why a file of the folder is not shown; "" if err is nil.
func absent(name, how string, err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Sprintf("the folder has no %s (%s)", name, how)
	}
	return err.Error()
}

// checkReport is what is shown of check.json.
type checkReport struct {
	Command   string
	Mode      string
	Seconds   float64
	Scenarios []struct {
		Design, Scenario, Doc, Checks, Breaks, Broken string
		Executions                                    int
		Steps                                         uint64
		Complete, Expected                            bool
	}
	Mutants []struct {
		Name, Doc, Scenario, Invariant, Kind string
		Equivalent                           string // why a survivor changes nothing
		Caught                               bool
		Executions, Switches                 int
	}
}

// figChecker sums the model checker's verdicts by design; every scenario and
// every seeded bug is folded below.
func figChecker(d *data) []*Figure {
	const id, title = "check", "Every interleaving of the same lock source"
	var r checkReport
	if err := d.readJSON(checkFile, &r); err != nil {
		return missing(id, secChecker, title, absent(checkFile, "make check RUN=...", err))
	}
	bad, steps := 0, uint64(0)
	for i := range r.Scenarios {
		steps += r.Scenarios[i].Steps
		if !r.Scenarios[i].Expected {
			bad++
		}
	}
	var b strings.Builder
	writeRows(&b, r.byDesign())
	fold(&b, "Every scenario", r.scenarios())
	claim := fmt.Sprintf("%s: %s, %s unexpected", title, plural(len(r.Scenarios), "scenario", "scenarios"), none0(bad))
	if len(r.Mutants) > 0 {
		table, caught, same := r.mutants()
		fold(&b, "Every seeded bug", table)
		claim += fmt.Sprintf("; %d of %d seeded bugs caught", caught, len(r.Mutants))
		if same > 0 {
			claim += fmt.Sprintf(", %d change nothing", same)
		}
	}
	return []*Figure{{ID: id, Section: secChecker, Title: claim, Body: template.HTML(b.String()), Command: r.Command,
		Subtitle: fmt.Sprintf("The model checker runs small scenarios through all their interleavings (%s; %s steps, %s s) and checks the invariants of each.", r.Mode, withCommas(fmt.Sprint(steps)), sig(r.Seconds, 3))}}
}

// byDesign is a row a design: how many scenarios, of how many executions, and
// whether all came out as they must.
func (r *checkReport) byDesign() *Table {
	t := &Table{Head: []string{"design", "scenarios", "executions", "steps", "hold", "broken, as they must be", "unexpected"}, Left: 1}
	type sum struct {
		executions, hold, cut, must, bad int
		steps                            uint64
	}
	sums := map[string]*sum{}
	var order []string
	for i := range r.Scenarios {
		s := &r.Scenarios[i]
		v := sums[s.Design]
		if v == nil {
			v = &sum{}
			sums[s.Design], order = v, append(order, s.Design)
		}
		v.executions, v.steps = v.executions+s.Executions, v.steps+s.Steps
		switch {
		case !s.Expected:
			v.bad++
		case s.Broken != "":
			v.must++
		default:
			v.hold++
			if !s.Complete {
				v.cut++
			}
		}
	}
	for _, n := range order {
		v := sums[n]
		hold := fmt.Sprint(v.hold)
		if v.cut > 0 {
			hold += fmt.Sprintf(", %d as far as searched", v.cut)
		}
		t.Rows = append(t.Rows, []string{n, fmt.Sprint(v.hold + v.must + v.bad), withCommas(fmt.Sprint(v.executions)), withCommas(fmt.Sprint(v.steps)),
			hold, fmt.Sprint(v.must), fmt.Sprint(v.bad)})
	}
	return t
}

func (r *checkReport) scenarios() *Table {
	t := &Table{Head: []string{"design", "scenario", "invariants", "executions", "steps", "verdict"}, Left: 3}
	for i := range r.Scenarios {
		s := &r.Scenarios[i]
		verdict := "holds"
		switch {
		case !s.Expected:
			verdict = "UNEXPECTED: " + cmp2(s.Broken, s.Breaks)
		case s.Broken != "":
			verdict = s.Broken + " broken, as it must be"
		case !s.Complete:
			verdict = "holds as far as searched"
		}
		t.Rows = append(t.Rows, []string{s.Design, s.Scenario + ": " + s.Doc, s.Checks, withCommas(fmt.Sprint(s.Executions)), withCommas(fmt.Sprint(s.Steps)), verdict})
	}
	return t
}

func (r *checkReport) mutants() (t *Table, caught, same int) {
	t = &Table{Head: []string{"seeded bug", "caught", "by scenario", "invariant", "executions", "thread changes"}, Left: 4}
	for _, m := range r.Mutants {
		word := "NOT CAUGHT"
		switch {
		case m.Caught:
			caught++
			word = "yes"
		case m.Equivalent != "":
			same++
			word = "no: changes nothing (" + m.Equivalent + ")"
		}
		t.Rows = append(t.Rows, []string{strings.TrimSpace(m.Name + " " + m.Doc), word, m.Scenario, m.Invariant, fmt.Sprint(m.Executions), fmt.Sprint(m.Switches)})
	}
	return t, caught, same
}

// fold writes a long table that opens on demand.
func fold(b *strings.Builder, what string, t *Table) {
	fmt.Fprintf(b, `<details class="list"><summary>%s (%d)</summary>`, esc(what), len(t.Rows))
	writeRows(b, t)
	b.WriteString("</details>")
}

func cmp2(a, b string) string {
	if a != "" {
		return a + " broken"
	}
	return b + " should break"
}

func none0(n int) string {
	if n == 0 {
		return "none"
	}
	return fmt.Sprint(n)
}

// writeRows writes a table that scrolls within its own width.
func writeRows(b *strings.Builder, t *Table) {
	b.WriteString(`<div class="scroll" tabindex="0"><table><thead><tr>`)
	for i, h := range t.Head {
		class := ""
		if i >= t.Left && len(t.Rows) > 0 && numeric(t.Rows[0][i]) {
			class = ` class="n"`
		}
		fmt.Fprintf(b, `<th scope="col"%s>%s</th>`, class, esc(h))
	}
	b.WriteString("</tr></thead><tbody>")
	for _, r := range t.Rows {
		b.WriteString("<tr>")
		for i, c := range r {
			class := ""
			if i >= t.Left && numeric(c) {
				class = ` class=n`
			}
			fmt.Fprintf(b, "<td%s>%s", class, esc(c)) // a cell ends where the next begins
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody></table></div>")
}

func numeric(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }

func esc(s string) string { return template.HTMLEscapeString(s) }
