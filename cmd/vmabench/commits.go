package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"vmabench/harness"
	"vmabench/results"
)

// side is one of the two builds that are compared.
type side struct {
	name   string // "old" or "new"
	commit string // "+dirty" where the tree is not clean
	child  harness.Command
	w      *results.Writer
	turn   func(begins bool) // told of the turns of its trials; nil is nobody
}

// compareCommits builds two commits, or one and the tree as it is, runs a plan
// on both in turns and compares what came out.
func compareCommits(o *options, oldRev, newRev string, args []string, out io.Writer) (old, now *results.Folder, err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if o.clock == "" { // an old build may know no other
		o.clock = string(harness.Monotonic)
	}
	p, err := o.newPlan()
	if err != nil {
		return nil, nil, err
	}
	if n := p.Config.Count; o.gated && n < results.MinTrials {
		return nil, nil, badf("-gate: a verdict needs %d repetitions and the plan has %d; -count %d", results.MinTrials, n, results.MinTrials)
	}
	if o.dir == "" {
		if o.dir, err = newDir("compare-", ""); err != nil {
			return nil, nil, err
		}
	}
	if err := vacant(o.dir); err != nil {
		return nil, nil, err
	}
	if err := results.CanMake(o.dir); err != nil { // to be said before minutes of building
		return nil, nil, err
	}
	if err := canBuild(ctx); err != nil {
		return nil, nil, err
	}
	for _, rev := range []string{oldRev, newRev} {
		if _, err := resolve(ctx, rev); err != nil {
			return nil, nil, err
		}
	}
	if p.Config.FIFO {
		if err := realtimePermitted(); err != nil {
			return nil, nil, err
		}
	}
	if err := p.Calibrate(); err != nil {
		return nil, nil, err
	}
	tmp, err := os.MkdirTemp("", "vmabench-compare-")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(tmp)
	var sides [2]*side
	for i, rev := range []string{oldRev, newRev} {
		s := &side{name: []string{"old", "new"}[i]}
		exe := filepath.Join(tmp, s.name, "vmabench")
		fmt.Fprintf(out, "building %s: %s\n", s.name, orTree(rev))
		if s.commit, err = build(ctx, rev, filepath.Join(tmp, s.name), exe); err != nil {
			return nil, nil, err
		}
		s.child = harness.Command{exe, "trial"}
		sides[i] = s
	}
	if err := interleave(ctx, p, o, sides, args, out); err != nil {
		return nil, nil, err
	}
	if old, err = results.Open(sides[0].w.Dir()); err == nil {
		now, err = results.Open(sides[1].w.Dir())
	}
	return old, now, err
}

func orTree(rev string) string {
	if rev == "" {
		return "the tree as it is"
	}
	return rev
}

// build compiles vmabench at a revision, in a worktree of its own below dir
// that it removes again, or from the tree as it is. Both are built with the
// same flags, so that these are no part of the difference.
func build(ctx context.Context, rev, dir, exe string) (commit string, err error) {
	top, err := output(ctx, ".", "git", "rev-parse", "--show-toplevel")
	if err != nil {
		return "", err
	}
	src := top
	if rev != "" {
		if commit, err = resolve(ctx, rev); err != nil {
			return "", err
		}
		src = filepath.Join(dir, "src")
		if _, err = output(ctx, top, "git", "worktree", "add", "--detach", src, commit); err != nil {
			return "", err
		}
		// The context may be done; a worktree that stays would be in git's list.
		defer output(context.Background(), top, "git", "worktree", "remove", "--force", src)
	} else if commit, err = treeCommit(ctx, top); err != nil {
		return "", err
	}
	_, err = output(ctx, src, "go", "build", "-trimpath", "-pgo=off", "-buildvcs=false", "-o", exe, "./cmd/vmabench")
	return commit, err
}

// canBuild says why nothing can be built from here.
func canBuild(ctx context.Context) error {
	for _, tool := range []string{"git", "go"} {
		if _, err := exec.LookPath(tool); err != nil {
			return notStarted(err)
		}
	}
	_, err := output(ctx, ".", "git", "rev-parse", "--git-dir")
	return err
}

// resolve returns the commit that rev names; "" is the tree as it is.
func resolve(ctx context.Context, rev string) (string, error) {
	if rev == "" {
		return "", nil
	}
	commit, err := output(ctx, ".", "git", "rev-parse", "--verify", "--end-of-options", rev+"^{commit}")
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("%q is no commit of this repository", rev)
	}
	return commit, err
}

// vacant reports, as an error, that dir cannot take both runs. It is asked
// before the builds, which take longer.
func vacant(dir string) error {
	for _, side := range []string{"old", "new"} {
		path := filepath.Join(dir, side)
		switch _, err := os.Lstat(filepath.Join(path, results.RunFile)); {
		case err == nil:
			return badf("%s: already holds a run; choose another folder", path)
		case errors.Is(err, syscall.ENOTDIR):
			return badf("%s: not a directory", dir)
		}
	}
	return nil
}

// treeCommit names the tree as it is.
func treeCommit(ctx context.Context, top string) (string, error) {
	commit, err := output(ctx, top, "git", "rev-parse", "HEAD")
	if err != nil {
		return "", err
	}
	changed, err := output(ctx, top, "git", "status", "--porcelain", "--untracked-files=no")
	if changed != "" {
		commit += "+dirty"
	}
	return commit, err
}

// output runs a command in dir and returns what it printed; its error is one
// line.
func output(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = dir
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return "", fmt.Errorf("%s: %s", strings.Join(args[:2], " "), lastLine(errs.String(), err.Error()))
	}
	return strings.TrimSpace(out.String()), nil
}

// lastLine is where git and go say what was wrong.
func lastLine(s, other string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return other
	}
	return strings.TrimSpace(s[strings.LastIndexByte(s, '\n')+1:])
}

// interleave runs every trial of p on both sides: the processes of one trial's
// two builds, and of those that it is compared with, take turns slice by slice.
// The old build comes first in even repetitions and the new one in odd ones, so
// that a steady drift takes from both alike. A repetition is thereby one block
// of both runs.
func interleave(ctx context.Context, p *harness.Plan, o *options, sides [2]*side, args []string, out io.Writer) (err error) {
	head := newRun(p, o, nil)
	head.Command = harness.CommandLine("vmabench compare", args)
	for _, s := range sides {
		if err := s.create(head, o.dir, map[string]string{"old": "new", "new": "old"}[s.name]); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, s.w.Close()) }()
	}
	line := newProgress(out, o.quiet)
	defer line.clear()
	_, err = sideRunner(sides, line).Run(ctx, p.Twice(), nil)
	return err
}

// sideRunner runs a plan that has each trial twice, once for each side.
func sideRunner(sides [2]*side, line *progress) *harness.Runner {
	return &harness.Runner{
		Spawn: func(ctx context.Context, group []*harness.TrialSpec) []harness.Outcome {
			members := make([]harness.Member, len(group))
			for i, s := range group {
				of := sides[s.Build]
				members[i] = harness.Member{Command: of.child, Spec: s, Timeout: s.Timeout(), Turn: of.turn}
			}
			return harness.Together(ctx, members)
		},
		Sink:     func(s *harness.TrialSpec, t *results.Trial) error { return sides[s.Build].w.Add(t) },
		Progress: line.show,
	}
}

// create makes the side's run folder. The byte layouts that head describes are
// this build's and not the side's.
func (s *side) create(head *results.Run, dir, other string) error {
	run := *head
	run.Version, run.Commit = s.name, s.commit
	run.ID = filepath.Base(dir) + "-" + s.name
	run.Interleaved = filepath.Base(dir) + "-" + other
	run.Designs = nil
	for _, d := range head.Designs {
		d.Layout = nil
		run.Designs = append(run.Designs, d)
	}
	var err error
	if s.w, err = results.Create(filepath.Join(dir, s.name), &run); err != nil {
		return usageError{err}
	}
	return nil
}
