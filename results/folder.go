package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// DefaultRoot is the folder that holds run folders.
const DefaultRoot = "results"

// The files of a run folder. The first two are the record, the others are
// made from them.
const (
	RunFile    = "run.json"
	TrialsFile = "trials.jsonl"
	BenchFile  = "bench.txt"
	EventsFile = "events.txt"
)

// NewID returns the name of a run that starts at t. It names no host.
func NewID(t time.Time) string { return t.UTC().Format("2006-01-02-150405") }

// NewDir makes an empty folder of that name in root, or of name-2, name-3 and so
// on where it is taken, and returns its path. Two that ask at once get two.
func NewDir(root, name string) (string, error) {
	if err := os.MkdirAll(root, 0o777); err != nil {
		return "", plain(err)
	}
	dir := filepath.Join(root, name)
	for n := 2; ; n++ {
		err := os.Mkdir(dir, 0o777)
		if !errors.Is(err, fs.ErrExist) {
			return dir, plain(err)
		}
		dir = filepath.Join(root, fmt.Sprintf("%s-%d", name, n))
	}
}

// Folder is a run as read from its folder. Its trials are in the order in
// which they were completed.
type Folder struct {
	Dir    string
	Run    *Run
	Trials []Trial
	// Notes say what was wrong with the folder and could be mended.
	Notes []string
}

// Open reads the run in dir. A last line that was torn by a kill is left out
// with a note; any other damage is an error that names file and line.
func Open(dir string) (*Folder, error) {
	run, err := readRun(dir)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, TrialsFile)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, plain(err)
	}
	trials, whole, err := parseTrials(path, data)
	if err != nil {
		return nil, err
	}
	f := &Folder{Dir: dir, Run: run, Trials: trials}
	if whole < len(data) {
		f.Notes = append(f.Notes, tornNote(len(trials), len(data)-whole))
	}
	return f, nil
}

func tornNote(trials, bytes int) string {
	return fmt.Sprintf("%s: the last line is torn (%d bytes after trial %d): the run was killed while it wrote",
		TrialsFile, bytes, trials)
}

func readRun(dir string) (*Run, error) {
	path := filepath.Join(dir, RunFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(dir); err != nil {
			return nil, plain(err)
		}
		return nil, fmt.Errorf("%s: no %s: not the folder of a run", dir, RunFile)
	}
	if err != nil {
		return nil, plain(err)
	}
	return parseRun(path, data)
}

func parseRun(path string, data []byte) (*Run, error) {
	// The version first, alone: a newer file may differ in everything else.
	var head struct{ Format *int }
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("%s:%d: %s", path, errorLine(data, err), jsonReason(err))
	}
	switch {
	case head.Format == nil:
		return nil, fmt.Errorf("%s: no Format: not the record of a run", path)
	case *head.Format > FormatVersion:
		return nil, fmt.Errorf("%s: format %d is from a newer vmabench; this one reads up to %d", path, *head.Format, FormatVersion)
	case *head.Format < 1:
		return nil, fmt.Errorf("%s: format %d is not a format", path, *head.Format)
	}
	run := new(Run)
	if err := json.Unmarshal(data, run); err != nil {
		return nil, fmt.Errorf("%s:%d: %s", path, errorLine(data, err), jsonReason(err))
	}
	if err := run.check(); err != nil {
		return nil, fmt.Errorf("%s: %v", path, err)
	}
	return run, nil
}

// parseTrials reads the whole lines of data and returns how many bytes they
// are. What follows the last newline was never completed.
func parseTrials(path string, data []byte) (trials []Trial, whole int, err error) {
	ids := map[string]int{}
	units := unitKinds{}
	for line := 1; ; line++ {
		n := bytes.IndexByte(data[whole:], '\n')
		if n < 0 {
			return trials, whole, nil
		}
		var t Trial
		err := json.Unmarshal(data[whole:whole+n], &t)
		if err != nil {
			return nil, 0, fmt.Errorf("%s:%d: %s", path, line, jsonReason(err))
		}
		if err = t.check(); err == nil {
			err = units.add(&t)
		}
		if err != nil {
			return nil, 0, fmt.Errorf("%s:%d: not a trial: %v", path, line, err)
		}
		if first, ok := ids[t.ID()]; ok {
			return nil, 0, fmt.Errorf("%s:%d: %s is already on line %d", path, line, t.ID(), first)
		}
		ids[t.ID()] = line
		trials = append(trials, t)
		whole += n + 1
	}
}

// unitKinds says which kind of trial a sample belongs to. Trials of two kinds
// are two experiments; under one name and unit a reader of bench.txt would
// pool them.
type unitKinds map[string]Kind

func (u unitKinds) add(t *Trial) error {
	for _, v := range t.Values {
		key := t.Name() + " " + v.Unit
		if k, ok := u[key]; ok && k != t.Kind {
			return fmt.Errorf("%s in %s is a sample of %s and of %s trials: two experiments need two names", t.Name(), v.Unit, k, t.Kind)
		}
		u[key] = t.Kind
	}
	return nil
}

// errorLine is the line of data in which the decoder stopped, from 1.
func errorLine(data []byte, err error) int {
	at := int64(len(data))
	var syn *json.SyntaxError
	var typ *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syn):
		at = syn.Offset
	case errors.As(err, &typ):
		at = typ.Offset
	}
	at = min(at, int64(len(data)))
	return 1 + bytes.Count(data[:at], []byte{'\n'})
}

func jsonReason(err error) string {
	var typ *json.UnmarshalTypeError
	if errors.As(err, &typ) {
		return fmt.Sprintf("a %s where %s belongs", typ.Value, typ.Field)
	}
	return "not JSON or truncated: " + err.Error()
}

// plain turns "open dir/run.json: permission denied" into
// "dir/run.json: permission denied".
func plain(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return fmt.Errorf("%s: %w", pe.Path, pe.Err)
	}
	return err
}
