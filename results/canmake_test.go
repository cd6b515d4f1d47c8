package results

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCanMake: a folder that can be made is not made, and one that cannot is named.
func TestCanMake(t *testing.T) {
	dir := t.TempDir()
	if err := CanMake(filepath.Join(dir, "a", "b")); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{file, filepath.Join(file, "a"), "/proc/nonexistent/a"} {
		if err := CanMake(bad); err == nil || !strings.HasPrefix(err.Error(), bad+": ") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
