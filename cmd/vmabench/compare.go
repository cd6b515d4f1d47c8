package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"

	"vmabench/results"
)

// compare shows two runs side by side, and may be a gate.
func compare(args []string, out, errs io.Writer) error {
	fs := flags("compare", errs)
	format := fs.String("format", "text", "text, md, csv or json")
	gate := fs.String("gate", "", "exit with status 1 on a significant slowdown beyond this `share`, such as 5%")
	unit := fs.String("units", "", "only these `units`, such as ns/op,B/vma")
	if err := parse(fs, args, 2); err != nil {
		return err
	}
	if fs.NArg() != 2 {
		return badf("compare: want the folders of two runs, OLD and NEW")
	}
	threshold, err := percent(*gate)
	if err != nil {
		return err
	}
	old, err := results.Open(fs.Arg(0))
	if err != nil {
		return usageError{err}
	}
	now, err := results.Open(fs.Arg(1))
	if err != nil {
		return usageError{err}
	}
	c := results.CompareRuns(old, now, results.Options{})
	if err := writeComparison(c, *format, units(*unit), out); err != nil {
		return err
	}
	if *gate == "" {
		return nil
	}
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
		return c.WriteCSV(out)
	case "json":
		return c.WriteJSON(out)
	}
	return badf("-format %q: want text, md, csv or json", format)
}

func units(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
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
	if err != nil || !(x >= 0) || x > 10 {
		return 0, badf("-gate %q: want a share such as 5%%", s)
	}
	return x, nil
}

// merge joins the folders of a plan's shards into one run.
func merge(args []string, out, errs io.Writer) error {
	fs := flags("merge", errs)
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

// printSeries prints each throughput headline over the runs, oldest first.
func printSeries(series []results.Series, out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, s := range series {
		if s.Kind != results.Throughput || s.Unit != "ns/op" {
			continue
		}
		fmt.Fprintf(w, "%s\t%s", s.Name, s.Unit)
		for _, p := range s.Points {
			mark := ""
			if p.Change != nil && p.Change.Better() != 0 {
				mark = fmt.Sprintf(" (%+.1f%%)", p.Change.Percent())
			}
			fmt.Fprintf(w, "\t%.4g%s", p.Summary.Median, mark)
		}
		if s.Noisy {
			fmt.Fprint(w, "\tnoisy")
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}
