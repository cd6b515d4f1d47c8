package main

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"vmabench/plots"
	"vmabench/results"
)

// reference is the committed run that the README shows.
var reference = filepath.Join("..", "..", results.DefaultRoot, "reference", "default")

// TestReadmeInSync: the README shows the reference run as it is, its charts too.
func TestReadmeInSync(t *testing.T) {
	f, err := results.Open(reference)
	if err != nil {
		t.Fatal(err)
	}
	if err := plots.Spliced(filepath.Join("..", "..", "README.md"), f); err != nil {
		t.Errorf("%v; make readme writes it again", err)
	}
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile(`reference/default/(charts/[a-z-]+\.svg)"`).FindAllSubmatch(readme, -1)
	if len(shown) == 0 {
		t.Fatal("no chart is shown")
	}
	r, err := plots.New(f)
	if err != nil {
		t.Fatal(err)
	}
	drawn := t.TempDir()
	if _, err := r.Charts(filepath.Join(drawn, chartsDir), false); err != nil {
		t.Fatal(err)
	}
	for _, m := range shown {
		name := string(m[1])
		have, err := os.ReadFile(filepath.Join(reference, name))
		want, err2 := os.ReadFile(filepath.Join(drawn, name))
		if err != nil || err2 != nil || !bytes.Equal(have, want) {
			t.Errorf("%s is not that of the run (%v, %v); make readme draws it again", name, err, err2)
		}
	}
}

func TestPublish(t *testing.T) {
	dir := t.TempDir()
	var out, errs bytes.Buffer
	if st := run([]string{"publish", "-o", dir, reference}, nil, &out, &errs); st != exitOK {
		t.Fatalf("status %d: %s", st, errs.String())
	}
	page, err := os.ReadFile(filepath.Join(dir, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(page, []byte("<html")) {
		t.Errorf("the index is no page: %.100q", page)
	}
}

// TestPublishServe: an address that is taken is said before the site is made.
func TestPublishServe(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	dir := filepath.Join(t.TempDir(), "site")
	for _, c := range []struct{ serve, want string }{
		{":" + port, "address already in use"}, {":99999", "address 99999: invalid port"}, {"nonsense", "want host:port or :port"},
	} {
		var out, errs bytes.Buffer
		if st := run([]string{"publish", "-serve", c.serve, "-o", dir, reference}, nil, &out, &errs); st != exitUsage ||
			!strings.HasPrefix(errs.String(), `vmabench: -serve "`+c.serve+`": `+c.want) || strings.Count(errs.String(), "\n") != 1 {
			t.Errorf("%s: status %d, %q", c.serve, st, errs.String())
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: the site was made", c.serve)
		}
	}
}

func TestPublishBadInput(t *testing.T) {
	full := t.TempDir() // its index cannot be written
	if err := os.Mkdir(filepath.Join(full, "index.html"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"publish"}, {"publish", "no-such-run"}, {"publish", "-o", t.TempDir(), reference, reference + "/."}, {"publish", "-o", full, reference}} {
		var out, errs bytes.Buffer
		if st := run(args, nil, &out, &errs); st != exitUsage || strings.Count(errs.String(), "\n") != 1 {
			t.Errorf("%v: status %d, %q", args, st, errs.String())
		}
	}
}
