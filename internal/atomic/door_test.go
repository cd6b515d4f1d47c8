//go:build !vmasim

package atomic

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	stdatomic "sync/atomic"
	"testing"
)

// In the ordinary build the types are those of sync/atomic: this compiles only
// if they are aliases, and identical types have identical code.
var (
	_ *stdatomic.Bool           = (*Bool)(nil)
	_ *stdatomic.Int32          = (*Int32)(nil)
	_ *stdatomic.Int64          = (*Int64)(nil)
	_ *stdatomic.Uint32         = (*Uint32)(nil)
	_ *stdatomic.Uint64         = (*Uint64)(nil)
	_ *stdatomic.Pointer[Int32] = (*Pointer[Int32])(nil)
)

// TestMachineCode compiles a small lock against this package and against
// sync/atomic and compares the instructions.
func TestMachineCode(t *testing.T) {
	src, err := os.ReadFile("testdata/door/lock.go")
	if err != nil {
		t.Fatal(err)
	}
	direct := strings.Replace(string(src), `"vmabench/internal/atomic"`, `"sync/atomic"`, 1)
	for _, f := range []struct{ from, to string }{
		{`atomic\.Load(?:Relaxed|Acquire)(?:\w+)\(&(\w+\.\w+)\)`, "$1.Load()"},
		{`atomic\.StoreRelease\w+\(&(\w+\.\w+), `, "$1.Store("},
		{`atomic\.AddRelease\w+\(&(\w+\.\w+), `, "$1.Add("},
		{`atomic\.CompareAndSwapAcquire\w+\(&(\w+\.\w+), `, "$1.CompareAndSwap("},
	} {
		direct = regexp.MustCompile(f.from).ReplaceAllString(direct, f.to)
	}
	file := filepath.Join(t.TempDir(), "lock.go")
	if err := os.WriteFile(file, []byte(direct), 0o644); err != nil {
		t.Fatal(err)
	}
	ours, std := functions(t, "testdata/door/lock.go"), functions(t, file)
	if len(std) < 8 {
		t.Fatalf("found %d functions in the compiler's listing, want 8 at least", len(std))
	}
	for name, want := range std {
		if got := ours[name]; got != want {
			t.Errorf("%s: machine code differs\nthrough the door:\n%s\nsync/atomic:\n%s", name, got, want)
		}
	}
}

var instruction = regexp.MustCompile(`^\t0x[0-9a-f]+ \d+ \([^)]*\)\t([A-Z0-9]+)\t?(.*)$`)

// functions compiles a file and returns each function's instructions, without
// what is no instruction: markers of inlined calls and jump targets' numbers.
func functions(t *testing.T, file string) map[string]string {
	out, err := exec.Command("go", "build", "-gcflags=-S", "-o", os.DevNull, file).CombinedOutput()
	if err != nil {
		if _, noGo := exec.LookPath("go"); noGo != nil {
			t.Skip("needs the go command, which is not in PATH")
		}
		t.Fatalf("go build %s: %v\n%s", file, err, out)
	}
	code := map[string]string{}
	name := ""
	for line := range strings.Lines(string(out)) {
		if before, _, ok := strings.Cut(line, " STEXT "); ok {
			name = before
			continue
		}
		m := instruction.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if name == "" || m == nil {
			continue
		}
		op, arg := m[1], m[2]
		switch {
		case op == "PCDATA" || op == "FUNCDATA" || op == "NOP" || op == "TEXT",
			op == "XCHGL" && arg == "AX, AX":
			continue
		case op[0] == 'J' && runtime.GOARCH == "amd64":
			arg = ""
		}
		code[name] += "\t" + op + "\t" + arg + "\n"
	}
	return code
}

// A Cell costs what a plain field costs.
func TestCellIsPlain(t *testing.T) {
	var c Cell[int]
	if n := testing.AllocsPerRun(10, func() { c.Set(c.Get() + 1) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
