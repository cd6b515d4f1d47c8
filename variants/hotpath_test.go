//go:build !vmasim

package variants_test

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"vmabench/variants"
)

// offHotPath are the functions that a fault of a resident page does not reach.
var offHotPath = regexp.MustCompile(`\.(Finish|growAndLock|setAnon|anonPrepare|ensureSlow|[wW]akeWriter|putForeign|\w*[sS]low|ReadLockKillable|DownReadKillable|wake)$`)

// TestHotPathIsStatic compiles the designs and follows Fault through all that a
// fault of a resident page may execute: it must not call through a register
// (an interface, a closure), and nothing of the runtime but what every function
// may need.
func TestHotPathIsStatic(t *testing.T) {
	calls := listCalls(t)
	for _, d := range variants.All() {
		root := "vmabench/variants/" + d.Name + ".(*space).Fault"
		if _, ok := calls[root]; !ok {
			t.Errorf("no %s in the listing", root)
			continue
		}
		seen := map[string]bool{}
		follow(t, calls, root, seen)
		if len(seen) < 4 {
			t.Errorf("%s: only %d functions followed: %v", d.Name, len(seen), seen)
		}
		// A design that enters or leaves by a call more than others pays 3 % of a
		// fault for how its source is cut into functions.
		for _, f := range []string{"DownReadTrylock", "UpRead"} {
			if seen["vmabench/internal/rwsem.(*RWSem)."+f] {
				t.Errorf("%s: %s is a call within a fault, past the inliner's budget", d.Name, f)
			}
		}
	}
}

var runtimeAllowed = regexp.MustCompile(`^runtime\.(morestack.*|panicBounds.*|panicIndex.*|panicdivide|memclrNoHeapPointers|gcWriteBarrier\d*|duffzero|duffcopy|wbZero|wbMove)$`)

func follow(t *testing.T, calls map[string][]string, f string, seen map[string]bool) {
	if seen[f] {
		return
	}
	seen[f] = true
	for _, target := range calls[f] {
		name, static := strings.CutSuffix(target, "(SB)")
		switch {
		case !static:
			t.Errorf("%s calls through %s", f, target)
		case strings.HasPrefix(name, "runtime."):
			if !runtimeAllowed.MatchString(name) {
				t.Errorf("%s calls %s", f, name)
			}
		case strings.HasPrefix(name, "vmabench/") && !offHotPath.MatchString(name):
			if _, listed := calls[name]; !listed && !strings.Contains(name, "cpuRelax") {
				t.Errorf("%s calls %s, which the listing lacks", f, name)
			}
			follow(t, calls, name, seen)
		}
	}
}

var callLine = regexp.MustCompile(`\tCALL\t(\S+)`)

// listCalls compiles what a fault runs and returns each function's calls.
func listCalls(t *testing.T) map[string][]string {
	goCmd, err := exec.LookPath("go")
	if err != nil {
		t.Skip("needs the go command, which is not in PATH")
	}
	args := []string{"build", "-gcflags=-S", "vmabench/internal/addrspace", "vmabench/internal/mm",
		"vmabench/internal/pgtable", "vmabench/internal/rwsem", "vmabench/internal/atomic"}
	for _, d := range variants.All() {
		args = append(args, "vmabench/variants/"+d.Name)
	}
	out, err := exec.Command(goCmd, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v", err)
	}
	calls, name := map[string][]string{}, ""
	for line := range strings.Lines(string(out)) {
		if f, _, ok := strings.Cut(line, " STEXT "); ok {
			name = f
			calls[name] = nil
		} else if m := callLine.FindStringSubmatch(line); m != nil {
			calls[name] = append(calls[name], m[1])
		}
	}
	return calls
}
