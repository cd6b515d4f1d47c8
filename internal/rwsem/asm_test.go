//go:build amd64 && !race && !vmasim

package rwsem

import (
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestFastPathCode reads the machine code of the fast paths: the atomic
// instructions are the kernel's, the owner is written by a plain store (an
// XCHG would cost about as much as the lock itself), and the only calls are
// direct ones to a slow path.
func TestFastPathCode(t *testing.T) {
	out, err := exec.Command("go", "build", "-gcflags=-S", ".").CombinedOutput()
	if err != nil {
		t.Skipf("needs the go command: %v\n%s", err, out)
	}
	const pkg = "vmabench/internal/rwsem."
	for _, tt := range []struct {
		fn    string
		rmws  []string
		calls []string
	}{
		{"(*RWSem).DownRead", []string{"XADDQ"}, []string{pkg + "(*RWSem).downReadSlow"}},
		{"(*RWSem).DownReadTrylock", []string{"CMPXCHGQ"}, nil},
		{"(*RWSem).UpRead", []string{"XADDQ"}, []string{pkg + "(*RWSem).upReadSlow"}},
		{"(*RWSem).DownWrite", []string{"CMPXCHGQ"}, []string{pkg + "(*RWSem).downWriteSlow"}},
		{"(*RWSem).DownWriteTrylock", []string{"CMPXCHGQ"}, nil},
		{"(*RWSem).UpWrite", []string{"XADDQ"}, []string{pkg + "(*RWSem).wake"}},
	} {
		code := function(string(out), pkg+tt.fn)
		if code == "" {
			t.Errorf("%s: not in the compiler's listing", tt.fn)
			continue
		}
		var rmws, calls []string
		for _, m := range instruction.FindAllStringSubmatch(code, -1) {
			switch op, arg := m[1], m[2]; {
			case strings.HasPrefix(op, "XADD"), strings.HasPrefix(op, "CMPXCHG"):
				rmws = append(rmws, op)
			case strings.HasPrefix(op, "XCHG") && strings.Contains(arg, "("):
				rmws = append(rmws, op)
			case op == "CALL" && !strings.HasPrefix(arg, "runtime.morestack"):
				calls = append(calls, strings.TrimSuffix(arg, "(SB)"))
			}
		}
		if !slices.Equal(rmws, tt.rmws) {
			t.Errorf("%s: atomic instructions %v, want %v", tt.fn, rmws, tt.rmws)
		}
		if !slices.Equal(calls, tt.calls) {
			t.Errorf("%s: calls %v, want %v", tt.fn, calls, tt.calls)
		}
	}
}

var instruction = regexp.MustCompile(`(?m)^\s+0x[0-9a-f]+ \d+ \([^)]*\)[ \t]+([A-Z0-9]+)[ \t]*(.*)$`)

// function cuts one function's instructions out of the compiler's listing.
func function(listing, name string) string {
	_, body, ok := strings.Cut("\n"+listing, "\n"+name+" STEXT")
	if !ok {
		return ""
	}
	if i := strings.Index(body, " STEXT"); i >= 0 {
		body = body[:i]
	}
	return body
}
