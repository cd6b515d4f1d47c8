package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"vmabench/harness"
)

// doctor prints what the machine is and whether it is fit to measure.
func doctor(args []string, out, errs io.Writer) error {
	fs := flags("doctor", errs)
	if err := parse(fs, args, 0); err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	bad := 0
	env := harness.Environment()
	for _, f := range env.Facts {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", f.Verdict, f.Name, f.Value, f.Advice)
		if f.Verdict == "bad" {
			bad++
		}
	}
	w.Flush()
	if bad > 0 {
		fmt.Fprintf(out, "\n%d findings make measurements here worthless until they are dealt with.\n", bad)
		return exitError(exitFailed)
	}
	return nil
}
