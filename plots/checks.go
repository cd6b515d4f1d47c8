package plots

import (
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
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

// checks are the panels of what the folder has beside its trials.
func (d *data) checks() template.HTML {
	var b strings.Builder
	b.WriteString(d.selftest())
	b.WriteString(d.checker())
	return template.HTML(b.String())
}

// article wraps a panel that is no chart; why says that it is missing.
func article(id, title, why, body string) string {
	if why != "" {
		return fmt.Sprintf(`<article class="fig none" id="%s"><h3>%s</h3><p class="missing">Not shown: %s.</p></article>`+"\n", id, esc(title), esc(why))
	}
	return fmt.Sprintf(`<article class="fig" id="%s"><h3>%s</h3>%s</article>`+"\n", id, esc(title), body)
}

// selftest shows selftest.json whatever its fields: the rate of false alarms,
// broken subjects and whether they were caught, what a known effect measures.
func (d *data) selftest() string {
	var v any
	err := d.readJSON(selftestFile, &v)
	var b strings.Builder
	if err == nil {
		writeJSON(&b, v)
	}
	return article("selftest", "Self-proof: does the suite catch what it should", absent(selftestFile, "make selftest", err), b.String())
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
	title = fmt.Sprintf("Model checker: %d scenarios of the same lock source, %s unexpected, %s steps", len(r.Scenarios), none0(bad), withCommas(fmt.Sprint(steps)))
	writeRows(&b, &table)
	if len(r.Mutants) > 0 {
		caught := 0
		mt := Table{Head: []string{"mutant", "caught", "by scenario", "invariant", "executions", "thread changes"}, Left: 4}
		for _, m := range r.Mutants {
			word := "NOT CAUGHT"
			if m.Caught {
				caught++
				word = "yes"
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

// writeJSON shows a value: a list of objects as a table, an object as a list
// of its fields, the rest as words. Names stand in sorted order.
func writeJSON(b *strings.Builder, v any) {
	switch v := v.(type) {
	case map[string]any:
		b.WriteString(`<dl>`)
		var nested []string
		for _, k := range keys(v) {
			if isTable(v[k]) {
				nested = append(nested, k)
				continue
			}
			fmt.Fprintf(b, "<dt>%s</dt><dd>%s</dd>", esc(words(k)), esc(scalar(v[k])))
		}
		b.WriteString("</dl>")
		for _, k := range nested {
			fmt.Fprintf(b, "<h4>%s</h4>", esc(words(k)))
			writeJSON(b, v[k])
		}
	case []any:
		t := &Table{}
		for _, r := range v {
			for _, k := range keys(r) {
				if !slices.Contains(t.Head, k) {
					t.Head = append(t.Head, k)
				}
			}
		}
		for _, r := range v {
			m, ok := r.(map[string]any)
			if !ok {
				t.Rows = append(t.Rows, []string{scalar(r)})
				continue
			}
			var row []string
			for _, k := range t.Head {
				if x, ok := m[k]; ok {
					row = append(row, scalar(x))
				} else {
					row = append(row, "")
				}
			}
			t.Rows = append(t.Rows, row)
		}
		for i := range t.Head {
			t.Head[i] = words(t.Head[i])
		}
		writeRows(b, t)
	default:
		fmt.Fprintf(b, "<p>%s</p>", esc(scalar(v)))
	}
}

// isTable reports whether v is an object, or a list of objects.
func isTable(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		return true
	case []any:
		if len(v) > 0 {
			_, ok := v[0].(map[string]any)
			return ok
		}
	}
	return false
}

func keys(v any) []string {
	m, _ := v.(map[string]any)
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// words splits a field's name: FalseAlarms is "False Alarms".
func words(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && r >= 'A' && r <= 'Z' && name[i-1] >= 'a' && name[i-1] <= 'z' {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func scalar(v any) string {
	switch v := v.(type) {
	case nil:
		return "–"
	case float64:
		if v == float64(int64(v)) {
			return minus(withCommas(fmt.Sprint(int64(v))))
		}
		return sig(v, 4)
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case string:
		return v
	case []any:
		var parts []string
		for _, x := range v {
			parts = append(parts, scalar(x))
		}
		return strings.Join(parts, ", ")
	}
	var parts []string
	m, _ := v.(map[string]any)
	for _, k := range keys(v) {
		parts = append(parts, words(k)+" "+scalar(m[k]))
	}
	return strings.Join(parts, ", ")
}

func esc(s string) string { return template.HTMLEscapeString(s) }
