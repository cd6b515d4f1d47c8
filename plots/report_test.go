package plots

import (
	"os"
	"path/filepath"
	"testing"
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
