package manycore

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPresets(t *testing.T) {
	if n := len(Presets()); n < 8 {
		t.Errorf("%d presets, at least 8 wanted", n)
	}
	for _, name := range Presets() {
		if _, params, err := Load(name); err != nil || len(params) < 20 {
			t.Errorf("%s: %d parameters, %v", name, len(params), err)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"cores 4", "has no source"},
		{"cores four # guess", "bad value"},
		{"wings 2 # guess", "unknown parameter"},
		{"cores 4 # guess\ncores 4 # guess", "set twice"},
		{"cores -1 # guess", "bad value"},
		{"cores 4611686018427387905 # guess", "bad value"},
		{"dram NaN # guess", "bad value"},
		{"dram Inf # guess", "bad value"},
		{"sockets 4 # guess", "clusters is missing"}, // the first by name, always
	} {
		if _, _, err := Parse(strings.NewReader(c.text), "x"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.text, err, c.want)
		}
	}
}

// TestErrorsNameTheFile: as it was given, not the machine that it would be.
func TestErrorsNameTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.machine")
	if err := os.WriteFile(file, []byte("title x\nwings 2 # guess\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Load(file); err == nil || !strings.HasPrefix(err.Error(), file+":2: ") {
		t.Errorf("%v, want %s:2", err, file)
	}
}

func TestPlacement(t *testing.T) {
	m := &Machine{Sockets: 2, Clusters: 1, Cores: 14, Threads: 2}
	for _, c := range []struct {
		i, j int
		want Distance
	}{{0, 0, SameCPU}, {0, 28, SameCore}, {0, 13, SameCluster}, {0, 14, OtherSocket}, {13, 41, SameCore}} {
		if d := m.Distance(m.CPU(c.i), m.CPU(c.j)); d != c.want {
			t.Errorf("threads %d and %d: %s, want %s", c.i, c.j, d, c.want)
		}
	}
}

// TestNames: results could not be stored under these.
func TestNames(t *testing.T) {
	for _, name := range []string{"xeon-8870", "my-", "my machine", "a=b"} {
		if err := (&Machine{Name: name, Sockets: 1, Clusters: 1, Cores: 1, Threads: 1, SMTWork: 1}).check(); err == nil {
			t.Errorf("%q is taken", name)
		}
	}
}
