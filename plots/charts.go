package plots

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"vmabench/results"
)

// Charts writes every figure of the run to dir as PNG and SVG, light and dark,
// and returns the files' paths in report order. A figure whose data the run
// lacks has no file.
func Charts(f *results.Folder, dir string) ([]string, error) {
	d, err := newData(f)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	var paths []string
	for _, fig := range d.figures() {
		if len(fig.Panels) == 0 || fig.Hidden {
			continue
		}
		for _, th := range []Theme{Light, Dark} {
			for _, kind := range []struct {
				ext   string
				write func(io.Writer, Theme) error
			}{{"png", fig.WritePNG}, {"svg", fig.WriteSVG}} {
				path := filepath.Join(dir, fmt.Sprintf("%s-%s.%s", fig.ID, th.Name, kind.ext))
				if err := writeFile(path, func(w io.Writer) error { return kind.write(w, th) }); err != nil {
					return paths, err
				}
				paths = append(paths, path)
			}
		}
	}
	return paths, nil
}

// writeFile writes path in one step: a reader sees the old file or the new.
func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".vmabench-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := write(f); err != nil {
		f.Close()
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
