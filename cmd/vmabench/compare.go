package main

import (
	"io"

	"vmabench/results"
)

// compare shows two runs side by side.
func compare(args []string, out, errs io.Writer) error {
	fs := flags("compare", errs)
	if err := parse(fs, args, 2); err != nil {
		return err
	}
	if fs.NArg() != 2 {
		return badf("compare: want the folders of two runs")
	}
	for _, dir := range fs.Args() {
		if _, err := results.Open(dir); err != nil {
			return usageError{err}
		}
	}
	return nil
}
