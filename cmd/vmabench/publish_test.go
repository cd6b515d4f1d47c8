package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vmabench/plots"
	"vmabench/results"
)

// reference is the committed run that the README shows.
var reference = filepath.Join("..", "..", results.DefaultRoot, "reference", "default")

// TestReadmeInSync: the README shows the reference run as it is.
func TestReadmeInSync(t *testing.T) {
	f, err := results.Open(reference)
	if err != nil {
		t.Fatal(err)
	}
	if err := plots.Spliced(filepath.Join("..", "..", "README.md"), f); err != nil {
		t.Errorf("%v; make readme writes it again", err)
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

func TestPublishBadInput(t *testing.T) {
	full := t.TempDir() // its index cannot be written
	if err := os.Mkdir(filepath.Join(full, "index.html"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"publish"}, {"publish", "no-such-run"}, {"publish", "-o", t.TempDir(), reference, reference + "/."}, {"publish", "-o", full, reference},
		{"publish", "-serve", "nonsense", "-o", t.TempDir(), reference}} {
		var out, errs bytes.Buffer
		if st := run(args, nil, &out, &errs); st != exitUsage || strings.Count(errs.String(), "\n") != 1 {
			t.Errorf("%v: status %d, %q", args, st, errs.String())
		}
	}
}
