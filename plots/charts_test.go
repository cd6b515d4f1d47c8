package plots

import (
	"os"
	"testing"
)

func TestCharts(t *testing.T) {
	dir := t.TempDir()
	if keep := os.Getenv("VMABENCH_KEEP"); keep != "" {
		dir = keep
	}
	paths, err := Charts(synth(t), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(len(paths))
}
