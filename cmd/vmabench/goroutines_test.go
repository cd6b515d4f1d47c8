package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"vmabench/harness"
	"vmabench/results"
)

func TestBadGoroutines(t *testing.T) {
	over := len(harness.AllowedCPUs()) + 1
	for _, c := range []struct{ args, want string }{
		{"bench -goroutines=", "-goroutines is empty"},
		{"bench -goroutines 0", `-goroutines "0": want numbers from 1 to 1024`},
		{"bench -goroutines 1,x", `-goroutines "1,x": want numbers from 1 to 1024`},
		{"plan -goroutines 8,8", `-goroutines "8,8" names 8 twice`},
		{"plan -goroutines 1024 -procs 1", ""},
		{"plan -goroutines 1,8 -sched fifo", "-goroutines and -sched fifo exclude each other: a goroutine has no thread of its own"},
		{fmt.Sprintf("bench -goroutines 8 -procs 1,%d", over), fmt.Sprintf("-goroutines: GOMAXPROCS %d is above the %d CPUs; goroutines are measured within them", over, over-1)},
	} {
		status, out, errs := try(t, vmabench(t, strings.Fields(c.args)...))
		if want := "vmabench: " + c.want + "\n"; c.want != "" && (status != exitUsage || out != "" || errs != want) {
			t.Errorf("%s: status %d, %q, %q, want %q", c.args, status, out, errs, want)
		} else if c.want == "" && (status != 0 || errs != "") {
			t.Errorf("%s: status %d, %q", c.args, status, errs)
		}
	}
	if len(harness.AllowedCPUs()) > 1 {
		status, _, errs := try(t, vmabench(t, "plan", "-goroutines", "1024", "-procs", "2"))
		if want := "vmabench: 1024 goroutines for each of GOMAXPROCS 2: want 1 to 1024 together\n"; status != exitUsage || errs != want {
			t.Errorf("status %d, %q", status, errs)
		}
	}
}

// TestGoroutinesEnd: with eight goroutines on one P, whose holders of spin locks,
// semaphores and grace periods lose their turns, every design ends its trials with
// an address space that is whole. Trials beside them have a thread a worker.
func TestGoroutinesEnd(t *testing.T) {
	designs := headliners
	if !testing.Short() {
		designs = nil
		for _, n := range subjectNames() {
			if !strings.HasPrefix(n, "linux") {
				designs = append(designs, n)
			}
		}
	}
	dir := filepath.Join(t.TempDir(), "run")
	status, out, errs := try(t, vmabench(t, "bench", "-plan", "smoke", "-run", "fork-storm", "-procs", "1", "-goroutines", "8",
		"-variants", strings.Join(designs, ","), "-q", "-noreport", "-o", dir))
	if status != 0 {
		t.Fatalf("status %d: %s%s", status, out, errs)
	}
	f, err := results.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	found := map[int]int{}
	for _, c := range f.Cells() {
		if c.Kind != results.Throughput {
			continue
		}
		found[c.Goroutines]++
		if got := len(c.Trials[0].Workers); got != max(1, c.Goroutines) || c.Trials[0].Failed != "" {
			t.Errorf("%s: %d workers, failed: %q", c.Name, got, c.Trials[0].Failed)
		}
	}
	if found[0] != len(designs) || found[8] != len(designs) || len(found) != 2 {
		t.Errorf("trials by goroutines: %v, of %d designs", found, len(designs))
	}
}
