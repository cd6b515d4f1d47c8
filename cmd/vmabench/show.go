package main

import (
	"bytes"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"

	"vmabench/results"
)

// show prints a run's tables and writes its charts and report.
func show(dir string, out io.Writer) error {
	f, err := results.Open(dir)
	if err != nil {
		return usageError{err}
	}
	benchstat(f, out)
	return nil
}

// headline are the units that the screen shows, one table each; bench.txt has
// more.
var headline = []string{"ns/op", "p50-ns", "p99-ns", "fault-p50-ns", "fault-p99-ns", "B/vma"}

// benchstat prints the tables of the headline units by benchstat itself.
func benchstat(f *results.Folder, out io.Writer) {
	path := filepath.Join(f.Dir, results.BenchFile)
	var names []string
	for _, d := range f.Run.Designs {
		names = append(names, d.Name)
	}
	col := "/variant@(" + strings.Join(names, " ") + ")"
	filter := ".unit:(" + strings.Join(headline, " OR ") + ")"
	args := []string{"tool", "benchstat", "-col", col, "-filter", filter, path}
	fmt.Fprintf(out, "\n$ go %s\n", strings.Join(quote(args), " "))
	if !modulePresent() {
		fmt.Fprintln(out, "(run it where the go tool and this module are)")
		return
	}
	var table, said bytes.Buffer
	cmd := exec.Command("go", args...)
	cmd.Stdout, cmd.Stderr = &table, &said
	if err := cmd.Run(); err != nil || table.Len() == 0 { // benchstat's status is 0 whatever happens
		fmt.Fprintf(out, "benchstat failed: %s\n", strings.TrimSpace(said.String()))
		return
	}
	out.Write(table.Bytes())
}

func quote(args []string) (out []string) {
	for _, a := range args {
		if strings.ContainsAny(a, " ()@") {
			a = "'" + a + "'"
		}
		out = append(out, a)
	}
	return out
}

// report shows a finished run again.
func report(args []string, out, errs io.Writer) error {
	fs := flags("report", errs)
	if err := parse(fs, args, 1); err != nil {
		return err
	}
	dir := fs.Arg(0)
	if dir == "" {
		if dir = lastRun(); dir == "" {
			return badf("no run in %s to report on", results.DefaultRoot)
		}
	}
	return show(dir, out)
}
