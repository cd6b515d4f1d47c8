package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"vmabench/harness"
	"vmabench/results"
)

// bench runs a plan into a run folder, then reports on it.
func bench(args []string, out, errs io.Writer) error {
	var o options
	fs := flags("bench", errs)
	o.register(fs)
	o.registerRun(fs)
	if err := parse(fs, args, 0); err != nil {
		return err
	}
	o.given(fs)
	job, err := o.open(args)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	began := time.Now()
	sum, err := job.run(ctx, &o, out)
	if cerr := job.w.Close(); err == nil {
		err = cerr
	}
	fmt.Fprintln(out, describe(sum, job.w.Dir()))
	if errors.Is(err, context.Canceled) {
		return interruptedError("go on with: vmabench bench -resume -o " + harness.Quote(job.w.Dir()))
	}
	if err != nil {
		return err
	}
	if !o.noReport {
		if err := show(job.w.Dir(), false, out); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "\nDone in %v.\n", time.Since(began).Round(time.Second))
	if sum.Failed > 0 {
		return fmt.Errorf("%d trials failed; %s says why", sum.Failed, filepath.Join(job.w.Dir(), results.TrialsFile))
	}
	return nil
}

// job is a run about to happen.
type job struct {
	w     *results.Writer
	plan  *harness.Plan
	done  map[string]bool // IDs of the trials that a resumed run has
	notes []string
}

// open makes the run folder, or opens the one to go on with.
func (o *options) open(args []string) (*job, error) {
	if _, err := self(); err != nil {
		return nil, err
	}
	if o.resume {
		return o.reopen()
	}
	p, err := o.newPlan()
	if err != nil {
		return nil, err
	}
	if p.Config.FIFO {
		if err := realtimePermitted(); err != nil {
			return nil, err
		}
	}
	if o.dir == "" {
		if o.dir, err = newDir("", ""); err != nil {
			return nil, err
		}
	}
	if o.force {
		if err := removeRun(o.dir); err != nil {
			return nil, err
		}
	}
	run := newRun(p, o, args)
	w, err := results.Create(o.dir, run)
	if errors.Is(err, results.ErrTaken) {
		err = fmt.Errorf("%s: %w; -resume goes on with it, or choose another folder", o.dir, results.ErrTaken)
	}
	if err != nil {
		return nil, usageError{err}
	}
	if err := results.SaveKernels(o.dir); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return &job{w: w, plan: p, notes: run.Notes}, nil
}

// removeRun removes the files of the run in dir, and nothing else, so that a
// mistyped -o cannot delete what is not a run.
func removeRun(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, results.RunFile)); err != nil {
		return nil
	}
	w, _, _, err := results.Resume(dir) // refuses a folder that is in use
	if err != nil && strings.Contains(err.Error(), "another run") {
		return usageError{err}
	}
	if err == nil {
		if err := w.Close(); err != nil {
			return err
		}
	}
	for _, f := range []string{results.RunFile, results.TrialsFile} {
		if err := os.Remove(filepath.Join(dir, f)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fileError(err)
		}
	}
	return nil
}

// reopen opens the run in -o, or the last one, with the plan it has.
func (o *options) reopen() (*job, error) {
	for f := range o.set {
		switch f {
		case "resume", "o", "q", "noreport", "force":
		default:
			return nil, badf("-%s: a resumed run has its own plan", f)
		}
	}
	if o.dir == "" {
		if o.dir = lastRun(); o.dir == "" {
			return nil, badf("no run in %s to go on with", results.DefaultRoot)
		}
	}
	w, run, trials, err := results.Resume(o.dir)
	if err != nil {
		return nil, usageError{err}
	}
	j := &job{w: w, done: map[string]bool{}}
	for i := range trials {
		j.done[trials[i].ID()] = true
	}
	if j.plan, err = planOf(run, o); err == nil {
		err = j.continues(run, o)
	}
	if err == nil && j.plan.Config.FIFO {
		err = realtimePermitted()
	}
	if err != nil {
		w.Close()
		return nil, usageError{fmt.Errorf("%s: %w", o.dir, err)}
	}
	return j, nil
}

// continues refuses to go on with a run of other code or of another machine; with
// one of another kernel, Go version or setting unless forced, and then it is noted.
func (j *job) continues(run *results.Run, o *options) error {
	never, asked := results.Continues(run, newRun(j.plan, o, nil))
	switch {
	case never != "":
		return fmt.Errorf("this is not to go on with here: %s", never)
	case asked == "":
		return nil
	case !o.force:
		return fmt.Errorf("here differs %s; -force goes on all the same", asked)
	}
	j.notes = []string{"the run went on where differs " + asked}
	return j.w.Note(j.notes[0])
}

// planOf makes the plan of a run that was begun.
func planOf(run *results.Run, o *options) (*harness.Plan, error) {
	var c harness.Config
	if len(run.Plan.Config) == 0 {
		return nil, errors.New("the run does not hold its plan and cannot be resumed")
	}
	if err := json.Unmarshal(run.Plan.Config, &c); err != nil {
		return nil, fmt.Errorf("the plan in %s cannot be read: %v", results.RunFile, err)
	}
	p, err := harness.NewPlan(c)
	if err != nil {
		return nil, err
	}
	o.shard = run.Plan.Shard
	return o.part(p)
}

// lastRun returns the newest run folder, by its name.
func lastRun() string {
	dirs, _ := filepath.Glob(filepath.Join(results.DefaultRoot, "2*", results.RunFile))
	if len(dirs) == 0 {
		return ""
	}
	return filepath.Dir(dirs[len(dirs)-1])
}

// run runs what is left of the plan.
func (j *job) run(ctx context.Context, o *options, out io.Writer) (harness.Summary, error) {
	exe, err := self()
	if err != nil {
		return harness.Summary{}, err
	}
	if err := j.plan.Calibrate(); err != nil {
		return harness.Summary{}, err
	}
	for _, n := range j.w.Notes() {
		fmt.Fprintln(out, "note:", n)
	}
	if n := len(j.done); n > 0 {
		fmt.Fprintf(out, "%d of %d trials are there already.\n", n, len(j.plan.Trials))
	}
	if !o.quiet {
		fmt.Fprintf(out, "Plan %s: %d trials, %v on an undisturbed machine, into %s\n",
			j.plan.Config.Name, len(j.plan.Trials), j.plan.Estimate().Round(time.Second), j.w.Dir())
		for _, n := range j.notes {
			fmt.Fprintln(out, "warning:", n)
		}
	}
	line := newProgress(out, o.quiet)
	defer line.clear()
	failed := 0
	r := harness.Runner{
		Spawn: harness.Command{exe, "trial"}.Run,
		Sink:  func(_ *harness.TrialSpec, t *results.Trial) error { return j.w.Add(t) },
		Dump: func(t *results.Trial, text string) error {
			failed++
			return plain(os.WriteFile(filepath.Join(j.w.Dir(), fmt.Sprintf("failed-%d.txt", failed)), []byte(t.ID()+"\n"+text), 0o644))
		},
		Progress: line.show,
	}
	return r.Run(ctx, j.plan, func(id string) bool { return j.done[id] })
}

// describe sums a run up in one line.
func describe(s harness.Summary, dir string) string {
	line := fmt.Sprintf("%d trials in %v", s.Done, s.Took.Round(100*time.Millisecond))
	if s.Repeats > 0 {
		line += fmt.Sprintf(", %d repeated", s.Repeats)
	}
	if s.Disturbed > 0 {
		line += fmt.Sprintf(", %d disturbed and marked", s.Disturbed)
	}
	if s.Failed > 0 {
		line += fmt.Sprintf(", %d FAILED", s.Failed)
	}
	return line + ": " + dir
}
