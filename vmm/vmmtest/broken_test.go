package vmmtest

import (
	"slices"
	"testing"

	"vmabench/internal/atomic"
)

// TestBroken: the suite catches each broken subject and calls it by its name.
func TestBroken(t *testing.T) {
	if atomic.Simulated {
		t.Skip("real threads are found out in the ordinary build")
	}
	for _, s := range Broken {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			vs := CheckDesign(s.Design, Options{First: true, Short: testing.Short()})
			if !slices.ContainsFunc(vs, func(v Violation) bool { return v.Kind == s.Breaks }) {
				t.Fatalf("a design that is %q was reported as %v", s.Breaks, vs)
			}
			t.Log(vs[0])
		})
	}
}

// TestShrink: what remains of a failing script is what fails, and no more.
func TestShrink(t *testing.T) {
	script := make([]int, 200)
	for i := range script {
		script[i] = i
	}
	fails := func(s []int) bool { return slices.Contains(s, 17) && slices.Contains(s, 133) }
	if got := Shrink(script, fails); !slices.Equal(got, []int{17, 133}) {
		t.Errorf("Shrink kept %v", got)
	}
}

// TestScriptText: a script reads back as it was written.
func TestScriptText(t *testing.T) {
	for seed := range uint64(20) {
		for _, op := range Generate(seed, 200) {
			back, err := ParseOp(op.String())
			if err != nil {
				t.Fatalf("%s: %v", op, err)
			}
			if back.String() != op.String() {
				t.Fatalf("%s was read as %s", op, back)
			}
		}
	}
	for _, bad := range []string{"mmap", "mmap(", "nonsense()", "munmap(top)", "munmap(top, 1p, 2p)",
		"fault(top, chew)", "mmap(0, 1p, zzz)", "mmap(0, 1p, rw-, sideways)", "sx.maps()", "brk(2q)"} {
		if _, err := ParseOp(bad); err == nil {
			t.Errorf("%q was read as an operation", bad)
		}
	}
}

func TestDiffLines(t *testing.T) {
	got := DiffLines("a\nb\nc\nd", "a\nc\nx\nd")
	if want := "  a\n- b\n  c\n+ x\n  d\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
