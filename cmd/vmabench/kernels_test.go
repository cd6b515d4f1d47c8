package main

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"vmabench/results"
)

// TestKernelsUnavailable: without a guest, apt or a mirror there is one line
// and exit status 2, and nothing is left behind.
func TestKernelsUnavailable(t *testing.T) {
	guest := write(t, "init", "a program")
	cache := filepath.Join(t.TempDir(), "cache")
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "manifest.json"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no guest":               {[]string{"-guest", "/nonexistent"}, "make kernels builds it"},
		"no plugin":              {[]string{"-guest", guest, "-locks", "/nonexistent"}, "make kernels-locks builds it"},
		"no apt":                 {[]string{"-guest", guest, "-cache", cache}, "no real kernels: "},
		"a cache that is a file": {[]string{"-guest", guest, "-cache", guest}, "not a directory"},
		"a manifest cut off":     {[]string{"-guest", guest, "-cache", broken}, "remove it to fetch again"},
		"no kernel":              {[]string{"-guest", guest, "-kernels", ","}, `-kernels: "" is neither newest nor a release`},
		"no such name":           {[]string{"-guest", guest, "-kernels", "6.1,latest"}, `-kernels: "latest" is neither`},
	} {
		cmd := vmabench(t, append([]string{"kernels"}, c.args...)...)
		cmd.Env = append(os.Environ(), "PATH=/nonexistent")
		status, out, errs := try(t, cmd)
		if status != exitUsage || out != "" || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, c.want) {
			t.Errorf("%s: status %d, %q, %q; want 2 and %q", name, status, out, errs, c.want)
		}
		if _, err := os.Stat(filepath.Join(cache, "manifest.json")); err == nil {
			t.Errorf("%s: the cache has a manifest", name)
		}
	}
}

// TestKernelsInterrupted: a signal ends the emulator too, and nothing is left.
func TestKernelsInterrupted(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("the emulator's packages are for Linux on amd64")
	}
	dir, tmp := t.TempDir(), t.TempDir()
	began := filepath.Join(dir, "began")
	// An emulator that says where it is and never ends.
	fake := "#!/bin/sh\necho $$ >" + began + ".new; /bin/mv " + began + ".new " + began + "\nexec /bin/sleep 1000\n"
	for name, text := range map[string]string{
		"manifest.json": `{"Emulator": "1", "Kernels": [{"Wanted": "6.1", "Release": "6.1.0", "Version": "1"}]}`,
		"vmlinuz-6.1.0": "", "emulator/usr/bin/qemu-system-x86_64": "", "emulator/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2": fake,
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	var errs strings.Builder
	cmd := vmabench(t, "kernels", "-guest", write(t, "init", "a program"), "-cache", dir, "-kernels", "6.1")
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pid []byte
	for tries := 0; len(pid) == 0 && tries < 3000; tries++ {
		time.Sleep(10 * time.Millisecond)
		pid, _ = os.ReadFile(began)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if s := cmd.ProcessState.ExitCode(); s != exitInterrupted || !strings.Contains(errs.String(), "interrupted") {
		t.Errorf("status %d, %q", s, errs.String())
	}
	if _, err := os.Stat("/proc/" + strings.TrimSpace(string(pid))); err == nil {
		t.Errorf("the emulator runs on")
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestCompareKernels: the same is a success, a figure that differs is a failure
// and says which, an unknown kernel is a word.
func TestCompareKernels(t *testing.T) {
	const text = "kernel: 6.1.0\nBenchmarkKernelInsn/op=mmap 1 5 insn\n"
	rows := func(s string) []results.KernelRow {
		r, err := results.ReadKernels(strings.NewReader(s), "test")
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	record := write(t, "exact.txt", text)
	for now, want := range map[string]struct {
		err  error
		word string
	}{
		text: {nil, "all 1 rows as in"},
		strings.Replace(text, "5 insn", "6 insn", 1): {exitError(exitFailed), "6 insn, was 5"},
		strings.Replace(text, "6.1.0", "6.1.1", 1):   {nil, "6.1.1: not on record"},
	} {
		var out strings.Builder
		if err := compareKernels(rows(text), rows(now), record, false, &out); err != want.err || !strings.Contains(out.String(), want.word) {
			t.Errorf("%q: %v, %q", now, err, out.String())
		}
	}
	if err := compareKernels(rows(text), rows(strings.Replace(text, "6.1.0", "6.1.1", 1)), record, true, io.Discard); err != nil {
		t.Fatal(err)
	}
	kept, err := readKernels(record)
	if err != nil || len(kept) != 2 {
		t.Errorf("%v, %v", kept, err)
	}
}
