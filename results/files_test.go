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

// TestReplaceFile: a link stays a link, permissions stay, a device is written to,
// and what cannot be written is as it was.
func TestReplaceFile(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("file", link); err != nil {
		t.Skip(err)
	}
	for _, path := range []string{link, filepath.Join(dir, "new"), os.DevNull} {
		if err := CanReplace(path); err != nil {
			t.Error(err)
		}
		if err := ReplaceFile(path, []byte("new")); err != nil {
			t.Error(err)
		}
	}
	if info, err := os.Lstat(link); err != nil || info.Mode().Type() != os.ModeSymlink {
		t.Errorf("the link is %v, %v", info.Mode(), err)
	}
	for path, perm := range map[string]os.FileMode{file: 0o600, filepath.Join(dir, "new"): 0o644} {
		info, err := os.Stat(path)
		if b, _ := os.ReadFile(path); err != nil || string(b) != "new" || info.Mode() != perm {
			t.Errorf("%s: %q, %v, %v", path, b, info.Mode(), err)
		}
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Errorf("%s is a file now", os.DevNull)
	}
	bad := []string{dir, filepath.Join(file, "a"), filepath.Join(dir, "none", "a")}
	for _, path := range bad {
		for _, err := range []error{CanReplace(path), ReplaceFile(path, nil)} {
			if err == nil || !strings.HasPrefix(err.Error(), path+": ") || strings.Count(err.Error(), dir) != 1 {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
