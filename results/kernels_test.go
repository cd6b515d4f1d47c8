package results

import (
	"os"
	"strings"
	"testing"
)

// TestKernelsRoundTrip: what is written is read back the same, keys that end
// with a kernel too.
func TestKernelsRoundTrip(t *testing.T) {
	rows := []KernelRow{
		{Key: []Param{{"kernel", "6.1.0-56"}, {"plugin", "q=50"}}, Bench: "KernelLines", Params: []Param{{"design", "mmaponly"}, {"threads", "4"}}, N: 8000,
			Values: []Value{{"insn/op", 1250}, {"lines/op", 3.26}}},
		{Key: []Param{{"kernel", "7.3.4"}}, Bench: "KernelLines", Params: []Param{{"design", "refcount"}}, N: 1, Values: []Value{{"lines/op", 0.013}}},
	}
	var b strings.Builder
	if err := WriteKernels(&b, rows); err != nil {
		t.Fatal(err)
	}
	again, err := ReadKernels(strings.NewReader(b.String()), "test")
	if err != nil {
		t.Fatal(err)
	}
	var c strings.Builder
	if err := WriteKernels(&c, again); err != nil {
		t.Fatal(err)
	}
	if b.String() != c.String() || len(again) != 2 || !again[1].SameKey(&rows[1]) {
		t.Errorf("wrote\n%sand read\n%s", b.String(), c.String())
	}
	if _, err := ReadKernels(strings.NewReader("BenchmarkX/part 1 2 B\n"), "test"); err == nil {
		t.Error("a part without a key, and no error")
	}
}

// TestSaveKernels: a run's folder gets the record, and an old one has none.
func TestSaveKernels(t *testing.T) {
	f := &Folder{Dir: t.TempDir()}
	if rows, err := f.Kernels(); err != nil || rows != nil {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	if err := SaveKernels(f.Dir); err != nil {
		t.Fatal(err)
	}
	rows, err := f.Kernels()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for i := range rows {
		found[rows[i].Bench+" "+rows[i].Get("design")] = true
	}
	for _, d := range []string{"mmaponly", "rwsem", "refcount"} {
		for _, b := range []string{"KernelVMABytes ", "KernelLines ", "KernelTail "} {
			if !found[b+d] {
				t.Errorf("no %s%s", b, d)
			}
		}
	}
	if data, err := os.ReadFile(f.Dir + "/" + KernelsFile); err != nil || strings.Contains(string(data), "KernelFunction") {
		t.Errorf("%v, or functions are in it", err)
	}
}
