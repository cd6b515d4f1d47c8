package lint

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// lockCode is what the engines must be able to see through: these folders, and
// each folder under variants.
var lockCode = []string{"internal/rwsem", "internal/mm", "internal/pgtable", "internal/addrspace"}

// controls are the variants that do without the door, and why. They are not
// checked and not simulated.
var controls = map[string]string{
	"variants/control": "locks of package sync and of xsync: what a Go programmer would take instead",
	"variants/linux":   "the running kernel: it has no lock source here",
}

// forbidden are imports with which code acts behind an engine's back.
var forbidden = map[string]string{
	"sync":         "shared memory goes through internal/atomic",
	"sync/atomic":  "shared memory goes through internal/atomic",
	"time":         "the clock is atomic.Now",
	"math/rand":    "an execution must be repeatable",
	"math/rand/v2": "an execution must be repeatable",
	"runtime":      "goroutines and CPUs are the engine's",
}

func TestLockCodeUsesTheDoor(t *testing.T) {
	root := "../.."
	dirs := slices.Clone(lockCode)
	entries, err := os.ReadDir(filepath.Join(root, "variants"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() {
			dirs = append(dirs, "variants/"+e.Name())
		}
	}
	for dir := range controls {
		if !slices.Contains(dirs, dir) {
			t.Errorf("the control %s does not exist", dir)
		}
	}
	for _, dir := range dirs {
		if controls[dir] != "" {
			continue
		}
		files, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			for _, complaint := range behindTheDoor(f, nil) {
				t.Error(complaint)
			}
		}
	}
}

// behindTheDoor returns what in a file an engine would not see. src, if not
// nil, stands for the file's content.
func behindTheDoor(file string, src any) (complaints []string) {
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, file, src, parser.SkipObjectResolution)
	if err != nil {
		return []string{err.Error()}
	}
	complain := func(p token.Pos, format string, args ...any) {
		complaints = append(complaints, fmt.Sprintf("%v: ", set.Position(p))+fmt.Sprintf(format, args...))
	}
	for _, im := range f.Imports {
		path, _ := strconv.Unquote(im.Path.Value)
		if path == "unsafe" && im.Name != nil {
			complain(im.Pos(), "unsafe under another name")
		}
		if why, bad := forbidden[path]; bad {
			complain(im.Pos(), "import of %s: %s", path, why)
		}
	}
	unsafeFile := strings.HasSuffix(file, "_unsafe.go")
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			// Sizes and offsets are constants; the rest reaches past the types.
			if x, ok := n.X.(*ast.Ident); ok && x.Name == "unsafe" && !unsafeFile &&
				n.Sel.Name != "Sizeof" && n.Sel.Name != "Offsetof" && n.Sel.Name != "Alignof" {
				complain(n.Pos(), "unsafe.%s in a file whose name does not end in _unsafe.go", n.Sel.Name)
			}
		case *ast.GoStmt:
			complain(n.Pos(), "go statement")
		case *ast.ChanType:
			complain(n.Pos(), "channel")
		case *ast.SendStmt:
			complain(n.Pos(), "send")
		case *ast.SelectStmt:
			complain(n.Pos(), "select")
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				complain(n.Pos(), "receive")
			}
		}
		return true
	})
	return complaints
}

func TestBehindTheDoor(t *testing.T) {
	for _, tt := range []struct {
		file, body string
		want       string // the complaint, "" for none
	}{
		{"x.go", `import "sync"`, "import of sync:"},
		{"x.go", `import a "sync/atomic"`, "import of sync/atomic:"},
		{"x.go", `import . "time"`, "import of time:"},
		{"x.go", `import "unsafe"; type p = unsafe.Pointer`, "unsafe.Pointer in a file"},
		{"x.go", `import u "unsafe"; type p = u.Pointer`, "another name"},
		{"x_unsafe.go", `import "unsafe"; type p = unsafe.Pointer`, ""},
		{"x.go", `import "unsafe"; const n = unsafe.Sizeof(0)`, ""},
		{"x.go", `import "vmabench/internal/atomic"`, ""},
		{"x.go", `func f() { go f() }`, "go statement"},
		{"x.go", `var c chan int`, "channel"},
		{"x.go", `func f(c C) { c <- 1 }`, "send"},
		{"x.go", `func f(c C) int { return <-c }`, "receive"},
		{"x.go", `func f() { select {} }`, "select"},
		{"x.go", `func f(`, "expected"},
	} {
		got := strings.Join(behindTheDoor(tt.file, "package x\n"+tt.body), "; ")
		if (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %s: complaint %q, want %q", tt.file, tt.body, got, tt.want)
		}
	}
}
