package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"vmabench/results"
)

// TestShardScript runs the script of the fleet jobs as they do: two parts, the
// first again as after a requeue, and the parts merged.
func TestShardScript(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("no shell")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	run := func(i int) {
		t.Helper()
		cmd := exec.Command("sh", "../../deploy/shard.sh", strconv.Itoa(i), "2", "-plan", "smoke", "-run", "pft", "-procs", "1", "-q")
		cmd.Env = append(os.Environ(), "OUT="+root, "VMABENCH="+exe)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("part %d: %v\n%s", i, err, out)
		}
	}
	open := func(dir string) *results.Folder {
		t.Helper()
		f, err := results.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	run(1)
	run(2)
	parts := []string{filepath.Join(root, "shard-1-of-2"), filepath.Join(root, "shard-2-of-2")}
	before := open(parts[0]).Trials
	run(1)
	if after := open(parts[0]).Trials; len(before) != len(after) {
		t.Errorf("a complete part ran again: %d trials, then %d", len(before), len(after))
	}
	whole := filepath.Join(root, "whole")
	if status, out, errs := try(t, vmabench(t, slices.Concat([]string{"merge", "-o", whole}, parts)...)); status != exitOK {
		t.Fatalf("merge: status %d\n%s%s", status, out, errs)
	}
	if f := open(whole); len(f.Trials) != 3 || f.Run.Plan.Trials != 3 {
		t.Errorf("%d trials of %d in the merged run, want 3", len(f.Trials), f.Run.Plan.Trials)
	}
}
