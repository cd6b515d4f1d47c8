package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// Writer appends trials to a run folder. It holds the folder's lock until
// Close or the end of the process; its methods may be called from any
// goroutine.
type Writer struct {
	mu    sync.Mutex
	dir   string
	run   *Run
	file  appendFile
	size  int64 // bytes of whole lines in file
	ids   map[string]bool
	units unitKinds
	notes []string
}

// appendFile is what Writer needs of trials.jsonl; a test puts a full disk in
// its place.
type appendFile interface {
	io.WriteCloser
	Sync() error
	Truncate(int64) error
}

// ErrTaken is wrapped by the error of a folder that holds a run already.
var ErrTaken = errors.New("already holds a run")

// Vacant returns an error if there is a run in dir, which need not exist.
func Vacant(dir string) error {
	_, err := os.Lstat(filepath.Join(dir, RunFile))
	switch {
	case err == nil:
		return fmt.Errorf("%s: %w; choose another folder", dir, ErrTaken)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	}
	return plain(err)
}

// Create makes the folder dir for a new run. It refuses a folder that already
// holds one, and one that another process is writing.
func Create(dir string, run *Run) (*Writer, error) {
	r := *run
	r.Format = FormatVersion
	if r.ID == "" {
		r.ID = filepath.Base(dir)
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, plain(err)
	}
	f, err := lockTrials(dir, os.O_CREATE)
	if err != nil {
		return nil, err
	}
	// Under the lock: two that start at once cannot both find the folder empty.
	if err := Vacant(dir); err != nil {
		f.Close()
		return nil, err
	}
	if st, err := f.Stat(); err != nil || st.Size() > 0 {
		f.Close()
		return nil, fmt.Errorf("%s: holds trials without a %s; choose another folder", dir, RunFile)
	}
	w := newWriter(dir, &r, f, nil)
	if err := w.writeRun(); err != nil {
		f.Close()
		return nil, plain(err)
	}
	return w, nil
}

func (w *Writer) writeRun() error {
	data, err := json.MarshalIndent(w.run, "", "\t")
	if err != nil {
		return err
	}
	return ReplaceFile(filepath.Join(w.dir, RunFile), append(data, '\n'))
}

// Note adds a warning about the whole run to its record.
func (w *Writer) Note(text string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.run.Notes = append(w.run.Notes, text)
	return plain(w.writeRun())
}

// Resume opens the run in dir to go on with it. It returns the trials that
// were completed; a torn last line is cut off, with a word in Notes.
func Resume(dir string) (*Writer, *Run, []Trial, error) {
	run, err := readRun(dir)
	if err != nil {
		return nil, nil, nil, err
	}
	f, err := lockTrials(dir, os.O_CREATE)
	if err != nil {
		return nil, nil, nil, err
	}
	folder, err := Open(dir)
	if err != nil {
		f.Close()
		return nil, nil, nil, err
	}
	w := newWriter(dir, run, f, folder.Trials)
	if w.size, err = cutTorn(f); err != nil {
		f.Close()
		return nil, nil, nil, plain(err)
	}
	w.notes = folder.Notes
	return w, run, folder.Trials, nil
}

func newWriter(dir string, run *Run, f appendFile, trials []Trial) *Writer {
	w := &Writer{dir: dir, run: run, file: f, ids: map[string]bool{}, units: unitKinds{}}
	for i := range trials {
		w.ids[trials[i].ID()] = true
		w.units.add(&trials[i]) // Open has checked it
	}
	return w
}

// lockTrials opens trials.jsonl and takes the lock that makes its holder the
// folder's only writer. The kernel drops it when the process ends, however it
// ends.
func lockTrials(dir string, flags int) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, TrialsFile), os.O_RDWR|os.O_APPEND|flags, 0o666)
	if err != nil {
		return nil, plain(err)
	}
	switch held, err := tryLock(f); {
	case err != nil:
		f.Close()
		return nil, fmt.Errorf("%s: cannot lock: %w", f.Name(), err)
	case held:
		f.Close()
		return nil, fmt.Errorf("%s: another run is being written here", dir)
	}
	return f, nil
}

// cutTorn truncates f after its last newline and returns its size.
func cutTorn(f *os.File) (int64, error) {
	data, err := os.ReadFile(f.Name())
	if err != nil {
		return 0, err
	}
	n := len(data)
	for n > 0 && data[n-1] != '\n' {
		n--
	}
	if n == len(data) {
		return int64(n), nil
	}
	if err := f.Truncate(int64(n)); err != nil {
		return 0, err
	}
	return int64(n), f.Sync()
}

// Notes say what Resume had to mend.
func (w *Writer) Notes() []string { return w.notes }

// Dir is the run's folder.
func (w *Writer) Dir() string { return w.dir }

// Add stores one completed trial: one write, then a flush to the disk, so
// that a kill at any moment loses at most the trial that was running. When it
// fails, the file is as it was before the call.
func (w *Writer) Add(t *Trial) error {
	if err := t.check(); err != nil {
		return fmt.Errorf("not stored: %w", err)
	}
	line, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("not stored: %s: %w", t.Name(), err)
	}
	line = append(line, '\n')

	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ids[t.ID()] {
		return fmt.Errorf("not stored: the run already has %s", t.ID())
	}
	if err := w.units.add(t); err != nil {
		return fmt.Errorf("not stored: %w", err)
	}
	_, err = w.file.Write(line)
	if err == nil {
		err = w.file.Sync()
	}
	if err != nil {
		err = fmt.Errorf("%s: %w; the %d trials before it are safe and the run can be resumed",
			filepath.Join(w.dir, TrialsFile), cause(err), len(w.ids))
		if terr := w.file.Truncate(w.size); terr != nil {
			err = fmt.Errorf("%w (and its torn last line stays: %v)", err, cause(terr))
		}
		return err
	}
	w.size += int64(len(line))
	w.ids[t.ID()] = true
	return nil
}

// Close writes the files that are made from the trials and gives the folder
// free. The record itself is already on the disk.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	f, err := Open(w.dir)
	if err == nil {
		err = f.Derive()
	}
	return errors.Join(err, w.file.Close())
}

// Derive writes bench.txt, events.txt and the *.hlog files from the trials.
func (f *Folder) Derive() error {
	if err := writeFile(filepath.Join(f.Dir, BenchFile), f.WriteBench); err != nil {
		return err
	}
	if err := writeFile(filepath.Join(f.Dir, EventsFile), f.WriteEvents); err != nil {
		return err
	}
	return f.writeHistLogs()
}

// writeFile replaces path by what write produces, or leaves it alone.
func writeFile(path string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return plain(ReplaceFile(path, b.Bytes()))
}
