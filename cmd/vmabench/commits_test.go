package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"vmabench/harness"
	"vmabench/results"
)

// repository makes a git repository whose vmabench says "first" at HEAD~1 and
// "second" at HEAD, and "third" in the tree as it is.
func repository(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git")
	}
	dir := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		args = append([]string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.org"}, args...)
		if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	file := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	git("init", "-q")
	file("go.mod", "module vmabench\n\ngo 1.26.0\n")
	for i, word := range []string{"first", "second", "third"} {
		file("cmd/vmabench/main.go", fmt.Sprintf("package main\n\nfunc main() { println(%q) }\n", word))
		if i < 2 {
			git("add", ".")
			git("commit", "-q", "-m", word)
		}
	}
	return dir
}

// TestBuild: a revision is built as it was, the tree as it is, and no worktree
// stays.
func TestBuild(t *testing.T) {
	repo := repository(t)
	t.Chdir(repo)
	for _, c := range []struct{ rev, want string }{{"HEAD~1", "first"}, {"HEAD", "second"}, {"", "third"}} {
		dir := t.TempDir()
		exe := filepath.Join(dir, "vmabench")
		commit, err := build(context.Background(), c.rev, dir, exe)
		if err != nil {
			t.Fatalf("%q: %v", c.rev, err)
		}
		if out, err := exec.Command(exe).CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != c.want {
			t.Errorf("%q says %q, want %q (%v)", c.rev, out, c.want, err)
		}
		if dirty := strings.HasSuffix(commit, "+dirty"); dirty != (c.rev == "") || len(commit) < 40 {
			t.Errorf("%q is commit %q", c.rev, commit)
		}
	}
	if _, err := build(context.Background(), "nosuch", t.TempDir(), "x"); err == nil || err.Error() != `"nosuch" is no commit of this repository` {
		t.Errorf("a commit that is not there: %v", err)
	}
	if out, _ := exec.Command("git", "worktree", "list").Output(); bytes.Count(out, []byte("\n")) != 1 {
		t.Errorf("worktrees that stayed:\n%s", out)
	}
}

// TestInterleave: both sides run every trial of the plan, old and new next to
// each other and in turns the first, and the comparison pairs them.
func TestInterleave(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	o := options{plan: "smoke", run: "pft", variants: "rwsem,refcount", procs: "1", count: 3,
		page: "none", protocol: "same", arrivals: "poisson", sched: "other", seed: 1, quiet: true,
		dir: filepath.Join(t.TempDir(), "both")}
	p, err := o.newPlan()
	if err != nil {
		t.Fatal(err)
	}
	sides := [2]*side{
		{name: "old", commit: "a", child: harness.Command{exe, "trial"}},
		{name: "new", commit: "b", child: harness.Command{exe, "trial"}},
	}
	if err := interleave(context.Background(), p, &o, sides, nil, new(bytes.Buffer)); err != nil {
		t.Fatal(err)
	}
	var runs [2]*results.Folder
	for i, s := range sides {
		if runs[i], err = results.Open(s.w.Dir()); err != nil {
			t.Fatal(err)
		}
		if len(runs[i].Trials) != len(p.Trials) {
			t.Errorf("%s: %d trials of %d", s.name, len(runs[i].Trials), len(p.Trials))
		}
	}
	for i := range p.Trials {
		a, b := &runs[0].Trials[i], &runs[1].Trials[i]
		first := a.Guard.Attempts == 1 && b.Guard.Attempts == 1 // a disturbed one is done again, later
		if a.ID() != b.ID() || first && (a.Started < b.Started) != (a.Rep%2 == 0) {
			t.Errorf("trial %d: old %s at %s, new %s at %s", i, a.ID(), a.Started, b.ID(), b.Started)
		}
	}
	for _, s := range p.Twice().Trials {
		if s.Group == 0 || !s.Turns {
			t.Errorf("%s of build %d does not take turns with the other one", s.ID(), s.Build)
		}
	}
	if c := results.CompareRuns(runs[0], runs[1], results.Options{}); !c.Interleaved || len(c.Deltas) == 0 || c.Deltas[0].Blocks != 3 {
		t.Errorf("not paired: %+v", c)
	}
}

// TestGateStatus: 1 on a slowdown beyond the threshold, 0 without one, 2 when
// there is no answer.
func TestGateStatus(t *testing.T) {
	run := func(n int, ns float64) string {
		dir := filepath.Join(t.TempDir(), "run")
		w, err := results.Create(dir, &results.Run{Created: "2026-01-02T03:04:05Z", Baseline: "a", Designs: []results.DesignInfo{{Name: "a"}}})
		if err != nil {
			t.Fatal(err)
		}
		for rep := range n {
			tr := &results.Trial{Bench: "Fault", Kind: results.Throughput, Procs: 1, Rep: rep, Ops: 1, Started: "2026-01-02T03:04:05Z",
				Params: []results.Param{{Key: "variant", Value: "a"}}, Guard: results.Guard{OK: true},
				Values: []results.Value{{Unit: "ns/op", Value: ns * (1 + 0.001*float64(rep%5))}}}
			if err := w.Add(tr); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	base := run(12, 100)
	for _, c := range []struct {
		now  string
		want int
	}{{run(12, 110), exitFailed}, {run(12, 102), exitOK}, {run(12, 90), exitOK}, {run(12, 100), exitOK}, {run(3, 110), exitUsage}} {
		for _, format := range formats {
			status, out, errs := try(t, vmabench(t, "compare", "-gate", "5%", "-format", format, base, c.now))
			if status != c.want || len(out) < 50 {
				t.Errorf("-format %s: status %d, want %d; %s%s", format, status, c.want, out, errs)
			}
		}
	}
}

// TestUnwritable: a folder that cannot be is said before anything is built.
func TestUnwritable(t *testing.T) {
	repo := repository(t)
	cmd := vmabench(t, "compare", "-old-commit", "HEAD~1", "-plan", "smoke", "-o", strings.Repeat("x", 300))
	cmd.Dir = repo
	if status, out, errs := try(t, cmd); status != exitUsage || strings.Contains(out, "building") || strings.Count(errs, "\n") != 1 {
		t.Errorf("status %d, %q, %q", status, out, errs)
	}
	dir := t.TempDir()
	if err := results.CanMake(dir); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}
