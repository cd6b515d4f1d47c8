package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vmabench/results"
)

func TestTargetsBadInput(t *testing.T) {
	for _, args := range []string{
		"-run no-such-target", "-run (", "-rounds 0", "-rounds x", "-slice 1h", "-sched idle", "-most 0 -growth", "left over",
		"-growth -json x", "-growth -most 99999999", "-json /nonexistent/x", "-growth -run nothing", "-o x",
	} {
		status, out, errs := try(t, vmabench(t, append([]string{"targets"}, strings.Fields(args)...)...))
		if status != exitUsage || strings.Count(errs, "\n") != 1 || out != "" {
			t.Errorf("targets %s: status %d, %q, %q", args, status, out, errs)
		}
	}
}

// TestTargets counts what no load disturbs, on the screen and in a file.
func TestTargets(t *testing.T) {
	file := filepath.Join(t.TempDir(), "t.json")
	status, out, errs := try(t, vmabench(t, "targets", "-run", "^index-bytes/", "-rounds", "1", "-json", file))
	if status != exitOK || !strings.Contains(out, "excellent  index-bytes/VMA") {
		t.Fatalf("status %d: %s%s", status, out, errs)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct{ Targets []struct{ Name string } }
	if err := json.Unmarshal(b, &doc); err != nil || len(doc.Targets) == 0 {
		t.Errorf("%v: %s", err, b)
	}
}

// TestGrowth makes a run folder of the smallest sizes.
func TestGrowth(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "g")
	status, _, errs := try(t, vmabench(t, "targets", "-growth", "-most", "100", "-rounds", "1", "-slice", "1ms", "-o", dir))
	if status != exitOK {
		t.Fatalf("status %d: %s", status, errs)
	}
	f, err := results.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if want := 5 * 2 * 3; len(f.Trials) != want || f.Run.Plan.Trials != want {
		t.Errorf("%d trials of %d planned, want %d", len(f.Trials), f.Run.Plan.Trials, want)
	}
	if status, _, _ = try(t, vmabench(t, "targets", "-growth", "-most", "10", "-o", dir)); status != exitUsage {
		t.Errorf("over a run: status %d", status)
	}
}
