package selftest

import (
	"path/filepath"
	"testing"

	"vmabench/results"
)

// sideOf writes a run of one benchmark that takes ns, a little more each time.
func sideOf(t *testing.T, root, name, other string, ns float64, rejected int) *results.Folder {
	t.Helper()
	dir := filepath.Join(root, name)
	w, err := results.Create(dir, &results.Run{ID: name, Created: "2026-01-02T03:04:05Z", Interleaved: other,
		Designs: []results.DesignInfo{{Name: "a"}}, Plan: results.PlanInfo{Count: 12}})
	if err != nil {
		t.Fatal(err)
	}
	for rep := range 12 {
		tr := &results.Trial{Bench: "Fault", Kind: results.Throughput, Procs: 1, Rep: rep, Ops: 1, Started: "2026-01-02T03:04:05Z",
			Params: []results.Param{{Key: "variant", Value: "a"}}, Guard: results.Guard{OK: rejected == 0, Why: "busy", Slices: 10, Rejected: rejected},
			Values: []results.Value{{Unit: "ns/op", Value: ns * (1 + 0.001*float64(rep%5))}, {Unit: "ops/s", Value: 1e9 / ns}}}
		if tr.Guard.OK {
			tr.Guard.Why = ""
		}
		if err := w.Add(tr); err != nil {
			t.Fatal(err)
		}
	}
	return closed(t, w)
}

// TestJudgeBusy: a benchmark that takes the same beside the loops agrees, one
// that takes more does not, and the disturbance is counted.
func TestJudgeBusy(t *testing.T) {
	for beside, agree := range map[float64]int{100: 1, 110: 0} {
		root := t.TempDir()
		b := JudgeBusy(sideOf(t, root, "alone", "beside", 100, 0), sideOf(t, root, "beside", "alone", beside, 3))
		if len(b.Cells) != 1 || b.Agree != agree || b.Differ != 1-agree || b.Cells[0].Agree != (agree == 1) {
			t.Errorf("100 ns and %v ns: %+v", beside, b)
		}
		if b.Idle != (Quiet{Trials: 12, Slices: 120}) || b.Beside != (Quiet{Trials: 12, Disturbed: 12, Slices: 120, Rejected: 36}) || b.Count != 12 {
			t.Errorf("quiet %+v, busy %+v", b.Idle, b.Beside)
		}
	}
}

// TestBusyPlan: each trial alone and beside the loops, in one group.
func TestBusyPlan(t *testing.T) {
	p, err := BusyPlan([]string{"a", "b"}, 2, 1, true)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(p.Trials); i += 2 {
		a, b := p.Trials[i], p.Trials[i+1]
		if a.ID() != b.ID() || a.Build == b.Build || a.Group != b.Group || !a.FIFO {
			t.Errorf("%s and %s: builds %d and %d in groups %d and %d", a.ID(), b.ID(), a.Build, b.Build, a.Group, b.Group)
		}
	}
}
