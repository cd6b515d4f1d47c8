//go:build vmasim

package lockcheck

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"vmabench/explore"
)

var updateFlaws = flag.Bool("update-flaws", false, "write this build's part of docs/flaws.md")

const flawsFile = "../../docs/flaws.md"

// place is where in the source a step stands: it changes with every edit.
var place = regexp.MustCompile(` +[\w./]+\.go:\d+$`)

// TestFlaws holds docs/flaws.md against what the checker finds today. The page
// has a part for each build, between marks.
func TestFlaws(t *testing.T) {
	have, err := os.ReadFile(flawsFile)
	if err != nil {
		t.Fatal(err)
	}
	part := "ordinary"
	if Tiny {
		part = "tiny"
	}
	begin, end := "<!-- begin "+part+" -->\n", "<!-- end "+part+" -->"
	head, rest, ok := strings.Cut(string(have), begin)
	old, tail, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no part %q", flawsFile, part)
	}
	text := flaws(t)
	if *updateFlaws {
		if err := os.WriteFile(flawsFile, []byte(head+begin+text+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if old != text {
		t.Errorf("docs/flaws.md is not what the checker finds: make designs, and look at the difference")
	}
}

// flaws explores the scenarios of known flaws and writes down what goes wrong.
func flaws(t *testing.T) string {
	var b strings.Builder
	for _, sc := range rivalScenarios() {
		r := sc.Run(explore.Options{Budget: time.Minute})
		if !sc.Expected(r) {
			t.Errorf("%s/%s: broken %q, expected %q", sc.Design, sc.Name, sc.Broken(r.Failure), sc.Breaks)
		}
		if r.Failure == nil {
			if !r.Complete {
				t.Errorf("%s/%s: not every interleaving was visited", sc.Design, sc.Name)
			}
			fmt.Fprintf(&b, "### %s: %s does not happen\n\n%s: none of %d executions, all there are, goes wrong.\n\n", sc.Design, sc.Name, sentence(sc.Doc), r.Executions)
			continue
		}
		fmt.Fprintf(&b, "### %s: %s\n\n%s. Breaks %s (%s).\n\n```\n", sc.Design, sc.Name, sentence(sc.Doc), sc.Breaks, r.Failure.Kind)
		for line := range strings.Lines(r.Failure.Trace) {
			fmt.Fprintln(&b, strings.TrimRight(place.ReplaceAllString(strings.TrimRight(line, "\n"), ""), " "))
		}
		fmt.Fprint(&b, "```\n\n")
	}
	return b.String()
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
