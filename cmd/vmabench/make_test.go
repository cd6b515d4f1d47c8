package main

import (
	"os/exec"
	"strings"
	"testing"
)

// TestMakeCheck: make check writes into a run when it is told which, and into
// none otherwise.
func TestMakeCheck(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip(err)
	}
	for args, want := range map[string]string{"": "vmalab check -mutants\n", "RUN=results/a": "vmalab check -mutants -o \"results/a\"\n"} {
		cmd := exec.Command("make", append([]string{"-s", "-n", "check"}, strings.Fields(args)...)...)
		cmd.Dir = "../.."
		out, err := cmd.CombinedOutput()
		if line := strings.ReplaceAll(string(out), " \n", "\n"); err != nil || !strings.HasSuffix(line, want) {
			t.Errorf("make check %s: %v\n%swant %s", args, err, out, want)
		}
	}
}
