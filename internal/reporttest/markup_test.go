package reporttest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"vmabench/plots"
	"vmabench/results"
)

// The pages are well-formed: what is opened is closed in its order, names are
// unique, and what refers to an element finds it.
func TestMarkup(t *testing.T) {
	dir := t.TempDir()
	a, c := madeUp(t), madeUp(t)
	c.Run.ID, c.Run.Created = "made-up-later", "2026-01-03T03:04:05Z"
	if err := plots.Publish([]*results.Folder{a, c}, dir); err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob("../../results/reference/*/report.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"index.html", "compare.html", "made-up/index.html"} {
		pages = append(pages, filepath.Join(dir, name))
	}
	for _, path := range pages {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range malformed(f) {
			t.Errorf("%s: %s", path, s)
		}
		f.Close()
	}
	for _, bad := range []string{"<p><b></p></b>", `<p id="a"></p><p id="a"></p>`, `<a href="#x"></a>`, "<div>", `<svg aria-labelledby="x"></svg>`} {
		if len(malformed(strings.NewReader(bad))) == 0 {
			t.Errorf("%s is found well-formed", bad)
		}
	}
}

var (
	void = []string{"meta", "link", "input", "br", "img", "source"}
	// Elements of which the end may be left out where a sibling or the parent's end
	// follows.
	impliedEnd = []string{"td", "th", "li", "dt", "dd", "p", "option", "tr"}
)

// malformed lists what is wrong with a document.
func malformed(r io.Reader) (bad []string) {
	z := html.NewTokenizer(r)
	var open, refs []string
	ids := map[string]bool{}
	say := func(format string, args ...any) { bad = append(bad, fmt.Sprintf(format, args...)) }
	for {
		switch z.Next() {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) {
				say("%v", z.Err())
			}
			if len(open) > 0 {
				say("not closed: %v", open)
			}
			for _, id := range refs {
				if !ids[id] {
					say("nothing is called %q", id)
				}
			}
			return bad
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			for _, a := range t.Attr {
				switch {
				case a.Key == "id" && ids[a.Val]:
					say("two are called %q", a.Val)
				case a.Key == "id":
					ids[a.Val] = true
				case a.Key == "href" && strings.HasPrefix(a.Val, "#"):
					refs = append(refs, a.Val[1:])
				case a.Key == "aria-labelledby", a.Key == "aria-describedby", a.Key == "for":
					refs = append(refs, strings.Fields(a.Val)...)
				}
			}
			if t.Type == html.SelfClosingTagToken || slices.Contains(void, t.Data) {
				continue
			}
			if n := len(open); n > 0 && slices.Contains(impliedEnd, open[n-1]) && (open[n-1] == t.Data || open[n-1] == "td" && t.Data == "th" || open[n-1] == "th" && t.Data == "td") {
				open = open[:n-1]
			}
			open = append(open, t.Data)
		case html.EndTagToken:
			name := z.Token().Data
			for n := len(open); n > 0 && open[n-1] != name && slices.Contains(impliedEnd, open[n-1]); n = len(open) {
				open = open[:n-1]
			}
			if n := len(open); n == 0 || open[n-1] != name {
				say("</%s> closes %v", name, open)
				return bad
			}
			open = open[:len(open)-1]
		}
	}
}
