package main

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"vmabench/harness"
	"vmabench/results"
	"vmabench/targets"
	"vmabench/workload"
)

// exitDisturbed says that the machine was too disturbed to tell.
const exitDisturbed = 3

// measureTargets measures every target and says which are met.
func measureTargets(args []string, out, errs io.Writer) error {
	fs := flags("targets", errs)
	run := fs.String("run", "", "only targets whose name matches the `regexp`")
	rounds := fs.Int("rounds", 21, "paired rounds of each ratio; 6 or more give an interval")
	slice := fs.Duration("slice", 8*time.Millisecond, "length of a slice, 1ms to 15ms")
	sched := fs.String("sched", "other", "scheduling of the threads: other, or fifo (real-time, half duty) for a busy machine")
	growth := fs.Bool("growth", false, "measure how faults, mmap and fork grow with the address space, into a run folder")
	most := fs.Int("most", 1_000_000, "with -growth: the largest size")
	dir := fs.String("o", "", "with -growth: `folder` of the run (default results/DATE-TIME)")
	markdown := fs.Bool("markdown", false, "print the result as the table that METHOD.md has, too")
	file := fs.String("json", "", "write the result to this `file` too")
	if err := parse(fs, args, 0); err != nil {
		return err
	}
	re, err := regexp.Compile(*run)
	switch {
	case err != nil:
		return badf("-run %q: %v", *run, err)
	case *rounds < 1 || *rounds > 1000:
		return badf("-rounds %d: want 1 to 1000", *rounds)
	case *slice < time.Millisecond || *slice > 15*time.Millisecond:
		return badf("-slice %v: want 1ms to 15ms", *slice)
	case *sched != "other" && *sched != "fifo":
		return badf("-sched %q: want other or fifo", *sched)
	case *most < 10 || *most > workload.MaxVMAs:
		return badf("-most %d: want 10 to %d", *most, workload.MaxVMAs)
	case *growth && (*file != "" || *markdown):
		return badf("-json and -markdown: a run of -growth has a folder")
	case *growth && !slices.ContainsFunc(targets.Curves(), re.MatchString):
		return badf("-run %q matches none of %s", *run, strings.Join(targets.Curves(), ", "))
	case !*growth && *dir != "":
		return badf("-o: only a run of -growth has a folder")
	}
	if *sched == "fifo" {
		if err := realtimePermitted(); err != nil {
			return err
		}
	}
	o := targets.Options{Rounds: *rounds, Slice: *slice, FIFO: *sched == "fifo"}
	if *run != "" {
		o.Run = re
	}
	if *growth {
		return growthCurves(o, *most, *dir, harness.CommandLine("vmabench targets", args), out)
	}
	if !slices.ContainsFunc(targets.All(), func(t targets.Target) bool { return re.MatchString(t.Name) }) {
		return badf("-run %q matches no target", *run)
	}
	return ratios(o, *markdown, *file, out)
}

// ratios measures the targets and says which are met.
func ratios(o targets.Options, markdown bool, file string, out io.Writer) error {
	if file != "" {
		if err := results.CanReplace(file); err != nil { // before the measurement, not after it
			return usageError{err}
		}
	}
	fmt.Fprintf(out, "%s\n\n%s\n", targets.Machine(), targets.Header())
	o.Each = func(r targets.Result) { fmt.Fprintln(out, r.Line()) }
	rep := targets.Run(o)
	fmt.Fprintf(out, "\n%s", rep.Summary())
	if markdown {
		fmt.Fprintf(out, "\n%s", rep.Markdown())
	}
	if err := saveTargets(rep, file); err != nil {
		return err
	}
	switch {
	case rep.Failed():
		return exitError(exitFailed)
	case rep.Disturbed != "":
		return exitError(exitDisturbed)
	}
	return nil
}

func saveTargets(rep *targets.Report, file string) error {
	if file == "" {
		return nil
	}
	var text bytes.Buffer
	if err := rep.WriteJSON(&text); err != nil {
		return err
	}
	return results.ReplaceFile(file, text.Bytes())
}

// growthCurves measures how costs grow, and reports on the run.
func growthCurves(o targets.Options, most int, dir, command string, out io.Writer) error {
	if dir == "" {
		var err error
		if dir, err = newDir("", ""); err != nil {
			return err
		}
	}
	w, err := results.Create(dir, targets.GrowthRun(o, most, command))
	if err != nil {
		return usageError{err}
	}
	err = targets.Growth(o, most, func(t *results.Trial) error {
		if t.Rep == 0 {
			fmt.Fprintln(out, targets.GrowthLine(t))
		}
		return w.Add(t)
	})
	if cerr := w.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return show(dir, false, out)
}
