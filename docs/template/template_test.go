package template

import (
	"os"
	"strings"
	"testing"

	"vmabench/vmm/vmmtest"
)

func TestConformance(t *testing.T) { vmmtest.Run(t, Design) }

// maxLines is what a newcomer should have to write, comments and blank lines
// included; fault.go is the same for everybody and doc.go is prose.
const maxLines = 120

func TestFewLines(t *testing.T) {
	if n := strings.Count(read(t, "lock.go"), "\n"); n > maxLines {
		t.Errorf("%d lines of one's own, at most %d", n, maxLines)
	}
}

// TestFaultIsTheOthers: nobody writes the hot path again.
func TestFaultIsTheOthers(t *testing.T) {
	_, ours, _ := strings.Cut(read(t, "fault.go"), "\n")
	_, theirs, _ := strings.Cut(read(t, "../../variants/refcount/fault.go"), "\n")
	if ours != theirs {
		t.Error("fault.go differs from that of variants/refcount")
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
