package plots

import (
	"slices"
	"strings"
	"testing"

	"vmabench/results"
)

// A run in which one design became slower is a change of that design, in the
// table and as a line at its commit.
func TestHistory(t *testing.T) {
	var runs []*results.Folder
	for i, commit := range []string{"aaaaaaa1", "bbbbbbb2", "ccccccc3"} {
		run := synthRun()
		run.Created, run.Commit = "2026-01-0"+string(rune('1'+i))+"T00:00:00Z", commit
		run.Plan.Workloads, run.Plan.Procs, run.Designs = run.Plan.Workloads[:1], []int{1, 2}, run.Designs[:3]
		f := synthOf(t, run)
		for j := range f.Trials {
			if x := &f.Trials[j]; i == 2 && x.Param("variant") == "refcount" && x.Kind == results.Throughput && x.Procs == 2 {
				x.Values[0].Value *= 1.3
			}
		}
		runs = append(runs, f)
	}
	h, err := newHistory(runs)
	if err != nil {
		t.Fatal(err)
	}
	fig := h.figure(looks[0])
	if !strings.Contains(fig.Title, "1 change between 3 runs, the largest +30.0 % (refcount, pft, GOMAXPROCS 2, at ccccccc)") || !strings.Contains(string(fig.Body), "<td>refcount<td>bbbbbbb<td>ccccccc<td>+30.0 %<td>") {
		t.Errorf("%s: %s", fig.Title, fig.Body)
	}
	for _, p := range fig.Panels {
		want := 0
		if strings.HasSuffix(p.Title, "GOMAXPROCS 2") {
			want = 1
		}
		if len(p.Lines) != want || want == 1 && p.Lines[0].X != 2 {
			t.Errorf("%s: lines %+v", p.Title, p.Lines)
		}
	}
	for i, want := range map[int]string{1: "p99", 2: "1,000 VMAs"} {
		fig := h.figure(looks[i])
		if !strings.Contains(fig.Title, ": no change shown between 3 runs") || !slices.ContainsFunc(fig.Panels, func(p Panel) bool { return strings.HasSuffix(p.Title, want) }) {
			t.Errorf("%s lacks a panel of %s among %d", fig.Title, want, len(fig.Panels))
		}
	}
}
