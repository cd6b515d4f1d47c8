package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"vmabench/results"
	"vmabench/variants"
)

// mainEnv makes the test binary vmabench itself, its trials included.
const mainEnv = "VMABENCH_TEST_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(mainEnv) != "" {
		os.Exit(mainStatus())
	}
	os.Setenv(mainEnv, "1")
	os.Exit(m.Run())
}

// vmabench returns the command, ready to start.
func vmabench(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	return exec.CommandContext(ctx, exe, args...)
}

// try runs the command and returns its exit status and what it printed.
func try(t *testing.T, cmd *exec.Cmd) (status int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	cmd.Stdout, cmd.Stderr = &o, &e
	err := cmd.Run()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), o.String(), e.String()
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func subjectNames() (names []string) {
	for _, d := range variants.Subjects() {
		names = append(names, d.Name)
	}
	return names
}

// TestBadInput: one clear line on stderr, nothing on stdout, exit status 2.
func TestBadInput(t *testing.T) {
	maps := write(t, "bad.maps", "1000-3000 r--p 0 0 0\n2000-1000 r--p 0 0 0\n")
	file := write(t, "file", "")
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, results.RunFile), []byte(`{"name": "x"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	taken := t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(taken, "old"), 0o777), os.WriteFile(filepath.Join(taken, "old", results.RunFile), nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	reference, err := filepath.Abs(reference)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, want string }{
		{"frob", `unknown command "frob"; vmabench help lists them`},
		{"bench -frob", "flag provided but not defined: -frob"},
		{"bench extra", `unexpected argument "extra"`},
		{"bench -plan fast", `unknown plan "fast"; there are default, full, figures, shape, writers, load and smoke`},
		{"bench -variants refcount,nosuch", `unknown design "nosuch"; there are ` + strings.Join(subjectNames(), ", ")},
		{"bench -variants rwsem,rwsem", `-variants names "rwsem" twice`},
		{"bench -run nosuch", `no workload matches "nosuch"; vmabench list workloads names them`},
		{"bench -run (", "workload expression \"(\": error parsing regexp: missing closing ): `^(?:()(?:/|$)`"},
		{"bench -variants=", "-variants is empty"},
		{"bench -procs=", "-procs is empty"},
		{"bench -o=", "-o is empty"},
		{"bench -shard=", "-shard is empty"},
		{"compare -gate= a b", "-gate is empty"},
		{"targets -json=", "-json is empty"},
		{"trace record -o= -- true", "-o is empty"},
		{"bench -procs 0", `-procs "0": want numbers from 1 to 1024`},
		{"bench -procs 1,x", `-procs "1,x": want numbers from 1 to 1024`},
		{"bench -procs 2,2", `-procs "2,2" names 2 twice`},
		{"bench -count 0", "-count 0: want 1 to 10000"},
		{"bench -count -3", "-count -3: want 1 to 10000"},
		{"plan -count 999999999", "-count 999999999: want 1 to 10000"},
		{"bench -count x", `invalid value "x" for flag -count: parse error`},
		{"bench -budget 0s", "-budget 0s: want more than 0"},
		{"bench -budget 5", `invalid value "5" for flag -budget: parse error`},
		{"bench -vmas 0", "-vmas 0: want 1 to 10000000"},
		{"bench -vmas 99999999", "-vmas 99999999: want 1 to 10000000"},
		{"bench -vmas 5 -layout " + maps, "-vmas and -layout exclude each other"},
		{"bench -layout " + maps, maps + `:2: range "2000-1000" is empty or reversed`},
		{"bench -layout /nonexistent", "/nonexistent: no such file or directory"},
		{"bench -page big", `-page "big": want none or zero`},
		{"bench -protocol new", `-protocol "new": want same or era`},
		{"bench -load 0", `-load "0": want numbers from 0.001 to 1000`},
		{"plan -load 1e300", `-load "1e300": want numbers from 0.001 to 1000`},
		{"plan -load 1e-300", `-load "1e-300": want numbers from 0.001 to 1000`},
		{"plan -load NaN", `-load "NaN": want numbers from 0.001 to 1000`},
		{"bench -load 1,1", `-load "1,1" names 1 twice`},
		{"bench -arrivals slow", `-arrivals "slow": want poisson or constant`},
		{"bench -sched batch", `-sched "batch": want other or fifo`},
		{"bench -outside 1,1", `-outside "1,1": want different numbers from 0 to 10000000`},
		{"bench -shard 3/2", `shard "3/2": want i/n with i from 1 to n`},
		{"bench -o " + file + "/run", file + ": not a directory"},
		{"bench -resume -count 3", "-count: a resumed run has its own plan"},
		{"bench -resume -o /nonexistent", "/nonexistent: no such file or directory"},
		{"bench -resume -o " + foreign, foreign + "/run.json: no Format: not the record of a run"},
		{"plan -count 0", "-count 0: want 1 to 10000"},
		{"list frobs", `list "frobs": want designs or workloads`},
		{"report " + foreign, foreign + "/run.json: no Format: not the record of a run"},
		{"report " + filepath.Dir(file), filepath.Dir(file) + ": no run.json: not the folder of a run"},
		{"report -splice " + file + " " + reference, file + ": no <!-- BEGIN: ... --> marker"},
		{"report -splice " + filepath.Dir(file) + " " + reference, filepath.Dir(file) + ": is a directory"},
		{"compare -old-commit HEAD -o " + taken, filepath.Join(taken, "old") + ": already holds a run; choose another folder"},
		{"compare -old-commit HEAD -o " + file, file + ": not a directory"},
		{"compare -old-commit HEAD -o /proc/nonexistent", "/proc/nonexistent: no such file or directory"},
		{"compare a", "compare: want the folders of two runs, OLD and NEW, or -old-commit"},
		{"compare -plan smoke a b", "-plan: only with -old-commit"},
		{"compare -new-commit HEAD a b", "-new-commit needs -old-commit"},
		{"compare -old-commit HEAD a", "-old-commit makes its own runs: no folders with it"},
		{"compare -format xml a b", `-format "xml": want text, md, csv, json`},
		{"compare -gate big a b", `-gate "big": want a share such as 5% or 0.05`},
		{"compare -gate 5 a b", `-gate "5": want a share such as 5% or 0.05`},
		{"compare -old-commit HEAD -plan smoke -gate 5%", "-gate: a verdict needs 10 repetitions and the plan has 1; -count 10"},
		{"compare -old-commit HEAD -count 9 -gate 5%", "-gate: a verdict needs 10 repetitions and the plan has 9; -count 10"},
		{"trace show " + filepath.Dir(file), filepath.Dir(file) + ": is a directory"},
		{"bench -layout " + filepath.Dir(file), filepath.Dir(file) + ": is a directory"},
		{"bench -run trace:" + filepath.Dir(file), filepath.Dir(file) + ": is a directory"},
		{"kernels -guest " + file + " -record " + filepath.Dir(file), filepath.Dir(file) + ": is a directory"},
		{"targets -json " + filepath.Dir(file), filepath.Dir(file) + ": is a directory"},
		{"merge", "merge: want -o FOLDER and the folders of the shards"},
		{"history -root /nonexistent", "/nonexistent: no such file or directory"},
	} {
		cmd := vmabench(t, strings.Fields(c.args)...)
		cmd.Dir = t.TempDir()
		status, out, errs := try(t, cmd)
		if status != exitUsage || out != "" || errs != "vmabench: "+c.want+"\n" {
			t.Errorf("%s\nstatus %d, stdout %.200q, stderr\n%swant\nvmabench: %s", c.args, status, out, errs, c.want)
		}
	}
	for _, args := range [][]string{{"report", ""}, {"compare", reference, ""}, {"publish", reference, ""}} {
		if status, out, errs := try(t, vmabench(t, args...)); status != exitUsage || out != "" || errs != "vmabench: an argument is empty\n" {
			t.Errorf("%q: status %d, %.200q, %q", args, status, out, errs)
		}
	}
	nowhere := vmabench(t, "compare", "-old-commit", "HEAD")
	nowhere.Dir = t.TempDir()
	if status, _, errs := try(t, nowhere); status != exitUsage || !strings.HasPrefix(errs, "vmabench: git") || strings.Count(errs, "\n") != 1 {
		t.Errorf("two commits of no repository: status %d, %q", status, errs)
	}
	inTheWay := filepath.Dir(write(t, results.DefaultRoot, ""))
	for _, args := range []string{"bench -plan smoke", "selftest", "targets -growth"} {
		cmd := vmabench(t, strings.Fields(args)...)
		cmd.Dir = inTheWay
		if status, out, errs := try(t, cmd); status != exitUsage || out != "" || errs != "vmabench: results: not a directory\n" {
			t.Errorf("%s where a file has the folder's name: status %d, %.200q, %q", args, status, out, errs)
		}
	}
	if status, _, errs := try(t, vmabench(t)); status != exitUsage || !strings.Contains(errs, "vmabench bench") {
		t.Errorf("no arguments: status %d, %q", status, errs)
	}
	if status, out, _ := try(t, vmabench(t, "help")); status != exitOK || !strings.Contains(out, "vmabench bench") {
		t.Errorf("help: status %d, %q", status, out)
	}
	if status, _, errs := try(t, vmabench(t, "bench", "-h")); status != exitOK || !strings.Contains(errs, "-variants") {
		t.Errorf("bench -h: status %d, %q", status, errs)
	}
}

// TestDefaultPlan: what make bench runs fits its three minutes and has the
// designs, six workloads, GOMAXPROCS 1, 2, 4, ten repetitions, latency and
// footprint.
func TestDefaultPlan(t *testing.T) {
	o := options{plan: "default", page: "none", protocol: "same", arrivals: "poisson", sched: "other", seed: 1}
	p, err := o.newPlan()
	if err != nil {
		t.Fatal(err)
	}
	if d := p.Estimate(); d > 120*time.Second || p.Config.Budget > 165*time.Second {
		t.Errorf("the default plan takes %v undisturbed and may take %v", d, p.Config.Budget)
	}
	cells := map[string]int{}
	for i := range p.Trials {
		s := &p.Trials[i]
		cells[string(s.Kind)+" "+s.Name()]++
	}
	count := map[string]int{}
	for name, n := range cells {
		kind, _, _ := strings.Cut(name, " ")
		count[kind]++
		if want := map[string]int{"throughput": 10, "latency": 10, "footprint": 1}[kind]; n != want {
			t.Errorf("%s: %d repetitions, want %d", name, n, want)
		}
	}
	if count["throughput"] < 3*6*3 || count["latency"] < 3*3+1 || count["footprint"] < 3*2 {
		t.Errorf("cells: %v", count)
	}
	status, out, _ := try(t, vmabench(t, "plan", "-budget", "7m"))
	if status != exitOK || !strings.Contains(out, "hotvma") || !strings.Contains(out, "trials, ") || !strings.Contains(out, "within 7m0s") {
		t.Errorf("plan: status %d, %s", status, out)
	}
}

// TestSmoke runs the smoke plan: the real designs, from the plan to the report.
func TestSmoke(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	status, out, errs := try(t, vmabench(t, "bench", "-plan", "smoke", "-o", dir))
	if status != exitOK {
		t.Fatalf("status %d\n%s%s", status, out, errs)
	}
	f, err := results.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out, "  eta "); len(f.Trials) != f.Run.Plan.Trials || n != len(f.Trials) {
		t.Errorf("%d trials of %d, %d lines of progress", len(f.Trials), f.Run.Plan.Trials, n)
	}
	for i := range f.Trials {
		if w := f.Trials[i].Failed; w != "" {
			t.Errorf("%s failed: %s", f.Trials[i].ID(), w)
		}
	}
	for _, name := range []string{results.BenchFile, results.EventsFile, tablesFile, reportFile} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() < 100 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if files, _ := filepath.Glob(filepath.Join(dir, chartsDir, "*.svg")); len(files) == 0 {
		t.Error("no charts")
	}
	for _, want := range []string{"report   " + dir, "Footprint/vmas=1000-1", "refcount"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not on the screen", want)
		}
	}
	if strings.ContainsAny(out, "\r\x1b") {
		t.Error("control characters off a terminal")
	}
	if status, _, errs := try(t, vmabench(t, "bench", "-plan", "smoke", "-o", dir)); status != exitUsage || !strings.Contains(errs, "already holds a run") {
		t.Errorf("a second run into the folder: status %d, %s", status, errs)
	}
	if status, out, errs := try(t, vmabench(t, "report", dir)); status != exitOK {
		t.Errorf("report: status %d\n%s%s", status, out, errs)
	}
	if status, _, errs := try(t, vmabench(t, "compare", "-gate", "500%", dir, dir)); status == exitFailed {
		t.Errorf("a run is slower than itself: %s", errs)
	}
}

// TestScreenFull: what could not be printed is no success.
func TestScreenFull(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	for _, args := range []string{"list", "plan", "help", "trace show " + write(t, "t.trace", tinyTrace)} {
		cmd := vmabench(t, strings.Fields(args)...)
		var errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = full, &errs
		cmd.Run()
		if status := cmd.ProcessState.ExitCode(); status != exitFailed || errs.String() != "vmabench: /dev/stdout: no space left on device\n" {
			t.Errorf("%s: status %d, %q", args, status, errs.String())
		}
	}
}

// TestTwoRunsOneFolder: the second is refused, the first goes on.
func TestTwoRunsOneFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	cmd, _ := begin(t, dir, 1)
	for _, args := range [][]string{
		{"bench", "-plan", "smoke", "-o", dir},
		{"bench", "-resume", "-o", dir},
		{"bench", "-plan", "smoke", "-force", "-o", dir},
	} {
		if status, _, errs := try(t, vmabench(t, args...)); status != exitUsage || !strings.Contains(errs, "another run is being written here") {
			t.Errorf("%v: status %d, %s", args, status, errs)
		}
	}
	cmd.Process.Signal(syscall.SIGINT)
	cmd.Wait()
	finish(t, dir)
}

// hasTrial reports whether dir, or a folder in it, is a run that has a trial.
func hasTrial(dir string) bool {
	for _, pattern := range []string{"", "*"} {
		files, _ := filepath.Glob(filepath.Join(dir, pattern, results.TrialsFile))
		for _, f := range files {
			if info, err := os.Stat(f); err == nil && info.Size() > 0 {
				return true
			}
		}
	}
	return false
}

// TestInterrupted: each command that takes minutes says that it was ended, and ends
// with the status that a shell knows.
func TestInterrupted(t *testing.T) {
	for _, args := range []string{"bench", "selftest -q", "selftest -busy -sched other -q"} {
		dir := filepath.Join(t.TempDir(), "a b")
		cmd := vmabench(t, append(strings.Fields(args), "-o", dir)...)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(time.Minute); !hasTrial(dir) && time.Now().Before(deadline); {
			time.Sleep(5 * time.Millisecond)
		}
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
		if status := cmd.ProcessState.ExitCode(); status != exitInterrupted || !strings.HasPrefix(errs.String(), "vmabench: interrupted; ") || strings.Count(errs.String(), "\n") != 1 {
			t.Errorf("%s: status %d, %q", args, status, errs.String())
		}
	}
}

// TestDiskFull: a limit on the size of files stands for a disk that fills.
func TestDiskFull(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("no shell")
	}
	dir := filepath.Join(t.TempDir(), "run")
	exe, _ := os.Executable()
	cmd := exec.Command("sh", "-c", `ulimit -f 96 && exec "$0" "$@"`, exe,
		"bench", "-plan", "smoke", "-run", "pft", "-count", "24", "-o", dir, "-noreport", "-q")
	cmd.Dir = filepath.Dir(dir)
	status, _, errs := try(t, cmd)
	if status != exitFailed || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, "the trials before it are safe") && !strings.Contains(errs, "trials before it are safe") {
		t.Fatalf("status %d, stderr %q", status, errs)
	}
	f, err := results.Open(dir)
	if err != nil || len(f.Trials) == 0 {
		t.Fatalf("%v", err)
	}
	finish(t, dir)
}
