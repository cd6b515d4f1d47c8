package results

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// CanMake says why the folder dir cannot be made or written to, and leaves nothing
// behind: for a command that writes at its end.
func CanMake(dir string) error {
	for at := filepath.Clean(dir); ; at = filepath.Dir(at) {
		_, err := os.Stat(at)
		if errors.Is(err, fs.ErrNotExist) && at != filepath.Dir(at) {
			continue
		}
		var tmp string
		if err == nil {
			if tmp, err = os.MkdirTemp(at, ".vmabench-"); err == nil {
				err = os.Remove(tmp)
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w", dir, cause(err))
		}
		return nil
	}
}

// CanReplace says why ReplaceFile could not write path, and leaves nothing behind:
// for a command that writes at its end.
func CanReplace(path string) error {
	at, mode, err := target(path)
	if err == nil && mode.IsRegular() {
		var tmp *os.File
		if tmp, err = os.CreateTemp(filepath.Dir(at), ".vmabench-*"); err == nil {
			err = errors.Join(tmp.Close(), os.Remove(tmp.Name()))
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, cause(err))
	}
	return nil
}

// ReplaceFile writes a file beside path and renames it over path, so that a
// reader sees the old content or the new, and an error leaves the old. A link
// stays one; what is no file, such as /dev/stdout, is written to.
func ReplaceFile(path string, data []byte) error {
	at, mode, err := target(path)
	switch {
	case err != nil:
	case mode.IsRegular():
		err = replace(at, data, mode.Perm())
	default:
		err = os.WriteFile(at, data, 0)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, cause(err))
	}
	return nil
}

// target returns the file that path leads to and what it is, or is to be.
func target(path string) (at string, mode fs.FileMode, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return path, 0o644, nil
	case err != nil:
		return path, 0, err
	case info.IsDir():
		return path, 0, syscall.EISDIR
	case !info.Mode().IsRegular(): // and what it leads to may have no name
		return path, info.Mode(), nil
	}
	at, err = filepath.EvalSymlinks(path)
	return at, info.Mode(), err
}

func replace(path string, data []byte, perm fs.FileMode) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	if err == nil {
		err = tmp.Chmod(perm)
	}
	if err == nil {
		err = tmp.Sync()
	}
	err = errors.Join(err, tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		os.Remove(tmp.Name())
	}
	return err
}

// cause is err without its path, which the caller says, and without the name of
// a temporary file.
func cause(err error) error {
	var pe *fs.PathError
	var le *os.LinkError
	switch {
	case errors.As(err, &pe):
		return pe.Err
	case errors.As(err, &le):
		return le.Err
	}
	return err
}
