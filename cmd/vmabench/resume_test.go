package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"vmabench/results"
)

// begin starts a run of many short trials and returns when n are done.
func begin(t *testing.T, dir string, n int) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	cmd := vmabench(t, "bench", "-plan", "smoke", "-run", "pft", "-count", "7", "-o", dir, "-noreport")
	cmd.Dir = filepath.Dir(dir) // no checkout, whose commit might change
	errs := new(bytes.Buffer)
	cmd.Stderr = errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for n > 0 {
		if !lines.Scan() {
			t.Fatalf("the run ended early: %s", errs)
		}
		if strings.Contains(lines.Text(), "  eta ") {
			n--
		}
	}
	go io.Copy(io.Discard, out)
	return cmd, errs
}

// finish resumes the run and holds it to its plan: every trial once.
func finish(t *testing.T, dir string) {
	t.Helper()
	before, err := results.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	cmd := vmabench(t, "bench", "-resume", "-o", dir, "-noreport")
	cmd.Dir = filepath.Dir(dir)
	status, out, errs := try(t, cmd)
	if status != exitOK {
		t.Fatalf("resume: status %d\n%s%s", status, out, errs)
	}
	f, err := results.Open(dir) // which refuses a trial that is there twice
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Trials) != f.Run.Plan.Trials {
		t.Errorf("%d trials, want %d", len(f.Trials), f.Run.Plan.Trials)
	}
	for i := range before.Trials {
		if f.Trials[i].ID() != before.Trials[i].ID() || f.Trials[i].Started != before.Trials[i].Started {
			t.Fatalf("trial %d is not the one that was completed", i)
		}
	}
}

// TestInterrupt: SIGINT in the middle leaves a valid run, exit status 130.
func TestInterrupt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	cmd, errs := begin(t, dir, 5)
	cmd.Process.Signal(os.Interrupt)
	cmd.Wait()
	if s := cmd.ProcessState.ExitCode(); s != exitInterrupted || strings.Count(errs.String(), "\n") != 1 || !strings.Contains(errs.String(), "-resume -o "+dir) {
		t.Errorf("status %d, stderr %q", s, errs)
	}
	if _, err := os.Stat(filepath.Join(dir, results.BenchFile)); err != nil {
		t.Errorf("no samples after an interrupt: %v", err)
	}
	finish(t, dir)
}

// TestResumeElsewhere: a run does not go on with other code or on another machine,
// and with another kernel only when forced, which is then on its record.
func TestResumeElsewhere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	cmd, _ := begin(t, dir, 2)
	cmd.Process.Signal(os.Interrupt)
	cmd.Wait()
	path := filepath.Join(dir, results.RunFile)
	record, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	resume := func(more ...string) (int, string) {
		cmd := vmabench(t, append([]string{"bench", "-resume", "-o", dir, "-noreport", "-q"}, more...)...)
		cmd.Dir = filepath.Dir(dir)
		status, _, errs := try(t, cmd)
		return status, errs
	}
	f, err := results.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ field, value, want string }{
		{"CPU", f.Run.Env.CPU, "its machine is elsewhere"},
		{"Commit", f.Run.Commit, "its commit is elsewhere"},
		{"Version", f.Run.Version, "its version is elsewhere"},
		{"Kernel", f.Run.Env.Kernel, "-force goes on"},
	} {
		was, is := fmt.Sprintf("%q: %q", c.field, c.value), fmt.Sprintf("%q: %q", c.field, "elsewhere")
		if n := bytes.Count(record, []byte(was)); n != 1 {
			t.Fatalf("%s is in the record %d times", was, n)
		}
		if err := os.WriteFile(path, bytes.Replace(record, []byte(was), []byte(is), 1), 0o644); err != nil {
			t.Fatal(err)
		}
		if status, errs := resume(); status != exitUsage || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, c.want) {
			t.Errorf("another %s: status %d, %s", c.field, status, errs)
		}
		if status, errs := resume("-force"); (status == exitOK) != (c.field == "Kernel") {
			t.Errorf("another %s, forced: status %d, %s", c.field, status, errs)
		}
	}
	f, err = results.Open(dir)
	if err != nil || len(f.Trials) != f.Run.Plan.Trials {
		t.Fatalf("the forced run is not whole: %v", err)
	}
	if !strings.Contains(strings.Join(f.Run.Notes, "; "), "the run went on where differs kernel") {
		t.Errorf("its record does not say so: %q", f.Run.Notes)
	}
}

// TestKill: kill -9 at some moments; nothing completed is lost, nothing runs
// twice, and no child outlives the run.
func TestKill(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc")
	}
	for _, n := range []int{1, 4, 17} {
		dir := filepath.Join(t.TempDir(), "run")
		cmd, _ := begin(t, dir, n)
		children := pauseWithChildren(t, cmd)
		cmd.Process.Kill()
		cmd.Wait()
		for _, pid := range children {
			gone(t, pid)
		}
		f, err := results.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(f.Trials) < n {
			t.Errorf("%d trials were reported done, %d are there", n, len(f.Trials))
		}
		finish(t, dir)
	}
}

// pauseWithChildren stops a run at a moment at which it has children.
func pauseWithChildren(t *testing.T, cmd *exec.Cmd) []int {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		cmd.Process.Signal(syscall.SIGSTOP)
		for stat(cmd.Process.Pid)[0] != "T" && time.Now().Before(end) {
			time.Sleep(time.Millisecond)
		}
		if children := childrenOf(t, cmd.Process.Pid); len(children) > 0 {
			return children
		}
		cmd.Process.Signal(syscall.SIGCONT)
	}
	t.Fatal("the run has no children")
	return nil
}

// stat returns the fields of a process from its state on: its state and its parent
// are the first; "" twice when it is gone.
func stat(pid int) []string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return []string{"", ""}
	}
	return strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
}

func childrenOf(t *testing.T, pid int) (pids []int) {
	t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dirs {
		if p, err := strconv.Atoi(filepath.Base(d)); err == nil && stat(p)[1] == strconv.Itoa(pid) {
			pids = append(pids, p)
		}
	}
	return pids
}

// gone waits until a process is there no more, but as a body that nobody has
// collected: its new parent may not care to.
func gone(t *testing.T, pid int) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !strings.Contains("ZX", stat(pid)[0]); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Errorf("process %d outlives its run in state %s", pid, stat(pid)[0])
			syscall.Kill(pid, syscall.SIGKILL)
			return
		}
	}
}
