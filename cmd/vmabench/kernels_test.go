package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vmabench/results"
)

// TestKernelsUnavailable: without a guest, apt or a mirror there is one line
// and exit status 2, and nothing is left behind.
func TestKernelsUnavailable(t *testing.T) {
	guest := write(t, "init", "a program")
	cache := filepath.Join(t.TempDir(), "cache")
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no guest":  {[]string{"-guest", "/nonexistent"}, "make kernels builds it"},
		"no plugin": {[]string{"-guest", guest, "-locks", "/nonexistent"}, "make kernels-locks builds it"},
		"no apt":    {[]string{"-guest", guest, "-cache", cache}, "no real kernels: "},
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
		strings.Replace(text, "5 insn", "6 insn", 1): {exitError(exitFailed), "[{insn 6}], was [{insn 5}]"},
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
