package main

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"vmabench/harness"
	"vmabench/results"
)

// TestNoRealtime: who may not have the priority is told so before anything
// runs, and no run claims it.
func TestNoRealtime(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	const want = "vmabench: -sched fifo: no real-time scheduling: operation not permitted\n"
	for _, args := range [][]string{
		{"bench", "-plan", "smoke", "-sched", "fifo", "-o", dir},
		{"selftest", "-sched", "fifo", "-o", dir},
		{"selftest", "-busy", "-o", dir},
		{"targets", "-sched", "fifo"},
	} {
		status, out, errs := unprivileged(t, args...)
		if status != exitUsage || out != "" || errs != want {
			t.Errorf("%v: status %d, stdout %.200q, stderr %.200q", args, status, out, errs)
		}
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("a folder was made")
	}
}

// TestRealtimeNote: a run that has the priority says so.
func TestRealtimeNote(t *testing.T) {
	c := harness.Config{FIFO: true}
	if got, want := len(notes(nil, &c)) == 1, realtimePermitted() == nil; got != want {
		t.Errorf("noted: %v, permitted: %v", got, want)
	}
	if n := notes([]results.Fact{}, &harness.Config{}); len(n) != 0 {
		t.Errorf("notes without -sched fifo: %v", n)
	}
}

// unprivileged tries a command without the right to a real-time priority: a
// child inherits the capabilities that the thread which starts it is bound to.
func unprivileged(t *testing.T, args ...string) (status int, out, errs string) {
	t.Helper()
	cmd := vmabench(t, args...)
	dropped := make(chan bool)
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		ok := unix.Prctl(unix.PR_CAPBSET_DROP, unix.CAP_SYS_NICE, 0, 0, 0) == nil || realtimePermitted() != nil
		if dropped <- ok; ok {
			status, out, errs = try(t, cmd)
		}
	}()
	if !<-dropped {
		t.Skip("the right to a real-time priority cannot be given up")
	}
	<-done
	return status, out, errs
}
