//go:build vmasim

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"vmabench/explore/lockcheck"
)

// TestMain lets the test binary be its own worker, as vmalab is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case workerCommand:
			os.Exit(simulateWorker())
		case checkWorkerCommand:
			os.Exit(checkWorker())
		case "check":
			os.Exit(check(os.Args[2:]))
		}
	}
	os.Exit(m.Run())
}

func TestCheckRefusesBadFlags(t *testing.T) {
	for _, args := range [][]string{
		{"-scenario", "("}, {"-design", "["}, {"-mutant", "*"}, {"-mode", "magic"}, {"-bound", "2"}, {"-bound", "-2", "-mode", "dfs"}, {"-o", "/proc/nonexistent"},
		{"-j", "0"}, {"-budget", "0s"}, {"-shard", "3/2"}, {"-nosuch"}, {"extra"},
		{"-o", ""}, {"-replay", "x"}, {"-replay", "a99999999"}, {"-scenario="}, {"-mutants", "-mutant", "nosuch"}, {"-mutant", "rwsem"},
	} {
		if o, status := parseCheck(args); o != nil || status != 2 {
			t.Errorf("%v: status %d", args, status)
		}
	}
	if o, status := parseCheck([]string{"-h"}); o != nil || status != 0 {
		t.Errorf("-h: status %d", status)
	}
}

func TestShardsPartition(t *testing.T) {
	all := []int{0, 1, 2, 3, 4, 5, 6}
	var got []int
	for _, s := range []string{"1/3", "2/3", "3/3"} {
		got = append(got, shardOf(all, s)...)
	}
	slices.Sort(got)
	if !slices.Equal(got, all) {
		t.Errorf("%v", got)
	}
}

// TestFullScenarios: what may take hours is in a full check alone,
// and a scenario that its time ended is told from one that was searched through.
func TestFullScenarios(t *testing.T) {
	all := regexp.MustCompile("")
	plain, full := &checkOptions{scenario: all, design: all}, &checkOptions{scenario: all, design: all, full: true}
	r := lockcheck.Row{Design: "mmap_lock", Scenario: "spin-3w0r", Full: true, Expected: true}
	listed := false
	for _, sc := range lockcheck.All() {
		listed = listed || sc.Name == r.Scenario && sc.Full
	}
	if !listed || plain.takes(&r) || !full.takes(&r) {
		t.Errorf("%s: listed %v, in an ordinary check %v, in a full one %v", r.Scenario, listed, plain.takes(&r), full.takes(&r))
	}
	done := r
	done.Complete = true
	c := &checking{o: &checkOptions{budget: time.Minute}, report: report{Scenarios: []lockcheck.Row{done, r}}}
	if got, want := c.summary(), "all verdicts as expected, 1 of them as far as -budget 1m0s went"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	c.report.Scenarios = c.report.Scenarios[:1]
	if got, want := c.summary(), "all verdicts as expected"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestCheckInterrupted: what a check builds is gone when it is ended early.
func TestCheckInterrupted(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	tmp := t.TempDir()
	built := func() []string {
		dirs, _ := filepath.Glob(filepath.Join(tmp, "vmalab-check-*"))
		return dirs
	}
	cmd := exec.Command(exe, "check", "-full", "-design", "^mmap_lock$", "-scenario", "^spin-3w0r$")
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); len(built()) == 0 && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
	cmd.Process.Signal(os.Interrupt)
	cmd.Wait()
	if status := cmd.ProcessState.ExitCode(); status != exitInterrupted || len(built()) > 0 {
		t.Errorf("status %d, left behind %v", status, built())
	}
}

// quiet runs check with its output thrown away.
func quiet(t *testing.T, args ...string) int {
	t.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	out, err2 := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = null, null
	defer func() { os.Stdout, os.Stderr = out, err2 }()
	return check(args)
}

func TestCheckWritesItsReport(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the worker")
	}
	dir := t.TempDir()
	if status := quiet(t, "-design", "^(mmap_lock|refcount)$", "-scenario", "^(1w1r|order-forbidden|wrap)$", "-o", dir); status != 0 {
		t.Fatalf("status %d", status)
	}
	b, err := os.ReadFile(filepath.Join(dir, "check.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"1w1r": "", "order-forbidden": "I10", "wrap": "I1"}
	if len(r.Scenarios) != len(want) {
		t.Fatalf("%d scenarios", len(r.Scenarios))
	}
	for _, s := range r.Scenarios {
		if broken, ok := want[s.Scenario]; !ok || !s.Expected || s.Broken != broken || s.Executions == 0 {
			t.Errorf("%+v", s)
		}
		if s.Broken != "" && s.Failure.Trace == "" {
			t.Errorf("%s: no timeline", s.Scenario)
		}
	}
	again := r.Scenarios[slices.IndexFunc(r.Scenarios, func(s lockcheck.Row) bool { return s.Scenario == "order-forbidden" })]
	if status := quiet(t, "-design", "^refcount$", "-scenario", "^order-forbidden$", "-replay", again.Failure.Schedule); status != 0 {
		t.Errorf("replay: status %d", status)
	}
	if status := quiet(t, "-scenario", "^nothing$"); status != 2 {
		t.Errorf("no scenario matches: status %d", status)
	}
}
