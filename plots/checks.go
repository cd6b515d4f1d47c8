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
	checkFile       = "check.json"       // the model checker's verdicts
	tablesFile      = "tables.json"      // published tables beside predictions
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

// checks is what the folder has beside its trials and no chart shows.
func (d *data) checks() template.HTML { return template.HTML(d.checker()) }

// article wraps a panel that is no chart; why says that it is missing.
func article(id, title, why, body string) string {
	if why != "" {
		return fmt.Sprintf(`<article class="fig none" id="%s"><h3>%s</h3><p class="missing">Not shown: %s.</p></article>`+"\n", id, esc(title), esc(why))
	}
	return fmt.Sprintf(`<article class="fig" id="%s"><h3>%s</h3>%s</article>`+"\n", id, esc(title), body)
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

func (d *data) checker() string {
	var r checkReport
	err := d.readJSON(checkFile, &r)
	title := "Model checker: the same lock source under every interleaving"
	if err != nil {
		return article("check", title, absent(checkFile, "make check", err), "")
	}
	var b strings.Builder
	table := Table{Head: []string{"design", "scenario", "invariants", "executions", "steps", "verdict"}, Left: 3}
	bad, steps := 0, uint64(0)
	for _, s := range r.Scenarios {
		steps += s.Steps
		verdict := "holds"
		switch {
		case !s.Expected:
			bad++
			verdict = "UNEXPECTED: " + cmp2(s.Broken, s.Breaks)
		case s.Broken != "":
			verdict = s.Broken + " broken, as it must be"
		case !s.Complete:
			verdict = "holds as far as searched"
		}
		table.Rows = append(table.Rows, []string{s.Design, s.Scenario + ": " + s.Doc, s.Checks, withCommas(fmt.Sprint(s.Executions)), withCommas(fmt.Sprint(s.Steps)), verdict})
	}
	title = fmt.Sprintf("Model checker: %s of the same lock source, %s unexpected, %s steps", plural(len(r.Scenarios), "scenario", "scenarios"), none0(bad), withCommas(fmt.Sprint(steps)))
	writeRows(&b, &table)
	if len(r.Mutants) > 0 {
		caught := 0
		mt := Table{Head: []string{"mutant", "caught", "by scenario", "invariant", "executions", "thread changes"}, Left: 4}
		for _, m := range r.Mutants {
			word := "NOT CAUGHT"
			switch {
			case m.Caught:
				caught++
				word = "yes"
			case m.Equivalent != "":
				word = "no: changes nothing (" + m.Equivalent + ")"
			}
			mt.Rows = append(mt.Rows, []string{strings.TrimSpace(m.Name + " " + m.Doc), word, m.Scenario, m.Invariant, fmt.Sprint(m.Executions), fmt.Sprint(m.Switches)})
		}
		title += fmt.Sprintf("; %d of %d seeded bugs caught", caught, len(r.Mutants))
		writeRows(&b, &mt)
	}
	fmt.Fprintf(&b, `<p class="note">%s, %s s. Again: <code>%s</code></p>`, esc(r.Mode), sig(r.Seconds, 3), esc(r.Command))
	return article("check", title, "", b.String())
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
	for _, h := range t.Head {
		fmt.Fprintf(b, `<th scope="col">%s</th>`, esc(h))
	}
	b.WriteString("</tr></thead><tbody>")
	for _, r := range t.Rows {
		b.WriteString("<tr>")
		for i, c := range r {
			class := ""
			if i >= t.Left && len(c) > 0 && c[0] >= '0' && c[0] <= '9' {
				class = ` class="n"`
			}
			fmt.Fprintf(b, "<td%s>%s</td>", class, esc(c))
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody></table></div>")
}

func esc(s string) string { return template.HTMLEscapeString(s) }
