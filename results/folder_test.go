package results

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestRoundTrip(t *testing.T) {
	f := synthDir(t)
	if !reflect.DeepEqual(f.Run, synthRun()) {
		t.Errorf("run.json reads as %+v", f.Run)
	}
	if want := synthTrials(t); !reflect.DeepEqual(f.Trials, want) {
		t.Errorf("%d trials read, %d written, or their contents differ", len(f.Trials), len(want))
	}
	if len(f.Notes) != 0 {
		t.Errorf("notes on a whole folder: %q", f.Notes)
	}
}

// A file that is cut at any byte of its last line resumes with the lines
// before it, and the run goes on as if the last trial had never begun.
func TestTornLastLine(t *testing.T) {
	trials := synthTrials(t)[:4]
	dir := t.TempDir()
	writeRun(t, dir, synthRun(), trials)
	path := filepath.Join(dir, TrialsFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	last := bytes.LastIndexByte(whole[:len(whole)-1], '\n') + 1
	for cut := last; cut < len(whole); cut += 29 {
		if err := os.WriteFile(path, whole[:cut], 0o666); err != nil {
			t.Fatal(err)
		}
		f, err := Open(dir)
		if err != nil || len(f.Trials) != 3 || (len(f.Notes) == 1) != (cut > last) {
			t.Fatalf("cut at %d: Open: %v, %d trials, notes %q", cut, err, len(f.Trials), f.Notes)
		}
		w, _, have, err := Resume(dir)
		if err != nil || len(have) != 3 || (len(w.Notes()) == 1) != (cut > last) {
			t.Fatalf("cut at %d: Resume: %v, %d trials", cut, err, len(have))
		}
		if err := w.Add(&trials[2]); err == nil {
			t.Fatal("a trial that is on the record was added again")
		}
		if err := w.Add(&trials[3]); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(path); !bytes.Equal(got, whole) {
			t.Fatalf("cut at %d: the resumed file differs from the uninterrupted one", cut)
		}
	}
}

const killedDir = "RESULTS_TEST_KILLED_DIR"

// TestKilledWriter is the process that TestKill kills: it adds trials and
// prints the repetition of each that Add has stored.
func TestKilledWriter(t *testing.T) {
	dir := os.Getenv(killedDir)
	if dir == "" {
		t.Skip("run by TestKill")
	}
	w, run, have, err := Resume(dir)
	if run == nil {
		w, err = Create(dir, synthRun())
	}
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	trial := synthTrials(t)[5]
	for trial.Rep = len(have); ; trial.Rep++ {
		if err := w.Add(&trial); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		fmt.Println("stored", trial.Rep)
	}
}

// Kill -9 at any moment loses no trial that was stored and leaves a folder
// that the next process can go on with.
func TestKill(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	stored := -1
	for round := range 5 {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestKilledWriter$")
		cmd.Env = append(os.Environ(), killedDir+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for first := true; lines.Scan(); first = false {
			if first {
				time.AfterFunc(time.Duration(round)*3*time.Millisecond, func() { cmd.Process.Signal(syscall.SIGKILL) })
			}
			if n, err := fmt.Sscanf(lines.Text(), "stored %d", &stored); n != 1 {
				t.Fatalf("round %d: the writer said %q (%v)", round, lines.Text(), err)
			}
		}
		cmd.Wait() // killed
		f, err := Open(dir)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if len(f.Trials) <= stored {
			t.Fatalf("round %d: trial %d was stored, %d are on the record", round, stored, len(f.Trials))
		}
	}
}

func TestOneWriter(t *testing.T) {
	dir := t.TempDir()
	w, err := Create(dir, synthRun())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := Resume(dir); err == nil || !strings.Contains(err.Error(), "another run is being written here") {
		t.Errorf("a second writer: %v", err)
	}
	if _, err := Create(dir, synthRun()); err == nil {
		t.Error("a second writer created the folder again")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(dir, synthRun()); err == nil || !strings.Contains(err.Error(), "already holds a run") {
		t.Errorf("Create over a run: %v", err)
	}
	w, _, _, err = Resume(dir)
	if err != nil {
		t.Fatalf("after Close: %v", err)
	}
	w.Close()
}

// TestNewDir: two runs of one second have two folders.
func TestNewDir(t *testing.T) {
	root := filepath.Join(t.TempDir(), "results")
	for _, want := range []string{"now", "now-2", "now-3"} {
		dir, err := NewDir(root, "now")
		if err != nil || dir != filepath.Join(root, want) {
			t.Fatalf("%s, %v; want %s", dir, err, want)
		}
		w, err := Create(dir, synthRun())
		if err != nil {
			t.Fatal(err)
		}
		w.Close()
		if err := Vacant(dir); !errors.Is(err, ErrTaken) {
			t.Errorf("%s holds a run: %v", dir, err)
		}
	}
}

// fullDisk takes room bytes and then has no space left, in the middle of a line.
type fullDisk struct {
	*os.File
	room int
}

func (d *fullDisk) Write(p []byte) (int, error) {
	n := min(len(p), d.room)
	d.room -= n
	n, _ = d.File.Write(p[:n])
	if n < len(p) {
		return n, &os.PathError{Op: "write", Path: d.Name(), Err: syscall.ENOSPC}
	}
	return n, nil
}

func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	trials := synthTrials(t)[:6]
	w, err := Create(dir, synthRun())
	if err != nil {
		t.Fatal(err)
	}
	disk := &fullDisk{w.file.(*os.File), 1000}
	w.file = disk
	stored := 0
	for err == nil && stored < len(trials) {
		if err = w.Add(&trials[stored]); err == nil {
			stored++
		}
	}
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), fmt.Sprintf("the %d trials before it are safe", stored)) {
		t.Fatalf("on a full disk: %v", err)
	}
	if f, err := Open(dir); err != nil || len(f.Trials) != stored || len(f.Notes) != 0 {
		t.Fatalf("after it: %v, %d trials of %d, %q", err, len(f.Trials), stored, f.Notes)
	}
	disk.room = 1 << 20 // someone made room
	if err := w.Add(&trials[stored]); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if f, err := Open(dir); err != nil || len(f.Trials) != stored+1 {
		t.Fatalf("with room again: %v", err)
	}
}

func TestRefusedTrials(t *testing.T) {
	w, err := Create(t.TempDir(), synthRun())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	good := synthTrials(t)[5]
	if err := w.Add(&good); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Trial){
		"is not a measurement":        func(x *Trial) { x.Values = []Value{{"ns/op", math.NaN()}} },
		"+Inf ns/op":                  func(x *Trial) { x.Values = []Value{{"ns/op", math.Inf(1)}} },
		"-1 ns/op":                    func(x *Trial) { x.Values = []Value{{"ns/op", -1}} },
		"two values in ns/op":         func(x *Trial) { x.Values = []Value{{"ns/op", 1}, {"ns/op", 1}} },
		"unit \"ns per op\"":          func(x *Trial) { x.Values = []Value{{"ns per op", 1}} },
		"no values and no word why":   func(x *Trial) { x.Values = nil },
		"in the trace or the guard":   func(x *Trial) { x.Guard.Pressure = math.NaN() },
		"take it for GOMAXPROCS":      func(x *Trial) { x.Params = []Param{{"variant", "rw-2"}} },
		"only letters, digits":        func(x *Trial) { x.Params = []Param{{"variant", "rw lock"}} },
		"variant is not the first":    func(x *Trial) { x.Params = []Param{{"workload", "a"}, {"variant", "b"}} },
		"key \"workload\" twice":      func(x *Trial) { x.Params = []Param{{"workload", "a"}, {"workload", "b"}} },
		"key \"Vmas\"":                func(x *Trial) { x.Params = []Param{{"Vmas", "1"}} },
		"key \"gomaxprocs\"":          func(x *Trial) { x.Params = []Param{{"gomaxprocs", "1"}} },
		"benchmark name \"fault\"":    func(x *Trial) { x.Bench = "fault" },
		"unknown kind":                func(x *Trial) { x.Kind = "guess" },
		"procs 0":                     func(x *Trial) { x.Procs = 0 },
		"two experiments need two":    func(x *Trial) { x.Rep = 99; x.Kind = Latency },
		"the run already has":         func(x *Trial) {},
		"repetition -1":               func(x *Trial) { x.Rep = -1 },
		"ops -5":                      func(x *Trial) { x.Ops = -5 },
		"benchmark name \"Fa\\nult\"": func(x *Trial) { x.Bench = "Fa\nult" },
	} {
		bad := good
		spoil(&bad)
		if err := w.Add(&bad); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("want an error with %q, got %v", name, err)
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: more than one line: %v", name, err)
		}
	}
}

// Damage to a folder is one line that names file and line.
func TestDamage(t *testing.T) {
	for _, c := range []struct {
		file string
		edit func(string) string
		want string
	}{
		{TrialsFile, func(s string) string { return "{\"Bench\":\n" + s }, "trials.jsonl:1: not JSON or truncated"},
		{TrialsFile, func(s string) string { i := strings.IndexByte(s, '\n'); return s[:i+1] + "garbage\n" + s[i+1:] }, "trials.jsonl:2: not JSON"},
		{TrialsFile, func(s string) string { return s + s }, "is already on line"},
		{TrialsFile, func(s string) string { return s + "{\"a\":1}\n" }, "not a trial"},
		{TrialsFile, func(s string) string { return strings.Replace(s, `"Procs":1`, `"Procs":"one"`, 1) }, "a string where Procs belongs"},
		{RunFile, func(s string) string { return s[:len(s)/2] }, "run.json:"},
		{RunFile, func(string) string { return "PNG\x00\x01" }, "run.json:1: not JSON"},
		{RunFile, func(string) string { return "{\"name\": \"other\"}" }, "no Format"},
		{RunFile, func(string) string { return "[1, 2]" }, "run.json:1: "},
		{RunFile, func(s string) string { return strings.Replace(s, `"Format": 1`, `"Format": 2, "Trials": 7`, 1) }, "newer vmabench"},
		{RunFile, func(s string) string { return strings.Replace(s, `"rwsem"`, `"rw-2"`, 1) }, "take it for GOMAXPROCS"},
		{RunFile, func(s string) string { return strings.Replace(s, `"Baseline": "mmaponly"`, `"Baseline": "x"`, 1) }, "not among the designs"},
	} {
		dir := t.TempDir()
		writeRun(t, dir, synthRun(), synthTrials(t)[:3])
		path := filepath.Join(dir, c.file)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(c.edit(string(data))), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err = Open(dir)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("want one line with %q, got %v", c.want, err)
		}
		if w, _, _, err := Resume(dir); err == nil {
			w.Close()
			t.Errorf("%q: resumed all the same", c.want)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "nowhere")); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("a folder that is not there: %v", err)
	}
	if _, err := Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "not the folder of a run") {
		t.Errorf("a folder without a run: %v", err)
	}
}

func TestUnwritable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(filepath.Join(file, "run"), synthRun()); err == nil || !strings.Contains(err.Error(), "not a directory") {
		t.Errorf("a run below a file: %v", err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, TrialsFile), []byte("{}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(dir, synthRun()); err == nil || !strings.Contains(err.Error(), "holds trials without") {
		t.Errorf("a folder whose run.json was lost: %v", err)
	}
}

// What the readers accept, they accept again from what was written of it.
func FuzzTrials(f *testing.F) {
	for _, t := range synthTrials(f)[:4] {
		t.Hists = nil
		f.Add(mustJSON(f, t))
	}
	f.Add([]byte("{}\n"))
	f.Add([]byte("{\"Bench\":\"A\",\"Kind\":\"latency\",\"Procs\":1,\"Failed\":\"x\"}\ntorn"))
	f.Fuzz(func(t *testing.T, data []byte) {
		trials, whole, err := parseTrials("x", data)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("an error of several lines: %q", err)
			}
			return
		}
		if whole > len(data) || whole > 0 && data[whole-1] != '\n' {
			t.Errorf("%d bytes of whole lines in %q", whole, data)
		}
		var again []byte
		for i := range trials {
			again = append(again, mustJSON(t, trials[i])...)
		}
		back, _, err := parseTrials("x", again)
		if err != nil || len(back) != len(trials) {
			t.Errorf("written again: %v", err)
		}
		folder := &Folder{Run: synthRun(), Trials: trials}
		if err := folder.WriteBench(&bytes.Buffer{}); err != nil {
			t.Error(err)
		}
		Compare(folder, Options{})
	})
}

func FuzzRun(f *testing.F) {
	f.Add(mustJSON(f, synthRun()))
	f.Add([]byte(`{"Format": 1, "Designs": [{"Name": "a"}], "Plan": {"Shard": "1/2"}}`))
	f.Add([]byte(`{"Format": 99}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		run, err := parseRun("x", data)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("an error of several lines: %q", err)
			}
			return
		}
		if _, err := parseRun("x", mustJSON(t, run)); err != nil {
			t.Errorf("written again: %v", err)
		}
	})
}
