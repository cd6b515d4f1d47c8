package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"vmabench/harness"
	"vmabench/plots"
	"vmabench/results"
	"vmabench/variants"
)

// Where show puts what it makes, in the run's folder.
const (
	chartsDir  = "charts"
	tablesFile = "tables.md"
	reportFile = "report.html"
	mailFile   = "report.md"
)

// show prints a run's tables, draws its charts, with png all of them as PNG too,
// and writes its report.
func show(dir string, png bool, out io.Writer) error {
	f, err := results.Open(dir)
	if err != nil {
		return usageError{err}
	}
	if err := f.Derive(); err != nil {
		return fileError(err)
	}
	c := results.Compare(f, results.Options{})
	if err := screen(f, c, out); err != nil {
		return err
	}
	var md bytes.Buffer
	if err := results.WriteMarkdown(&md, f, c); err != nil {
		return err
	}
	for _, t := range results.ShapeTables(results.Shapes(f)) {
		fmt.Fprintln(out)
		if err := errors.Join(t.WriteText(out), t.WriteMarkdown(&md)); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, tablesFile), md.Bytes(), 0o644); err != nil {
		return fileError(err)
	}
	r, err := plots.New(f)
	if err != nil {
		return err
	}
	charts, err := r.Charts(filepath.Join(dir, chartsDir), png)
	if err != nil {
		return fileError(err)
	}
	if err := r.Page(filepath.Join(dir, reportFile)); err != nil {
		return fileError(err)
	}
	var mail bytes.Buffer
	if err := r.Markdown(&mail); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, mailFile), mail.Bytes(), 0o644); err != nil {
		return fileError(err)
	}
	fmt.Fprintln(out)
	fmt.Fprintf(out, "samples  %s\n", filepath.Join(dir, results.BenchFile))
	fmt.Fprintf(out, "tables   %s\n", filepath.Join(dir, tablesFile))
	fmt.Fprintf(out, "charts   %s (%d files)\n", filepath.Join(dir, chartsDir), len(charts))
	fmt.Fprintf(out, "report   %s\n", filepath.Join(dir, reportFile))
	return nil
}

// headline are the units that the screen shows, one table each; the folder
// has more.
var headline = []string{"ns/op", "p50-ns", "p99-ns", "fault-p50-ns", "fault-p99-ns", "B/vma"}

// screen prints the tables of the headline units: benchstat's where the go
// tool can be asked for it, else our own; then the warnings.
func screen(f *results.Folder, c *results.Comparison, out io.Writer) error {
	if !benchstat(f, out) {
		return results.WriteTable(out, f, c, headline...)
	}
	if ws := f.Warnings(); len(ws) > 0 {
		fmt.Fprintln(out, "\nWarnings:")
		for _, w := range ws {
			fmt.Fprintln(out, " ", w)
		}
	}
	return nil
}

// benchstat prints the tables by benchstat itself, the models' and the running
// kernel's apart, and reports whether it could.
func benchstat(f *results.Folder, out io.Writer) bool {
	if !haveBenchstat() {
		return false
	}
	var models, real []string
	for _, d := range f.Run.Designs {
		if v, ok := variants.Lookup(d.Name); ok && v.Real {
			real = append(real, d.Name)
		} else {
			models = append(models, d.Name)
		}
	}
	for _, names := range [][]string{models, real} {
		if len(names) > 0 && !benchstatOf(f, names, out) {
			return false
		}
	}
	return true
}

// benchstatOf prints the tables of the named designs.
func benchstatOf(f *results.Folder, names []string, out io.Writer) bool {
	args := []string{"tool", "benchstat", "-col", "/variant@(" + strings.Join(names, " ") + ")",
		"-filter", ".unit:(" + strings.Join(headline, " OR ") + ")", filepath.Join(f.Dir, results.BenchFile)}
	var table, said bytes.Buffer
	cmd := exec.Command("go", args...)
	cmd.Stdout, cmd.Stderr = &table, &said
	if err := cmd.Run(); err != nil || table.Len() == 0 { // its own status is 0 whatever happens
		fmt.Fprintf(out, "\nbenchstat: %s\n", firstLine(said.String(), "no output"))
		return false
	}
	for i, a := range args {
		args[i] = harness.Quote(a)
	}
	fmt.Fprintf(out, "\n$ go %s\n", strings.Join(args, " "))
	out.Write(table.Bytes())
	return true
}

func firstLine(s, other string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	if s == "" {
		return other
	}
	return s
}

// haveBenchstat reports whether the go tool is here and this module with it.
func haveBenchstat() bool { return exec.Command("go", "tool", "-n", "benchstat").Run() == nil }

// report shows a finished run again.
func report(args []string, out, errs io.Writer) error {
	fs := flags("report [flags] [RUN]", errs)
	png := fs.Bool("png", false, "draw every chart as PNG too, for slides and mails; without it overview and footprint are, light")
	splice := fs.String("splice", "", "also write the run's parts between the markers of this `file`, such as README.md")
	if err := parse(fs, args, 1); err != nil {
		return err
	}
	dir := fs.Arg(0)
	if dir == "" {
		if dir = lastRun(); dir == "" {
			return badf("no run in %s to report on", results.DefaultRoot)
		}
	}
	if *splice == "" {
		return show(dir, *png, out)
	}
	f, err := results.Open(dir)
	if err != nil {
		return usageError{err}
	}
	if err := plots.Spliceable(*splice, f); err != nil { // before the work, not after it
		return usageError{plain(err)}
	}
	if err := show(dir, *png, out); err != nil {
		return err
	}
	return fileError(plots.Splice(*splice, f))
}
