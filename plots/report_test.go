package plots

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vmabench/results"
)

func TestReport(t *testing.T) {
	dir := t.TempDir()
	if keep := os.Getenv("VMABENCH_KEEP"); keep != "" {
		dir = keep
	}
	path := filepath.Join(dir, "report.html")
	if err := Report(synth(t), path); err != nil {
		t.Fatal(err)
	}
	fi, _ := os.Stat(path)
	t.Log(fi.Size())
}

func TestMarkdown(t *testing.T) {
	var b strings.Builder
	if err := Markdown(synth(t), &b); err != nil {
		t.Fatal(err)
	}
	t.Log(b.String())
}

func TestPublish(t *testing.T) {
	dir := t.TempDir()
	if keep := os.Getenv("VMABENCH_KEEP"); keep != "" {
		dir = keep + "/site"
	}
	a, b := synth(t), synth(t)
	b.Run.ID, b.Run.Created, b.Run.Commit = "2026-01-03-000000", "2026-01-03T00:00:00Z", "fedcba987654"
	if err := Publish([]*results.Folder{a, b}, dir); err != nil {
		t.Fatal(err)
	}
}
