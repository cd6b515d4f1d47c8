package variants_test

import (
	"go/format"
	"os"
	"strings"
	"testing"
)

// mailed are the places where the mail of December 2024 has something else than
// variants/sketch: what stands there, and what variants/sketch0 has instead, each
// behind the flaw that it is.
var mailed = []struct{ sketch, mail string }{
	{"package sketch\n", "// Code generated from variants/sketch by make designs. DO NOT EDIT.\n\npackage sketch0\n"},
	{"// vma is vm_area_struct with the count where the merged design has it.\n",
		"// vma is that of variants/sketch, and knows what is wrong with it.\n"},
	{"\tlockSeq atomic.Uint32\n\t_       uint32\n", "\tlockSeq atomic.Uint32\n\tflaws   flaws // immutable since the slab page was made\n\t_       [3]byte\n"},
	{"old := v.incNotZero()", "old := v.enter()"},
	{"if old == 0 {", "if old == 0 && v.flaws&fetchInc == 0 {"},
	{"// incNotZero adds a reader unless v is detached, and returns the count before.",
		"// enter adds a reader, as the mail has it to a detached v too, and returns the\n// count before."},
	{"incNotZero() uint32 {\n", "enter() uint32 {\n\tif v.flaws&fetchInc != 0 {\n\t\treturn atomic.AddAcquire32(&v.refcnt, one) - one\n\t}\n"},
	{"if n != me {", "if n != me || v.flaws&oneTarget != 0 {"},
	{"atomic.AddRelease32(&v.refcnt, 1<<32-me)\n\treturn nil",
		"off := uint32(me)\n\tif v.flaws&keepCount != 0 {\n\t\toff = writer\n\t}\n\tatomic.AddRelease32(&v.refcnt, -off)\n\treturn nil"},
	{"if v.refcnt.Add(minusOne) == 0 {", "if v.refcnt.Add(minusOne) == 0 || v.flaws&finalPut != 0 {"},
}

// TestSketch0InSync holds the lock of variants/sketch0 against the one that it is
// made from: but for the sentences of the mail, it must be the same.
func TestSketch0InSync(t *testing.T) {
	source, err := os.ReadFile("sketch/lock.go")
	if err != nil {
		t.Fatal(err)
	}
	text := string(source)
	for _, m := range mailed {
		if n := strings.Count(text, m.sketch); n != 1 {
			t.Fatalf("variants/sketch/lock.go has %q %d times, want once", m.sketch, n)
		}
		text = strings.Replace(text, m.sketch, m.mail, 1)
	}
	want, err := format.Source([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	const file = "sketch0/lock.go"
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, _ := os.ReadFile(file); string(have) != string(want) {
		t.Errorf("%s is not made from variants/sketch: make designs", file)
	}
}
