package trace_test

import (
	"encoding/json"
	"slices"
	"testing"

	"vmabench/variants"
	"vmabench/vmm"
	"vmabench/vmm/vmmtest"
	"vmabench/workload"
	"vmabench/workload/trace"
)

// do performs an op of a recorded stream.
func do(v vmm.VMM, task *vmm.Task, op workload.Op) (err error) {
	switch op.Kind() {
	case workload.Fault:
		err = v.Fault(task, op.Addr(), op.Access())
	case workload.MapAt:
		flags, file := vmm.MapFixed, vmm.File{}
		if op.Shared() {
			flags |= vmm.MapShared
		}
		if op.File() {
			file.ID = 1
		}
		_, err = v.Mmap(task, op.Addr(), op.Length(), op.Prot(), flags, file)
	case workload.UnmapAt:
		err = v.Munmap(task, op.Addr(), op.Length())
	case workload.Protect:
		err = v.Mprotect(task, op.Addr(), op.Length(), op.Prot())
	case workload.Drop:
		err = v.Madvise(task, op.Addr(), op.Length(), vmm.DontNeed)
	case workload.Fork:
		var child vmm.VMM
		if child, err = v.Fork(task); err == nil {
			child.Exit(task)
		}
	}
	return err
}

// shape is the mappings without what a workload does not keep.
func shape(maps []vmm.Mapping) []vmm.Mapping {
	maps = slices.Clone(maps)
	for i := range maps {
		maps[i].File, maps[i].GrowsDown = vmm.File{}, false
	}
	return vmmtest.Canonical(maps)
}

// TestSpecIsACycle performs each trace's stream of one worker twice: nothing
// but a few faults fails and the end is the beginning, but for a grown stack;
// on the running kernel too.
func TestSpecIsACycle(t *testing.T) {
	recorded(t, func(t *testing.T, tr *trace.Trace) {
		s, l, err := tr.Spec("x")
		if err != nil {
			t.Fatal(err)
		}
		streams, err := s.Compile(l, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"mmaponly", "refcount", "linux"} {
			d, ok := variants.Lookup(name)
			if !ok {
				continue // not on Linux
			}
			cycle(t, d, &s, l, streams[0].Ops)
		}
	})
}

func cycle(t *testing.T, d vmm.Design, s *workload.Spec, l *workload.Layout, ops []workload.Op) {
	task := vmm.NewTask()
	defer task.Release()
	v := d.New(vmm.Config{}).NewVMM(task)
	defer v.Exit(task)
	if err := s.Setup(v, task, l, 1); err != nil {
		t.Fatalf("%s: %v", d.Name, err)
	}
	failed := 0
	for range 2 {
		for i, op := range ops {
			if err := do(v, task, op); err != nil {
				failed++
				if op.Kind() != workload.Fault {
					t.Fatalf("%s: op %d, %v: %v", d.Name, i, op, err)
				}
			}
		}
	}
	if failed > len(ops)/1000 {
		t.Errorf("%s: %d faults failed", d.Name, failed)
	}
	got, err := v.Maps(task, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := shape(l.Mappings)
	for i := range want {
		if m := &want[i]; i < len(l.Mappings) && !d.Real {
			for _, g := range got {
				if g.GrowsDown && g.End == m.End {
					m.Start = g.Start
				}
			}
		}
	}
	if !d.Real && !slices.Equal(shape(got), want) {
		t.Errorf("%s: after two cycles: %s", d.Name, trace.Diff(shape(got), want))
	}
}

// TestSpecSurvivesJSON: a plan holds the workload, and a resumed run reads it.
func TestSpecSurvivesJSON(t *testing.T) {
	tr, err := trace.ReadFile("testdata/shell.trace.gz")
	if err != nil {
		t.Fatal(err)
	}
	s, _, err := tr.Spec("shell")
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back workload.Spec
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(back.Recorded.Ops, s.Recorded.Ops) || !slices.Equal(back.Recorded.Threads, s.Recorded.Threads) ||
		back.Recorded.RateHz != s.Recorded.RateHz || back.FullName() != "trace/file=shell" {
		t.Error("another recording came back")
	}
	for _, bad := range []string{`{"Recorded":"!"}`, `{"Recorded":""}`, `{"Recorded":"H4sIAAAAAAAA/wMAAAAAAAAAAAA="}`} {
		if json.Unmarshal([]byte(bad), &back) == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
}
