package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"vmabench/kernels"
	"vmabench/results"
)

// realKernels boots real kernels under an emulator and holds what they do
// against the record.
func realKernels(args []string, out, errs io.Writer) error {
	fs := flags("kernels", errs)
	guest := fs.String("guest", "bin/kernels/init", "the guest program, which make kernels builds: a `file`")
	cache := fs.String("cache", "", "`folder` of the unpacked packages (default vmabench/kernels in the user's cache folder)")
	wanted := fs.String("kernels", "6.1,6.12,newest", "releases, or their beginnings, and newest; by `comma`")
	fresh := fs.Bool("fresh", false, "fetch again: the mirror may have newer point releases")
	record := fs.String("record", "results/reference/kernels/exact.txt", "`file` with what was found before")
	update := fs.Bool("update", false, "keep what is found in the record")
	if err := parse(fs, args, 0); err != nil {
		return err
	}
	if _, err := os.Stat(*guest); err != nil {
		return badf("-guest: %v; make kernels builds it", plain(err))
	}
	if *cache == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return badf("-cache: %v", err)
		}
		*cache = filepath.Join(dir, "vmabench", "kernels")
	}
	golden, err := readKernels(*record)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	list := strings.Split(*wanted, ",")
	c, err := kernels.Open(ctx, *cache, list, *fresh, func(s string) { fmt.Fprintln(errs, s) })
	if errors.As(err, new(*kernels.Unavailable)) {
		return usageError{err}
	} else if err != nil {
		return err
	}
	var rows []results.KernelRow
	for _, w := range list {
		k := c.Kernel(w)
		fmt.Fprintln(errs, "booting Linux", k.Release)
		r, err := c.Exact(ctx, k, *guest)
		if err != nil {
			return err
		}
		rows = append(rows, r...)
	}
	if err := results.WriteKernels(out, rows); err != nil {
		return err
	}
	return compareKernels(golden, rows, *record, *update, out)
}

// readKernels reads a record, which need not exist.
func readKernels(file string) ([]results.KernelRow, error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, usageError{err}
	}
	defer f.Close()
	rows, err := results.ReadKernels(f, file)
	if err != nil {
		return nil, usageError{err}
	}
	return rows, nil
}

// compareKernels says whether the record was found again, and keeps rows in it
// if it is to be updated.
func compareKernels(golden, rows []results.KernelRow, record string, update bool, out io.Writer) error {
	differ, unknown := kernels.Compare(golden, rows)
	fmt.Fprintln(out)
	for _, line := range append(differ, unknown...) {
		fmt.Fprintln(out, line)
	}
	switch {
	case update:
		f, err := os.Create(record)
		if err != nil {
			return err
		}
		if err := results.WriteKernels(f, kernels.Keep(golden, rows)); err != nil {
			f.Close()
			return err
		}
		fmt.Fprintf(out, "%d rows kept in %s\n", len(rows), record)
		return f.Close()
	case len(differ) > 0:
		fmt.Fprintf(out, "%d figures differ from %s\n", len(differ), record)
		return exitError(exitFailed)
	case len(unknown) > 0:
		fmt.Fprintf(out, "nothing differs from %s; what is not on record is kept by -update\n", record)
	default:
		fmt.Fprintf(out, "all %d rows as in %s\n", len(rows), record)
	}
	return nil
}
