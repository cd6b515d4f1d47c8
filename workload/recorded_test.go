package workload

import (
	"testing"

	"vmabench/vmm"
)

// TestRangeOps: the ops cover the range, each from where the last ended.
func TestRangeOps(t *testing.T) {
	for _, pages := range []uint64{1, 65535, 65536, 65536 + 1, 512*65535 + 3, 1 << 22, 1<<22 + 511, 1<<30 + 513} {
		r := vmm.Range{Start: 1 << 40, End: 1<<40 + vmm.Addr(pages)*vmm.PageSize}
		ops := RangeOps(MapAt, rw, r, true, true)
		at := r.Start
		for _, o := range ops {
			if o.Addr() != at || o.Kind() != MapAt || uint8(o.Prot()) != rw || !o.File() || !o.Shared() {
				t.Fatalf("%d pages: %v at %#x", pages, o, uint64(at))
			}
			at += vmm.Addr(o.Length())
		}
		if at != r.End || len(ops) > 4 {
			t.Errorf("%d pages: %d ops, to %#x of %#x", pages, len(ops), uint64(at), uint64(r.End))
		}
	}
	if ops := RangeOps(UnmapAt, 0, vmm.Range{}, false, false); len(ops) != 0 {
		t.Errorf("nothing is %v", ops)
	}
}

// TestRecordedStreams: every op goes to one worker, in its order.
func TestRecordedStreams(t *testing.T) {
	r := &Recorded{RateHz: 100}
	for i := range 10 {
		r.Add(i%3, NewOp(Fault, read, vmm.Addr(i)*vmm.PageSize, 0))
	}
	s := Spec{Name: "r", Bench: "Replay", Roles: []Role{{Name: "thread"}}, Recorded: r}
	for workers := 1; workers <= 3; workers++ {
		streams, err := s.Compile(&Layout{}, workers, 1)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for w, st := range streams {
			last := -1
			for _, o := range st.Ops {
				i := int(o.Addr().Page())
				if i <= last || i%3%workers != w {
					t.Errorf("worker %d of %d has op %d after %d", w, workers, i, last)
				}
				last, n = i, n+1
			}
		}
		if n != 10 {
			t.Errorf("%d workers: %d ops", workers, n)
		}
	}
	if _, err := s.Compile(&Layout{}, 4, 1); err == nil {
		t.Error("a fourth worker was given the work of three threads")
	}
	r.Threads = r.Threads[:3]
	if s.Validate() == nil {
		t.Error("ops without a thread were accepted")
	}
}
