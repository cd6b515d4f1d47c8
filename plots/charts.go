package plots

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"vmabench/results"
)

// Report is a run arranged for drawing, its figures made once for everything
// that shows them.
type Report struct{ d *data }

// New arranges a run.
func New(f *results.Folder) (*Report, error) {
	d, err := newData(f)
	if err != nil {
		return nil, err
	}
	d.figures() // before the charts are drawn side by side
	return &Report{d}, nil
}

// mailed are the figures that a mail's reader sees without the page: they are
// drawn as PNG always, which takes five times as long as SVG.
var mailed = []string{"overview", "footprint"}

// Charts draws the run's figures into dir, light and dark, as SVG and with png
// as PNG too, and returns the files' paths in report order. Without png there
// are light PNG files of the figures overview and footprint alone. A figure
// whose data the run lacks has no file; one that an earlier call drew is removed.
func (r *Report) Charts(dir string, png bool) ([]string, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	var jobs []func() error
	var paths []string
	for _, fig := range r.d.figures() {
		if len(fig.Panels) == 0 || fig.Hidden {
			continue
		}
		for _, th := range []Theme{Light, Dark} {
			add := func(ext string, draw func(io.Writer, Theme) error) {
				path := filepath.Join(dir, fmt.Sprintf("%s-%s.%s", fig.ID, th.Name, ext))
				paths = append(paths, path)
				jobs = append(jobs, func() error {
					return writeFile(path, func(w io.Writer) error { return draw(w, th) })
				})
			}
			if png || th.Name == Light.Name && slices.Contains(mailed, fig.ID) {
				add("png", fig.WritePNG)
			}
			add("svg", fig.WriteSVG)
		}
	}
	if err := together(jobs); err != nil {
		return nil, err
	}
	return paths, sweep(dir, paths)
}

// together runs jobs on all CPUs, each writing what no other touches, and
// returns their errors.
func together(jobs []func() error) error {
	errs := make([]error, len(jobs))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(jobs)) {
		wg.Go(func() {
			for i := range next {
				errs[i] = jobs[i]()
			}
		})
	}
	for i := range jobs {
		next <- i
	}
	close(next)
	wg.Wait()
	return errors.Join(errs...)
}

// sweep removes the charts in dir that are not among paths: what an earlier
// report drew of the run and this one did not would be taken for its.
func sweep(dir string, paths []string) error {
	for _, th := range []Theme{Light, Dark} {
		for _, ext := range []string{"png", "svg"} {
			old, err := filepath.Glob(filepath.Join(dir, "*-"+th.Name+"."+ext))
			if err != nil {
				return err
			}
			for _, path := range old {
				if !slices.Contains(paths, path) {
					if err := os.Remove(path); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
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
