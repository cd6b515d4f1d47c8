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

// The files of a run folder that other jobs leave there: the suite's proof of
// itself and the model checker's verdicts. Both may be absent; a field that is
// not known here is shown as it stands.
const (
	selftestFile = "selftest.json"
	checkFile    = "check.json"
)

// checks are the sections for what the folder has beside its trials.
func (d *data) checks() template.HTML {
	var b strings.Builder
	for _, c := range []struct{ file, id, title, how string }{
		{selftestFile, "selftest", "Self-proof: does the suite catch what it should", "make selftest"},
		{checkFile, "check", "Model checker: the same lock source under every interleaving", "make check"},
	} {
		fmt.Fprintf(&b, `<article class="fig" id="%s"><h3>%s</h3>`, c.id, template.HTMLEscapeString(c.title))
		v, err := readJSON(filepath.Join(d.folder.Dir, c.file))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			fmt.Fprintf(&b, `<p class="missing">Not in this run: the folder has no %s (%s).</p>`, c.file, c.how)
		case err != nil:
			fmt.Fprintf(&b, `<p class="missing">%s cannot be read: %s</p>`, c.file, template.HTMLEscapeString(err.Error()))
		default:
			writeJSON(&b, v)
		}
		b.WriteString("</article>\n")
	}
	return template.HTML(b.String())
}

func readJSON(path string) (any, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return nil, fmt.Errorf("not JSON: %v", err)
	}
	return v, nil
}

// writeJSON shows a value: a list of objects as a table, an object as a list
// of its fields, the rest as words. Names stand in sorted order.
func writeJSON(b *strings.Builder, v any) {
	switch v := v.(type) {
	case map[string]any:
		var lists []string
		b.WriteString(`<dl>`)
		for _, k := range keys(v) {
			if rows, ok := v[k].([]any); ok && len(rows) > 0 {
				if _, ok := rows[0].(map[string]any); ok {
					lists = append(lists, k)
					continue
				}
			}
			if _, ok := v[k].(map[string]any); ok {
				lists = append(lists, k)
				continue
			}
			fmt.Fprintf(b, "<dt>%s</dt><dd>%s</dd>", esc(words(k)), esc(scalar(v[k])))
		}
		b.WriteString("</dl>")
		for _, k := range lists {
			fmt.Fprintf(b, "<h4>%s</h4>", esc(words(k)))
			writeJSON(b, v[k])
		}
	case []any:
		writeTable(b, v)
	default:
		fmt.Fprintf(b, "<p>%s</p>", esc(scalar(v)))
	}
}

// writeTable shows a list of objects, a column a field.
func writeTable(b *strings.Builder, rows []any) {
	var cols []string
	for _, r := range rows {
		m, _ := r.(map[string]any)
		for _, k := range keys(m) {
			if !slices.Contains(cols, k) {
				cols = append(cols, k)
			}
		}
	}
	b.WriteString(`<div class="scroll"><table><thead><tr>`)
	for _, c := range cols {
		fmt.Fprintf(b, `<th scope="col">%s</th>`, esc(words(c)))
	}
	b.WriteString("</tr></thead><tbody>")
	for _, r := range rows {
		m, ok := r.(map[string]any)
		b.WriteString("<tr>")
		if !ok {
			fmt.Fprintf(b, "<td>%s</td>", esc(scalar(r)))
		}
		for _, c := range cols {
			if x, ok := m[c]; ok {
				fmt.Fprintf(b, "<td>%s</td>", esc(scalar(x)))
			} else if ok || m != nil {
				b.WriteString("<td></td>")
			}
		}
		b.WriteString("</tr>")
	}
	b.WriteString("</tbody></table></div>")
}

func keys(m map[string]any) []string {
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
			return withCommas(fmt.Sprint(int64(v)))
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
	case map[string]any:
		var parts []string
		for _, k := range keys(v) {
			parts = append(parts, words(k)+" "+scalar(v[k]))
		}
		return strings.Join(parts, ", ")
	}
	return fmt.Sprint(v)
}

func esc(s string) string { return template.HTMLEscapeString(s) }
