package plots

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vmabench/results"
)

// modelledRun has no trial but modelled ones.
func modelledRun(t testing.TB) *results.Folder {
	f := synthFull(t)
	trials := f.Trials
	f.Trials, f.Run.Command = nil, "vmalab simulate -machine imaginary-8s"
	for _, x := range trials {
		if x.Kind == results.Modelled {
			f.Trials = append(f.Trials, x)
		}
	}
	return f
}

// Nothing that a modelled run writes names the CPU that computed it as the
// machine of its numbers, or compares what nothing measured.
func TestModelledRun(t *testing.T) {
	f := modelledRun(t)
	page := pageOf(t, f)
	var md bytes.Buffer
	if err := mustReport(t, f).Markdown(&md); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := Publish([]*results.Folder{f}, dir); err != nil {
		t.Fatal(err)
	}
	site := map[string]string{"report.html": page, "report.md": md.String()}
	for _, name := range []string{"index.html", "compare.html"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		site[name] = string(b)
	}
	for name, text := range site {
		if !strings.Contains(text, "modelled on imaginary-8s") {
			t.Errorf("%s does not say what was modelled", name)
		}
		for _, not := range []string{"undisturbed", "make simulate</code>", "measured above", "No design loses"} {
			if strings.Contains(text, not) {
				t.Errorf("%s says %q of a modelled run", name, not)
			}
		}
		if name != "report.html" && strings.Contains(text, "Imaginary CPU") {
			t.Errorf("%s names the host's CPU", name)
		}
	}
	if !strings.Contains(page, "<code>bin/vmalab simulate -machine imaginary-8s</code>") || strings.Contains(page, `id="base"`) {
		t.Error("the page lacks the run's command, or has a baseline to choose")
	}
	if !strings.Contains(md.String(), "| hotvma on imaginary-8s |  256 |") {
		t.Errorf("no modelled rates in\n%s", md.String())
	}
	if strings.Contains(page, `"Points":null`) {
		t.Error("the script's points are null")
	}
}

// Every panel with a modelled line or bar is on hatched ground.
func TestModelledIsHatched(t *testing.T) {
	n := 0
	for _, f := range mustData(t, synthFull(t)).figures() {
		if f.ID == "law" {
			continue // a curve fitted to measured points
		}
		for i := range f.Panels {
			p := &f.Panels[i]
			for j := range p.Series {
				if n++; p.Series[j].Modelled && !p.Modelled {
					t.Errorf("%s, panel %d: modelled on plain ground", f.ID, i)
				}
			}
		}
	}
	if n == 0 {
		t.Error("no series")
	}
}
