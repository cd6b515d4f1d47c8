package kernels

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"vmabench/results"
)

var guestReports = []string{
	"report KernelLines/design=rwsem/fault=user/vmas=own/threads=4",
	"report KernelTail/design=rwsem/fault=user/writer=mmap/threads=1 360 writer-ops",
}

// plugged is what the plugin writes: 4 windows, of which the counts of 2 are kept.
func plugged(lines int) string {
	return fmt.Sprintf(`report 4 2 1000000 0
lengths 10 20 30 400
function down_read_trylock 38 2 %d
function _raw_spin_lock 16 2 0
function mas_walk 400 0 1
end
report 3 3 500000 2
lengths 5 6 7
function up_read 36 3 1
end
`, lines)
}

func TestJoinReports(t *testing.T) {
	rs, err := joinReports(guestReports, plugged(6))
	if err != nil {
		t.Fatal(err)
	}
	if r := rs[0]; r.kept != 2 || r.span != 1e6 || len(r.lengths) != 4 || len(r.functions) != 3 || r.functions[0] != (function{"down_read_trylock", 38, 2, 6}) {
		t.Errorf("%+v", r)
	}
	if r := rs[1]; r.slips != 2 || len(r.values) != 1 || r.values[0] != (results.Value{Unit: "writer-ops", Value: 360}) {
		t.Errorf("%+v", r)
	}
	for name, text := range map[string]string{
		"one less":     plugged(6)[:strings.Index(plugged(6), "report 3")],
		"one more":     plugged(6) + "report 1 1 1 1\n",
		"a word":       strings.Replace(plugged(6), "1000000", "soon", 1),
		"another line": plugged(6) + "moon 1\n",
	} {
		if _, err := joinReports(guestReports, text); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestSummarize: counts are per window kept, their range is over the boots,
// percentiles are of all windows.
func TestSummarize(t *testing.T) {
	var boots [][]report
	for _, lines := range []int{6, 2, 4} {
		rs, err := joinReports(guestReports, plugged(lines))
		if err != nil {
			t.Fatal(err)
		}
		boots = append(boots, rs)
	}
	rows, err := summarize(boots)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]map[string]float64{
		"KernelLines/design=rwsem/fault=user/vmas=own/threads=4": {"insn/op": 227, "rmw/op": 2, "pagetable_rmw/op": 1,
			"lines/op": 2.5, "lines-least/op": 1.5, "lines-most/op": 3.5, "lock_lines/op": 2, "lock_lines-most/op": 3, "slips": 0},
		"KernelFunction/design=rwsem/fault=user/vmas=own/threads=4/func=mas_walk": {"insn/op": 200},
		"KernelTail/design=rwsem/fault=user/writer=mmap/threads=1": {"p50-insn": 6, "p99-insn": 7, "ops/Minsn": 6,
			"writer-ops": 360, "writer-most-ops": 360, "slips": 6},
	}
	for name, values := range want {
		i := slices.IndexFunc(rows, func(r results.KernelRow) bool { return r.Name() == name })
		if i < 0 {
			t.Errorf("no %s", name)
			continue
		}
		for unit, v := range values {
			if got, ok := rows[i].Value(unit); !ok || got != v {
				t.Errorf("%s: %v %s, want %v", name, got, unit, v)
			}
		}
	}
	if rows[1].Get("func") != "mas_walk" {
		t.Errorf("functions do not begin with the longest: %v", rows[1])
	}
}

func TestApart(t *testing.T) {
	const g = "kernel: 6.1\nBenchmarkTail/x=1 9 5 p99-insn 4 p99-least-insn 6 p99-most-insn\n"
	for text, want := range map[string]int{
		g: 0,
		"kernel: 6.1\nBenchmarkTail/x=1 9 7 p99-insn 6 p99-least-insn 8 p99-most-insn\n":  0,
		"kernel: 6.1\nBenchmarkTail/x=1 9 8 p99-insn 7 p99-least-insn 8 p99-most-insn\n":  1,
		"kernel: 6.2\nBenchmarkTail/x=1 9 9 p99-insn 9 p99-least-insn 10 p99-most-insn\n": 0,
	} {
		if apart, _ := Apart(rows(t, g), rows(t, text)); len(apart) != want {
			t.Errorf("%q: %v, want %d", text, apart, want)
		}
	}
}

func TestUnpackSymbols(t *testing.T) {
	if _, err := unpackSymbols([]string{"symbols bm90IGd6aXA="}); err == nil {
		t.Error("text that is not compressed, and no error")
	}
}
