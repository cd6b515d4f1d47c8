package results

import (
	"bufio"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"
)

// KernelRow is what a real kernel was found to do under an emulator: a line of
// the Go benchmark format. Its units are bytes, instructions, read-modify-writes
// and cache lines, never a time.
type KernelRow struct {
	// Key says what was run: the kernel, the emulator, and every option of both.
	// Rows of the same key and name are the same experiment.
	Key    []Param
	Bench  string  // base name without "Benchmark"
	Params []Param // design first
	N      int64   // samples
	Values []Value
}

// Get returns an element of the key or of the name, "" without.
func (r *KernelRow) Get(key string) string {
	for _, ps := range [][]Param{r.Params, r.Key} {
		for _, p := range ps {
			if p.Key == key {
				return p.Value
			}
		}
	}
	return ""
}

// Value returns the value in a unit.
func (r *KernelRow) Value(unit string) (float64, bool) {
	for _, v := range r.Values {
		if v.Unit == unit {
			return v.Value, true
		}
	}
	return 0, false
}

// Name returns the benchmark's name without "Benchmark".
func (r *KernelRow) Name() string {
	name := r.Bench
	for _, p := range r.Params {
		name += "/" + p.Key + "=" + p.Value
	}
	return name
}

// SameKey reports whether both were found by the same experiment.
func (r *KernelRow) SameKey(s *KernelRow) bool { return slices.Equal(r.Key, s.Key) }

// ReadKernels reads rows from a text of the Go benchmark format; file names it
// in errors.
func ReadKernels(r io.Reader, file string) ([]KernelRow, error) {
	var rows []KernelRow
	br := benchfmt.NewReader(r, file)
	for br.Scan() {
		switch rec := br.Result().(type) {
		case *benchfmt.SyntaxError:
			return nil, rec
		case *benchfmt.Result:
			row, err := kernelRow(rec)
			if err != nil {
				return nil, err
			}
			rows = append(rows, row)
		}
	}
	return rows, br.Err()
}

func kernelRow(rec *benchfmt.Result) (KernelRow, error) {
	base, parts := rec.Name.Parts()
	row := KernelRow{Bench: string(base), N: int64(rec.Iters)}
	for _, p := range parts {
		key, value, ok := strings.Cut(strings.TrimPrefix(string(p), "/"), "=")
		if !ok {
			file, line := rec.Pos()
			return row, fmt.Errorf("%s:%d: part %q of a name is not key=value", file, line, p)
		}
		row.Params = append(row.Params, Param{key, value})
	}
	for _, c := range rec.Config {
		row.Key = append(row.Key, Param{c.Key, string(c.Value)})
	}
	for _, v := range rec.Values {
		row.Values = append(row.Values, Value{v.Unit, v.Value})
	}
	return row, nil
}

// WriteKernels writes rows so that ReadKernels and benchstat read them.
func WriteKernels(w io.Writer, rows []KernelRow) error {
	b := bufio.NewWriter(w)
	var units []string
	for i := range rows {
		for _, v := range rows[i].Values {
			if !slices.Contains(units, v.Unit) {
				units = append(units, v.Unit)
				fmt.Fprintf(b, "Unit %s assume=exact\n", v.Unit)
			}
		}
	}
	for i := range rows {
		r := &rows[i]
		if i == 0 || !r.SameKey(&rows[i-1]) {
			fmt.Fprintln(b)
			if i > 0 {
				for _, p := range rows[i-1].Key {
					if r.Get(p.Key) == "" {
						fmt.Fprintf(b, "%s:\n", p.Key) // a key holds until it is taken back
					}
				}
			}
			for _, p := range r.Key {
				fmt.Fprintf(b, "%s: %s\n", p.Key, p.Value)
			}
		}
		writeLine(b, r.Name(), r.N, r.Values)
	}
	return b.Flush()
}

// KernelsFile is the record of real kernels that a run's report shows.
const KernelsFile = "kernels.txt"

//go:embed reference/kernels/*.txt
var kernelRecord embed.FS

// SaveKernels writes what is on record of real kernels, and of the models
// beside them, into a run's folder: its report stays a function of the folder.
// What the report has no use for is left out.
func SaveKernels(dir string) error {
	names, err := fs.Glob(kernelRecord, "reference/kernels/*.txt")
	if err != nil {
		return err
	}
	var rows []KernelRow
	for _, name := range names {
		f, err := kernelRecord.Open(name)
		if err != nil {
			return err
		}
		all, err := ReadKernels(f, name)
		if err != nil {
			return err
		}
		for _, r := range all {
			if slices.Contains([]string{"KernelVMABytes", "KernelLines", "KernelTail"}, r.Bench) {
				rows = append(rows, r)
			}
		}
	}
	return writeFile(filepath.Join(dir, KernelsFile), func(w io.Writer) error { return WriteKernels(w, rows) })
}

// Kernels reads the record of real kernels in a run's folder; nil and no error
// if it has none.
func (f *Folder) Kernels() ([]KernelRow, error) {
	file, err := os.Open(filepath.Join(f.Dir, KernelsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, plain(err)
	}
	defer file.Close()
	return ReadKernels(file, KernelsFile)
}
