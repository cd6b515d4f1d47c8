package plots

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"vmabench/results"
)

// A file takes parts of a report between two markers on lines of their own:
//
//	<!-- BEGIN: summary -->
//	<!-- END: summary -->
//
// The parts are answer, summary, losses, footprint, machine, command,
// figure:ID for a chart, whose files Charts has put into the run's charts
// folder, and report: answer, overview, summary, command, and where the losses are.
var markers = regexp.MustCompile(`(?ms)^<!-- BEGIN: ([a-z:-]+) -->\n(.*?)^<!-- END: ([a-z:-]+) -->$`)

// Splice writes the parts that path has markers for from the run.
func Splice(path string, f *results.Folder) error {
	_, want, err := spliced(path, f)
	if err != nil {
		return err
	}
	return results.ReplaceFile(path, want)
}

// Spliceable reports, as an error, that Splice would not write path: it cannot
// be read or written, or has no markers or wrong ones.
func Spliceable(path string, f *results.Folder) error {
	if _, _, err := spliced(path, f); err != nil {
		return err
	}
	return results.CanReplace(path)
}

// Spliced reports, as an error that names the first part that differs, that
// path does not show the run as it is.
func Spliced(path string, f *results.Folder) error {
	have, want, err := spliced(path, f)
	if err != nil || bytes.Equal(have, want) {
		return err
	}
	a, b := markers.FindAllSubmatch(have, -1), markers.FindAllSubmatch(want, -1)
	for i := range a {
		if !bytes.Equal(a[i][0], b[i][0]) {
			return fmt.Errorf("%s: part %q is not that of run %s", path, a[i][1], f.Run.ID)
		}
	}
	return fmt.Errorf("%s: not in step with run %s", path, f.Run.ID)
}

func spliced(path string, f *results.Folder) (have, want []byte, err error) {
	have, err = os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	d, err := newData(f)
	if err != nil {
		return nil, nil, err
	}
	rel, err := filepath.Rel(filepath.Dir(path), f.Dir)
	if err != nil {
		rel = f.Dir
	}
	n := 0
	want = markers.ReplaceAllFunc(have, func(m []byte) []byte {
		sub := markers.FindSubmatch(m)
		n++
		name := string(sub[1])
		if name != string(sub[3]) {
			err = fmt.Errorf("%s: part %q ends as %q", path, name, sub[3])
			return m
		}
		body, bad := d.part(name, filepath.ToSlash(rel))
		if bad != nil {
			err = fmt.Errorf("%s: %v", path, bad)
			return m
		}
		return fmt.Appendf(nil, "<!-- BEGIN: %s -->\n%s<!-- END: %s -->", name, body, name)
	})
	if err == nil && n == 0 {
		err = fmt.Errorf("%s: no <!-- BEGIN: ... --> marker", path)
	}
	return have, want, err
}

// part returns a part's Markdown, which ends in a newline.
func (d *data) part(name, dir string) (string, error) {
	var b bytes.Buffer
	switch name {
	case "answer":
		d.mdAnswer(&b)
	case "summary":
		d.mdSummary(&b)
	case "losses":
		d.mdLosses(&b)
	case "footprint":
		b.WriteString(d.mdFootprint())
	case "report":
		for _, p := range []string{"answer", "figure:overview", "summary"} {
			text, err := d.part(p, dir)
			if err != nil {
				return "", err
			}
			b.WriteString("\n" + text)
		}
		mdPara(&b, fmt.Sprintf("Where each design loses, by throughput, CPU time, role, p99 and bytes: [report.md](%s/report.md). Again:", dir))
		fmt.Fprintf(&b, "\n    %s\n    %s\n", d.command(""), d.benchstat(dir))
		b.WriteString("\n")
	case "machine":
		fmt.Fprintf(&b, "%s; Linux %s; %s; run %s.\n", d.machine(), d.run.Env.Kernel, d.run.Env.GoVersion, d.run.ID)
	case "command":
		fmt.Fprintf(&b, "    %s\n    %s\n", d.command(""), d.benchstat(dir))
	default:
		id, ok := strings.CutPrefix(name, "figure:")
		if !ok {
			return "", fmt.Errorf("no part %q; there are report, answer, summary, losses, footprint, machine, command, figure:ID", name)
		}
		return d.picture(id, dir)
	}
	return b.String(), nil
}

// picture is a figure that follows the reader's theme.
func (d *data) picture(id, dir string) (string, error) {
	for _, f := range d.figures() {
		if f.ID != id || f.Hidden {
			continue
		}
		if f.Missing != "" {
			return fmt.Sprintf("*%s: not drawn, %s.*\n", f.Title, f.Missing), nil
		}
		alt := strings.NewReplacer(`"`, "&quot;", "<", "&lt;").Replace(f.Title)
		return fmt.Sprintf("<picture>\n<source media=\"(prefers-color-scheme: dark)\" srcset=\"%[1]s/charts/%[2]s-dark.svg\">\n"+
			"<img alt=\"%[3]s\" src=\"%[1]s/charts/%[2]s-light.svg\">\n</picture>\n\n%[4]s", dir, id, alt, mdWrap("", mdEscape(f.Subtitle))), nil
	}
	return "", fmt.Errorf("no figure %q", id)
}
