package trace_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vmabench/variants"
	"vmabench/vmm"
	"vmabench/vmm/vmmtest"
	"vmabench/workload/trace"
)

// recorded calls f with each committed trace.
func recorded(t *testing.T, f func(t *testing.T, tr *trace.Trace)) {
	files, err := filepath.Glob("testdata/*.trace.gz")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d traces in testdata (%v), want at least 5", len(files), err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".trace.gz"), func(t *testing.T) {
			tr, err := trace.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			f(t, tr)
		})
	}
}

// play performs tr on a new address space of d and returns its mappings.
func play(t *testing.T, d vmm.Design, tr *trace.Trace, how func(*trace.Trace, vmm.VMM) *trace.Played) ([]vmm.Mapping, *trace.Played) {
	t.Helper()
	task := vmm.NewTask()
	defer task.Release()
	v := d.New(vmm.Config{}).NewVMM(task)
	defer v.Exit(task)
	if err := tr.Build(v, task); err != nil {
		t.Fatalf("%s: %v", d.Name, err)
	}
	p := how(tr, v)
	if err := v.Check(task); err != nil {
		t.Fatalf("%s: %v", d.Name, err)
	}
	maps, err := v.Maps(task, nil)
	if err != nil {
		t.Fatalf("%s: %v", d.Name, err)
	}
	return maps, p
}

// canonical is what /proc/PID/maps shows of the mappings, whatever they are
// split into.
func canonical(maps []vmm.Mapping) []vmm.Mapping {
	maps = slices.Clone(maps)
	for i := range maps {
		maps[i].DontFork, maps[i].GrowsDown = false, false
	}
	return vmmtest.Canonical(maps)
}

// TestReplayEndsAsRecorded: every design ends each recorded process in the
// mappings that the kernel gave it, and no call fails that did not.
func TestReplayEndsAsRecorded(t *testing.T) {
	recorded(t, func(t *testing.T, tr *trace.Trace) {
		if err := tr.Verify(); err != nil {
			t.Fatal(err)
		}
		for _, d := range variants.All() {
			maps, p := play(t, d, tr, (*trace.Trace).Play)
			if all, calls := p.Failures(); calls > 0 || all > len(tr.Ops)/1000 {
				t.Errorf("%s: %d calls and %d faults failed: %v", d.Name, calls, all-calls, p.First)
			}
			if !slices.Equal(canonical(maps), canonical(tr.Final)) {
				t.Errorf("%s: %s", d.Name, trace.Diff(maps, tr.Final))
			}
		}
	})
}

// TestReplayNoticesALostCall leaves each call out in turn: a replay does not
// end as recorded exactly where the calls say that it cannot, so the test
// above can fail.
func TestReplayNoticesALostCall(t *testing.T) {
	whole, err := trace.ReadFile("testdata/python.trace.gz")
	if err != nil {
		t.Fatal(err)
	}
	d := variants.All()[0]
	tried, noticed := 0, 0
	for i, o := range whole.Ops {
		if o.Kind >= trace.Fault || o.Kind == trace.Madvise || o.Err != "" {
			continue
		}
		tried++
		lost := *whole
		lost.Ops = slices.Delete(slices.Clone(whole.Ops), i, i+1)
		maps, _ := play(t, d, &lost, (*trace.Trace).Play)
		bad := trace.Diff(maps, whole.Final) != ""
		if bad != (lost.Verify() != nil) {
			t.Errorf("without %v: the replay's end differs: %t, the calls say otherwise", &o, bad)
		}
		if bad {
			noticed++
		}
	}
	if noticed < tried/2 {
		t.Errorf("%d of %d lost calls were noticed", noticed, tried)
	}
}

// TestTimedReplay: with the timing of the recording and a goroutine for each
// thread, the one-threaded part of a trace ends as it was.
func TestTimedReplay(t *testing.T) {
	tr, err := trace.ReadFile("testdata/sqlite.trace.gz")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range variants.All()[:3] {
		maps, p := play(t, d, tr, (*trace.Trace).PlayTimed)
		if diff := trace.Diff(maps, tr.Final); diff != "" {
			t.Errorf("%s: %s", d.Name, diff)
		}
		if last := tr.Ops[len(tr.Ops)-1].At; p.Took < last {
			t.Errorf("%s: took %v, the recording %v", d.Name, p.Took, last)
		}
	}
}
