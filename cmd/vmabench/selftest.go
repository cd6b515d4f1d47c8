package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"vmabench/harness"
	"vmabench/results"
	"vmabench/selftest"
	"vmabench/variants"
)

// proofSubjects is what a child looks its design up in.
var proofSubjects = selftest.Subjects(variants.Lookup)

// proveSelf runs the suite's proof of itself into a run folder.
func proveSelf(args []string, out, errs io.Writer) error {
	fs := flags("selftest", errs)
	dir := fs.String("o", "", "`folder` of the run (default results/DATE-TIME-selftest)")
	count := fs.Int("count", selftest.Repetitions, "repetitions of each subject: the pool that runs are drawn from")
	seed := fs.Uint64("seed", 1, "seed of the order and of the streams")
	sched := fs.String("sched", "other", "scheduling of the workers: other, or fifo (real-time, half duty) for a busy machine")
	beside := fs.Bool("busy", false, "instead: one small plan alone and beside two busy loops, in turns: do both find the same? (-sched fifo unless told otherwise)")
	quiet := fs.Bool("q", false, "no progress")
	if err := parse(fs, args, 0); err != nil {
		return err
	}
	if *count < 6 || *count > maxCount {
		return badf("-count %d: want 6, for an interval, to %d", *count, maxCount)
	}
	if *sched != "other" && *sched != "fifo" {
		return badf("-sched %q: want other or fifo", *sched)
	}
	o := options{}
	if o.given(fs); *beside && !o.set["sched"] {
		*sched = "fifo"
	}
	if *sched == "fifo" {
		if err := realtimePermitted(); err != nil {
			return err
		}
	}
	if *dir == "" {
		var err error
		if *dir, err = newDir("", "-selftest"); err != nil {
			return err
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *beside {
		if !o.set["count"] {
			*count = 10
		}
		err := busy(ctx, *dir, *count, *seed, *sched, *quiet, args, out)
		if errors.Is(err, context.Canceled) {
			return interruptedError("there is nothing to compare yet")
		}
		return err
	}
	rep := new(selftest.Report)
	err := rep.Cost(*sched == "fifo")
	if err != nil {
		return err
	}
	err = selftestRun(ctx, rep, *dir, *count, *seed, *sched == "fifo", *quiet, args, out)
	if errors.Is(err, context.Canceled) {
		return interruptedError("a self-test is not to be gone on with")
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(out)
	rep.Write(out)
	fmt.Fprintf(out, "\n%s\n", filepath.Join(*dir, selftest.File))
	switch {
	case len(rep.Failures) > 0:
		return exitError(exitFailed)
	case rep.Disturbed != "":
		return exitError(exitDisturbed)
	}
	return nil
}

// selftestRun measures the pools, checks the broken proofSubjects and writes the
// report into the folder.
func selftestRun(ctx context.Context, rep *selftest.Report, dir string, count int, seed uint64, fifo, quiet bool, args []string, out io.Writer) error {
	p, err := selftest.Plan(count, seed, fifo)
	if err != nil {
		return err
	}
	run := newRun(p, &options{}, args)
	run.Command = harness.CommandLine("vmabench selftest", args)
	run.Designs = nil
	for _, name := range selftest.Names() {
		d, _ := proofSubjects(name)
		run.Designs = append(run.Designs, harness.DescribeDesign(d))
	}
	w, err := results.Create(dir, run)
	if err != nil {
		return usageError{err}
	}
	j := &job{w: w, plan: p}
	_, err = j.run(ctx, &options{quiet: quiet}, out)
	if cerr := w.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	f, err := results.Open(dir)
	if err != nil {
		return err
	}
	rep.Judge(f)
	exe, err := self()
	if err != nil {
		return err
	}
	check := func(ctx context.Context, name string) *exec.Cmd {
		return exec.CommandContext(ctx, exe, checkCommand, name)
	}
	if err := rep.Catch(ctx, check, harness.Command{exe, "trial"}); err != nil {
		return err
	}
	data, err := json.MarshalIndent(rep, "", "\t")
	if err != nil {
		return err
	}
	return results.ReplaceFile(filepath.Join(dir, selftest.File), append(data, '\n'))
}

// checkCommand is the hidden command of a conformance check in a child.
const checkCommand = "selftest-check"
