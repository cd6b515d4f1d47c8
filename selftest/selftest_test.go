package selftest

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"vmabench/results"
	"vmabench/vmm"
	"vmabench/vmm/vmmtest"
)

// base is a design that counts its faults.
type base struct {
	null
	faults int
}

func (b *base) Fault(*vmm.Task, vmm.Addr, vmm.Access) error { b.faults++; return nil }

type baseMachine struct{ v *base }

func (m baseMachine) NewVMM(*vmm.Task) vmm.VMM { return m.v }
func (baseMachine) Quiesce(*vmm.Task)          {}

// TestSlower: a slowdown of n per cent does n per cent more faults, exactly.
func TestSlower(t *testing.T) {
	task := vmm.NewTask()
	defer task.Release()
	for _, s := range append(slowdowns, struct {
		name  string
		share float64
		every uint32
	}{sameName, 0, 0}) {
		b := &base{}
		find := Subjects(func(string) (vmm.Design, bool) {
			return vmm.Design{Name: Base, New: func(vmm.Config) vmm.Machine { return baseMachine{b} }}, true
		})
		d, ok := find(s.name)
		if !ok || d.Name != s.name {
			t.Fatalf("%s: %v, %v", s.name, d.Name, ok)
		}
		v := d.New(vmm.Config{}).NewVMM(task)
		for range 1000 {
			if err := v.Fault(task, 0, 0); err != nil {
				t.Fatal(err)
			}
		}
		if want := 1000 + int(1000*s.share); b.faults != want {
			t.Errorf("%s: %d faults, want %d", s.name, b.faults, want)
		}
	}
}

func TestSubjects(t *testing.T) {
	find := Subjects(func(string) (vmm.Design, bool) { return vmm.Design{}, false })
	for _, b := range vmmtest.Broken {
		if d, ok := find(b.Name); !ok || d.Name != b.Name {
			t.Errorf("%s is not found", b.Name)
		}
	}
	if _, ok := find("nothing"); ok {
		t.Error("a subject that does not exist was found")
	}
}

// pool writes a run in which the slowed subjects are slower by exactly their
// share times effect, under noise of the given width.
func pool(t *testing.T, effect, noise float64, spoil ...func(*results.Trial)) *results.Folder {
	t.Helper()
	dir := t.TempDir() + "/run"
	p, err := Plan(Repetitions, 1, false)
	if err != nil {
		t.Fatal(err)
	}
	run := &results.Run{Created: "2026-01-02T03:04:05Z", Baseline: sameName}
	for _, n := range Names() {
		run.Designs = append(run.Designs, results.DesignInfo{Name: n})
	}
	w, err := results.Create(dir, run)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, s := range p.Trials {
		ns := 30.0
		for _, sl := range slowdowns {
			if sl.name == s.Design {
				ns *= 1 + sl.share*effect
			}
		}
		tr := &results.Trial{
			Bench: "Fault", Kind: s.Kind, Procs: s.Procs, Rep: s.Rep, Seed: s.Seed, Started: "2026-01-02T03:04:05Z", Ops: 1000,
			Params: []results.Param{{Key: "variant", Value: s.Design}, {Key: "workload", Value: s.Workload.Name}},
			Values: []results.Value{{Unit: "ns/op", Value: ns * (1 + noise*rng.NormFloat64())}},
			Guard:  results.Guard{OK: true, CPUShare: 1},
		}
		for _, f := range spoil {
			f(tr)
		}
		if err := w.Add(tr); err != nil {
			t.Fatal(err)
		}
	}
	return closed(t, w)
}

// closed returns the run that w wrote.
func closed(t *testing.T, w *results.Writer) *results.Folder {
	t.Helper()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := results.Open(w.Dir())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestJudge: a known effect is found, and one that is not there is missed and
// said to be.
func TestJudge(t *testing.T) {
	var r Report
	r.Judge(pool(t, 1, 0.01))
	if r.BoundaryNS < 25 || r.BoundaryNS > 35 {
		t.Errorf("the null address space took 30 ns, the report says %.2f", r.BoundaryNS)
	}
	if len(r.Failures) > 0 || len(r.Warnings) > 0 || r.Smallest == 0 || r.Smallest > 0.05 || r.Alarms > 0.1 {
		t.Errorf("true slowdowns: %+v", r)
	}
	var blind Report
	blind.Judge(pool(t, 0, 0.01))
	if len(r.AA) != 2 || len(r.Slow) != 8 || len(r.Found) != 4 || r.Families.Tests != 6 || r.Disturbed != "" {
		t.Errorf("rows, slowdowns: %+v", r)
	}
	if len(blind.Failures) == 0 || !blind.NothingReaches || len(blind.Warnings) < 4 {
		t.Errorf("slowdowns that are none: %+v", blind)
	}
	var b bytes.Buffer
	blind.Write(&b)
	if !strings.Contains(b.String(), "FAILED") || !strings.Contains(b.String(), "no slowdown") {
		t.Errorf("the report does not say so:\n%s", b.String())
	}
}

// TestDisturbed: what a busy machine leaves is not enough to say anything, and
// that is not silent.
func TestDisturbed(t *testing.T) {
	var r Report
	r.Costs.Rounds = 100
	r.judgeCosts()
	if r.Judge(pool(t, 1, 0.01, func(tr *results.Trial) { tr.Guard.OK = tr.Procs != 2 || tr.Rep < runLength-1 })); r.Disturbed == "" || len(r.AA) > 0 {
		t.Errorf("19 of 60 pairs: %q", r.Disturbed)
	}
	if !strings.Contains(r.Disturbed, "19 of 60") || strings.Contains(r.Disturbed, "GOMAXPROCS 1") || strings.Contains(r.Disturbed, "costs") {
		t.Errorf("%q", r.Disturbed)
	}
	var enough Report
	if enough.Judge(pool(t, 1, 0.01, func(tr *results.Trial) { tr.Guard.OK = tr.Rep < 40 })); enough.Disturbed != "" || enough.AA[0].Blocks != 40 || enough.AA[0].LeftOut != 20 {
		t.Errorf("40 of 60 pairs: %q, %+v", enough.Disturbed, enough.AA)
	}
	var costs Report
	costs.judgeCosts()
	var b bytes.Buffer
	costs.Write(&b)
	if !strings.Contains(costs.Disturbed, "costs") || !strings.Contains(b.String(), "DISTURBED") || strings.Contains(b.String(), "passed") {
		t.Errorf("no rounds: %q\n%s", costs.Disturbed, b.String())
	}
}
