package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"vmabench/results"
)

// openInput opens a file that was named on the command line.
func openInput(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usageError{plain(err)}
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		f.Close()
		return nil, badf("%s: %w", path, syscall.EISDIR)
	}
	return f, nil
}

// self returns this program's file, which trials are run from.
func self() (string, error) {
	exe, err := os.Executable()
	if err != nil {
		return "", badf("this program cannot find its own file, which trials are run from (without /proc it cannot): %w", err)
	}
	return exe, nil
}

// newDir makes a folder for a run where none was named.
func newDir(prefix, suffix string) (string, error) {
	dir, err := results.NewDir(results.DefaultRoot, prefix+results.NewID(time.Now())+suffix)
	return dir, fileError(err)
}

// plain turns "open file: reason" into "file: reason".
func plain(err error) error {
	if pe, ok := err.(*os.PathError); ok {
		return fmt.Errorf("%s: %w", pe.Path, pe.Err)
	}
	return err
}

// fileError is an error of writing: a place that was given wrongly is a usage
// error, a disk that fails is none.
func fileError(err error) error {
	if err == nil {
		return nil
	}
	for _, wrong := range []error{fs.ErrPermission, fs.ErrExist, fs.ErrNotExist, syscall.ENOTDIR, syscall.EISDIR, syscall.EROFS, syscall.ENAMETOOLONG} {
		if errors.Is(err, wrong) {
			return usageError{plain(err)}
		}
	}
	return plain(err)
}
