package variants_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestHotPathsAgree: the fault's hot path reads the same in every design. Each
// has its own, so that it calls its own lock directly; a difference would be
// reported as an effect of the lock.
func TestHotPathsAgree(t *testing.T) {
	files, err := filepath.Glob("*/fault.go")
	if err != nil || len(files) < 2 {
		t.Fatalf("%d designs have a fault.go, %v", len(files), err)
	}
	want := ""
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		clause, body, _ := strings.Cut(string(text), "\n")
		if clause != "package "+filepath.Dir(f) {
			t.Errorf("%s starts with %q", f, clause)
		}
		if want == "" {
			want = body
		}
		if body != want {
			t.Errorf("%s differs from %s", f, files[0])
		}
	}
}
