package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"vmabench/results"
)

// compare shows two runs side by side, and may be a gate.
func compare(args []string, out, errs io.Writer) error {
	var o options
	fs := flags("compare [flags] [OLD NEW]", errs)
	format := fs.String("format", "text", "text, md, csv or json")
	gate := fs.String("gate", "", "exit with status 1 on a significant slowdown beyond this `share`, such as 5%")
	unit := fs.String("units", "", "only these `units`, such as ns/op,B/vma")
	oldRev := fs.String("old-commit", "", "build this `commit` and measure it and the new one in turns; the flags of bench say what")
	newRev := fs.String("new-commit", "", "the `commit` to compare with -old-commit (default the tree as it is)")
	own := map[string]bool{}
	fs.VisitAll(func(f *flag.Flag) { own[f.Name] = true })
	o.register(fs)
	fs.StringVar(&o.dir, "o", "", "`folder` of both runs of -old-commit (default results/compare-DATE-TIME)")
	fs.BoolVar(&o.quiet, "q", false, "no progress")
	if err := parse(fs, args, 2); err != nil {
		return err
	}
	o.given(fs)
	threshold, err := percent(*gate)
	if err != nil {
		return err
	}
	if err := compareFlags(&o, own, *oldRev, *newRev, fs.NArg()); err != nil {
		return err
	}
	o.gated = *gate != ""
	if !slices.Contains(formats, *format) {
		return badf("-format %q: want %s", *format, strings.Join(formats, ", "))
	}
	old, now, err := twoRuns(&o, *oldRev, *newRev, fs, args, errs)
	if err != nil {
		return err
	}
	c := results.CompareRuns(old, now, results.Options{})
	if err := haveUnits(c, units(*unit)); err != nil {
		return err
	}
	if err := writeComparison(c, *format, units(*unit), out); err != nil {
		return usageError{err} // 1 is the gate's alone
	}
	if *gate == "" {
		return nil
	}
	return passGate(c, threshold, errs)
}

var formats = []string{"text", "md", "csv", "json"}

// compareFlags refuses flags that would go unheard.
func compareFlags(o *options, own map[string]bool, oldRev, newRev string, folders int) error {
	switch {
	case oldRev == "" && newRev != "":
		return badf("-new-commit needs -old-commit")
	case oldRev != "" && folders > 0:
		return badf("-old-commit makes its own runs: no folders with it")
	case o.set["shard"]:
		return badf("-shard: compare runs its plan whole")
	case oldRev != "":
		return nil
	case folders != 2:
		return badf("compare: want the folders of two runs, OLD and NEW, or -old-commit")
	}
	for name := range o.set {
		if !own[name] {
			return badf("-%s: only with -old-commit", name)
		}
	}
	return nil
}

// twoRuns opens the two runs, or makes them. Progress goes to errs: out is the
// comparison's.
func twoRuns(o *options, oldRev, newRev string, fs *flag.FlagSet, args []string, errs io.Writer) (old, now *results.Folder, err error) {
	if oldRev != "" {
		old, now, err = compareCommits(o, oldRev, newRev, args, errs)
		if errors.Is(err, context.Canceled) {
			return nil, nil, interruptedError("there is nothing to compare yet")
		}
	} else if old, err = results.Open(fs.Arg(0)); err == nil {
		now, err = results.Open(fs.Arg(1))
	}
	if err != nil {
		return nil, nil, usageError{err} // 1 is the gate's alone
	}
	return old, now, nil
}

func passGate(c *results.RunComparison, threshold float64, errs io.Writer) error {
	fail, why, err := results.Gate(c, threshold)
	if err != nil {
		return usageError{fmt.Errorf("gate: %w", err)}
	}
	for _, w := range why {
		fmt.Fprintln(errs, "gate:", w)
	}
	if fail {
		return exitError(exitFailed)
	}
	return nil
}

func writeComparison(c *results.RunComparison, format string, units []string, out io.Writer) error {
	switch format {
	case "text":
		return c.WriteTable(out, units...)
	case "md":
		return c.WriteMarkdown(out, units...)
	case "csv":
		return only(c, units).WriteCSV(out)
	default:
		return only(c, units).WriteJSON(out)
	}
}

// only is a comparison's part in some units, or all of it when units is nil. What
// the tests were corrected for stays the whole.
func only(c *results.RunComparison, units []string) *results.RunComparison {
	if units == nil {
		return c
	}
	part := *c
	part.Deltas = slices.DeleteFunc(slices.Clone(c.Deltas), func(d results.Delta) bool { return !slices.Contains(units, d.Unit) })
	part.Geomeans = slices.DeleteFunc(slices.Clone(c.Geomeans), func(g results.Geomean) bool { return !slices.Contains(units, g.Unit) })
	return &part
}

func units(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

// haveUnits refuses units that the comparison does not have.
func haveUnits(c *results.RunComparison, asked []string) error {
	var have []string
	for i := range c.Deltas {
		if u := c.Deltas[i].Unit; !slices.Contains(have, u) {
			have = append(have, u)
		}
	}
	for _, u := range asked {
		if !slices.Contains(have, u) {
			return badf("-units: neither run has %q; there are %s", u, strings.Join(have, ", "))
		}
	}
	return nil
}

// percent reads "5%" or "0.05".
func percent(s string) (float64, error) {
	if s == "" {
		return 0, nil
	}
	num, isPercent := strings.CutSuffix(s, "%")
	x, err := strconv.ParseFloat(num, 64)
	if isPercent {
		x /= 100
	}
	if err != nil || !(x >= 0) || x > 10 || x > 1 && !isPercent {
		return 0, badf("-gate %q: want a share such as 5%% or 0.05", s)
	}
	return x, nil
}

// merge joins the folders of a plan's shards into one run.
func merge(args []string, out, errs io.Writer) error {
	fs := flags("merge -o FOLDER SHARD...", errs)
	dir := fs.String("o", "", "`folder` of the joined run")
	if err := parse(fs, args, 1<<20); err != nil {
		return err
	}
	if *dir == "" || fs.NArg() == 0 {
		return badf("merge: want -o FOLDER and the folders of the shards")
	}
	run, err := results.Merge(*dir, fs.Args()...)
	if err != nil {
		return usageError{err}
	}
	for _, n := range results.MissingShards(run) {
		fmt.Fprintf(errs, "vmabench: warning: %s\n", n)
	}
	fmt.Fprintf(out, "%s: %d trials planned, from %d shards\n", *dir, run.Plan.Trials, fs.NArg())
	return nil
}

// history lists the runs of a folder and how their benchmarks moved.
func history(args []string, out, errs io.Writer) error {
	fs := flags("history", errs)
	root := fs.String("root", results.DefaultRoot, "`folder` of the runs")
	if err := parse(fs, args, 0); err != nil {
		return err
	}
	entries, err := results.List(*root)
	if err != nil {
		return usageError{plain(err)}
	}
	if len(entries) == 0 {
		return badf("no run in %s", *root)
	}
	var runs []*results.Folder
	for _, e := range entries {
		if e.Err != nil {
			fmt.Fprintf(out, "%s  %v\n", filepath.Base(e.Dir), e.Err)
			continue
		}
		fmt.Fprintf(out, "%s  %s  %d trials, %d failed  %s\n",
			filepath.Base(e.Dir), e.Run.Plan.Name, e.Trials, e.Failed, e.Run.Commit)
		if f, err := results.Open(e.Dir); err == nil {
			runs = append(runs, f)
		}
	}
	if len(runs) < 2 {
		return nil
	}
	fmt.Fprintln(out)
	return printSeries(results.History(runs, results.Options{}), out)
}

// printSeries prints each headline over the runs, oldest first: medians with
// their intervals and numbers of trials, a "*" where a change has a verdict.
func printSeries(series []results.Series, out io.Writer) error {
	fmt.Fprintln(out, "median [95 % interval] n, a run a column; * and a change: against the run before, with a verdict")
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for i := range series {
		s := &series[i]
		if !slices.Contains(headline, s.Unit) || s.Unit == "ns/op" && s.Kind != results.Throughput {
			continue
		}
		fmt.Fprintf(w, "%s\t%s", s.Name, s.Unit)
		for _, p := range s.Points {
			mark := ""
			if p.Change != nil && p.Change.Verdict != results.Same {
				mark = fmt.Sprintf(" * %+.1f%%", p.Change.Percent())
			}
			fmt.Fprintf(w, "\t%.4g [%.4g, %.4g] %d%s", p.Summary.Median, p.Summary.Lo, p.Summary.Hi, p.Summary.N, mark)
		}
		if s.Noisy {
			fmt.Fprint(w, "\tnoisy")
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}
