package harness

import (
	"errors"
	"fmt"
	"runtime"

	"vmabench/results"
	"vmabench/vmm"
)

// footprint measures what VMAs cost in memory: by the design's own account,
// exactly, and by the Go heap, which also sees what the account forgot.
func footprint(s *TrialSpec, newMachine func(vmm.Config) vmm.Machine, t *results.Trial) error {
	l, err := s.layout()
	if err != nil {
		return err
	}
	task := vmm.NewTask()
	defer task.Release()
	m := newMachine(s.Config)
	if m == nil {
		return errors.New("a footprint needs a design")
	}
	v := m.NewVMM(task)
	before := heapInUse()
	if err := l.Build(v, task); err != nil {
		return err
	}
	m.Quiesce(task)
	after := heapInUse()
	if err := v.Check(task); err != nil {
		return fmt.Errorf("the address space is corrupt after the layout: %w", err)
	}
	f := v.Footprint()
	runtime.KeepAlive(l)
	if f.VMAs == 0 {
		return errors.New("the design counts no VMAs")
	}
	n := float64(f.VMAs)
	value := func(unit string, v float64) {
		t.Values = append(t.Values, results.Value{Unit: unit, Value: v})
	}
	value("B/vma", float64(f.VMABytes+f.LockBytes)/n)
	value("slab-B/vma", float64(f.VMASlab+f.LockSlab)/n)
	value("vma-B/vma", float64(f.VMABytes)/n)
	value("lock-B/vma", float64(f.LockBytes)/n)
	value("index-B/vma", float64(f.IndexBytes)/n)
	if f.SpaceBytes > 0 { // the running kernel's VMAs are not on this heap
		value("heap-B/vma", float64(after-before)/n)
		value("mm-B", float64(f.SpaceBytes))
	}
	t.Events = []results.Value{
		{Unit: "vmas", Value: n},
		{Unit: "locks", Value: float64(f.Locks)},
		{Unit: "index-nodes", Value: float64(f.IndexNodes)},
		{Unit: "tables", Value: float64(f.Tables)},
		{Unit: "table-B", Value: float64(f.TableBytes)},
	}
	t.Ops = int64(f.VMAs)
	t.Guard.OK = true
	return nil
}

// heapInUse returns the bytes of live heap objects. Two collections: the first
// may leave what a finalizer or a pool still holds.
func heapInUse() int64 {
	var ms runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&ms)
	return int64(ms.HeapAlloc)
}
