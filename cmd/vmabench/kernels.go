package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"vmabench/kernels"
	"vmabench/results"
)

const kernelRecords = "results/reference/kernels"

// realKernels boots real kernels under an emulator and holds what they do
// against the record.
func realKernels(args []string, out, errs io.Writer) error {
	fs := flags("kernels", errs)
	guest := fs.String("guest", "bin/kernels/init", "`file` of the guest program, which make kernels builds")
	locks := fs.String("locks", "", "count by kernel function, with the emulator's plugin in this `file`, which make kernels-locks builds")
	cache := fs.String("cache", "", "`folder` of the unpacked packages (default vmabench/kernels in the user's cache folder)")
	wanted := fs.String("kernels", "6.1,6.12,newest", "`releases`, or how they begin, and newest, separated by commas")
	fresh := fs.Bool("fresh", false, "fetch again: the mirror may have newer point releases")
	record := fs.String("record", "", "`file` with what was found before (default "+kernelRecords+"/exact.txt, or locks.txt with -locks)")
	update := fs.Bool("update", false, "keep what is found in the record")
	if err := parse(fs, args, 0); err != nil {
		return err
	}
	names, err := kernels.ParseWanted(*wanted)
	if err != nil {
		return badf("-kernels: %v", err)
	}
	init, err := os.ReadFile(*guest)
	if err != nil {
		return badf("-guest: %v; make kernels builds it", plain(err))
	}
	if *locks != "" {
		if _, err := os.Stat(*locks); err != nil {
			return badf("-locks: %v; make kernels-locks builds it", plain(err))
		}
	}
	if *record == "" {
		*record = filepath.Join(kernelRecords, map[bool]string{false: "exact.txt", true: "locks.txt"}[*locks != ""])
	}
	golden, err := readKernels(*record)
	if err != nil {
		return err
	}
	rows, err := bootKernels(*cache, names, *fresh, init, *locks, errs)
	if errors.Is(err, context.Canceled) {
		return interruptedError("nothing was kept but what was fetched whole")
	}
	if err != nil {
		return err
	}
	if err := results.WriteKernels(out, rows); err != nil {
		return err
	}
	if *locks != "" {
		return compareRanges(golden, rows, *record, *update, out)
	}
	return compareKernels(golden, rows, *record, *update, out)
}

// bootKernels returns what the wanted kernels do, one after the other.
func bootKernels(cache string, wanted []string, fresh bool, init []byte, plugin string, errs io.Writer) ([]results.KernelRow, error) {
	if cache == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return nil, badf("-cache: %v", err)
		}
		cache = filepath.Join(dir, "vmabench", "kernels")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	c, err := kernels.Open(ctx, cache, wanted, fresh, func(s string) { fmt.Fprintln(errs, s) })
	if errors.As(err, new(*kernels.Unavailable)) {
		return nil, usageError{err}
	} else if err != nil {
		return nil, err
	}
	var rows []results.KernelRow
	for _, w := range wanted {
		k := c.Kernel(w)
		fmt.Fprintln(errs, "booting Linux", k.Release)
		var r []results.KernelRow
		if plugin == "" {
			r, err = c.Exact(ctx, k, init)
		} else {
			r, err = c.Locks(ctx, k, init, plugin)
		}
		if err != nil {
			return nil, err
		}
		rows = append(rows, r...)
	}
	return rows, nil
}

// readKernels reads a record, which need not exist.
func readKernels(file string) ([]results.KernelRow, error) {
	f, err := openInput(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
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
	c := kernels.Compare(golden, rows)
	fmt.Fprintln(out)
	for _, line := range append(c.Said, c.Differ...) {
		fmt.Fprintln(out, line)
	}
	switch {
	case update:
		return keepKernels(golden, rows, record, out)
	case len(c.Differ) > 0:
		fmt.Fprintf(out, "%d figures differ from %s\n", len(c.Differ), record)
		return exitError(exitFailed)
	case c.Whole:
		fmt.Fprintf(out, "all %d rows as in %s\n", len(rows), record)
	default:
		fmt.Fprintf(out, "nothing that was compared differs from %s; -update keeps what is not on record\n", record)
	}
	return nil
}

// compareRanges says which figures are not where the record has them: theirs
// are ranges, so it is a word and no failure.
func compareRanges(golden, rows []results.KernelRow, record string, update bool, out io.Writer) error {
	apart, n := kernels.Apart(golden, rows)
	fmt.Fprintln(out)
	for _, line := range apart {
		fmt.Fprintln(out, line)
	}
	fmt.Fprintf(out, "%d of %d ranges do not meet those of %s\n", len(apart), n, record)
	if update {
		return keepKernels(golden, rows, record, out)
	}
	return nil
}

func keepKernels(golden, rows []results.KernelRow, record string, out io.Writer) error {
	var text bytes.Buffer
	if err := results.WriteKernels(&text, kernels.Keep(golden, rows)); err != nil {
		return err
	}
	if err := results.ReplaceFile(record, text.Bytes()); err != nil {
		return usageError{err}
	}
	fmt.Fprintf(out, "%d rows kept in %s\n", len(rows), record)
	return nil
}
