//go:build vmasim && !vmatiny

package manycore

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"vmabench/internal/addrspace"
	"vmabench/internal/atomic"
	"vmabench/internal/count"
	"vmabench/results"
	"vmabench/variants"
	"vmabench/vmm"
)

var update = flag.Bool("update", false, "write "+modelsFile+" again")

const (
	records    = "../results/reference/kernels/"
	modelsFile = records + "models.txt"

	modelPage      = vmm.PageSize
	modelRW        = vmm.ProtRead | vmm.ProtWrite
	modelPerThread = 0x800000 // bytes between what threads fault on, as the guest has it
	modelTouches   = 500
	modelPasses    = 4
)

// mainline are the designs that real kernels have.
var mainline = []string{"mmaponly", "rwsem", "refcount"}

// ways are the faults that are compared: where, and what from.
var ways = [][2]string{{"user", "own"}, {"kernel", "own"}, {"user", "shared"}, {"kernel", "shared"}}

// modelLines returns the cache lines that a fault moves between four CPUs, on
// VMAs of their own or one for all, among 1000 others: what package guest does
// in a real kernel.
func modelLines(t *testing.T, d vmm.Design, fault, vmas string) float64 {
	t.Helper()
	m, _, err := Load("broadwell-2s")
	if err != nil {
		t.Fatal(err)
	}
	const threads = 4
	sim := New(m, 1)
	boot := vmm.NewTask()
	defer boot.Release()
	var v vmm.VMM
	atomic.Run(sim, func() { v, err = modelSpace(d, boot, vmas, threads) })
	if err != nil {
		t.Fatal(err)
	}
	ops := int64(0)
	for i := range threads {
		k := vmm.NewTask()
		defer k.Release()
		at := vmm.Addr(0x4000000000 + i*modelPerThread)
		sim.Go(&k.Task, func() {
			for pass := range modelPasses + 1 {
				if pass == 1 {
					sim.steady() // the first is for page tables and cold caches
				}
				for j := range vmm.Addr(modelTouches) {
					atomic.Work(int64(DefaultShared(m).Work)) // the rest of a fault
					f := v.Fault
					if fault == "kernel" {
						f = v.FaultKernel
					}
					if err := f(k, at+j*modelPage, vmm.AccessRead); err != nil {
						t.Error(err)
						return
					}
					if pass > 0 {
						ops++
					}
				}
				if err := v.Madvise(k, at, modelTouches*modelPage, vmm.DontNeed); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	if err := sim.Run(); err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, l := range sim.explain(ops) {
		sum += l.Transfers
	}
	return sum
}

func modelSpace(d vmm.Design, k *vmm.Task, vmas string, threads int) (vmm.VMM, error) {
	v := d.New(vmm.Config{}).NewVMM(k)
	mmap := func(at vmm.Addr, pages uint64) error {
		_, err := v.Mmap(k, at, pages*modelPage, modelRW, vmm.MapFixed, vmm.File{})
		return err
	}
	for i := range vmm.Addr(500) {
		for _, at := range []vmm.Addr{0x2000000000, 0x6000000000} {
			if err := mmap(at+2*i*modelPage, 1); err != nil {
				return nil, err
			}
		}
	}
	if vmas == "shared" {
		if err := mmap(0x4000000000, uint64(threads)*modelPerThread/modelPage); err != nil {
			return nil, err
		}
	}
	for i := range threads {
		at := vmm.Addr(0x4000000000 + i*modelPerThread)
		if vmas == "own" {
			if err := mmap(at, modelTouches); err != nil {
				return nil, err
			}
		}
		if err := v.Fault(k, at, vmm.AccessWrite); err != nil { // for its anon_vma
			return nil, err
		}
		if err := v.Madvise(k, at, modelTouches*modelPage, vmm.DontNeed); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// modelRMWs returns the read-modify-writes of a fault on an absent page, and
// how many of them are of mmap_lock or a VMA's lock.
func modelRMWs(t *testing.T, d vmm.Design, fault string) (all, locks int) {
	t.Helper()
	k := vmm.NewTask()
	defer k.Release()
	count.Run(func(e *count.Engine) {
		v, err := modelSpace(d, k, "own", 1)
		if err != nil {
			t.Error(err)
			return
		}
		const at = vmm.Addr(0x4000000000 + modelPage)
		f := v.Fault
		if fault == "kernel" {
			f = v.FaultKernel
		}
		_ = f(k, at-modelPage, vmm.AccessRead) // page tables
		all = e.Of(func() { err = f(k, at, vmm.AccessRead) }, nil).RMW()
		if err != nil {
			t.Error(err)
		}
		s := addrspace.Of(v)
		if fault == "kernel" || !s.Rules.VMALocks {
			locks = e.Of(func() { s.MM.Lock.DownRead(&k.Task); s.MM.Lock.UpRead(&k.Task) }, nil).RMW()
			return
		}
		vma := s.MM.Index.Find(at)
		locks = e.Of(func() { s.Locks.StartRead(k, s.MM, vma); s.Locks.EndRead(k, vma) }, nil).RMW()
	})
	return all, locks
}

// modelRows are the rows that a real kernel has, of the models.
func modelRows(t *testing.T) (rows []results.KernelRow) {
	row := func(bench string, n int64, values []results.Value, params ...results.Param) {
		rows = append(rows, results.KernelRow{Key: []results.Param{{Key: "kernel", Value: "model"}}, Bench: bench, Params: params, N: n, Values: values})
	}
	for _, name := range mainline {
		d, _ := variants.Lookup(name)
		design := results.Param{Key: "design", Value: name}
		f := modelFootprint(t, d)
		n := float64(f.VMAs)
		values := []results.Value{{Unit: "vm_area_struct-B", Value: float64(f.VMABytes) / n}}
		if f.LockBytes > 0 {
			values = append(values, results.Value{Unit: "vma_lock-B", Value: float64(f.LockBytes) / n})
		}
		index := round(float64(f.IndexBytes)/n, 10)
		values = append(values, results.Value{Unit: "index-B/vma", Value: index},
			results.Value{Unit: "B/vma", Value: float64(f.VMABytes+f.LockBytes)/n + index})
		row("KernelVMABytes", int64(f.VMAs), values, design, results.Param{Key: "vmas", Value: fmt.Sprint(f.VMAs)})
		for _, w := range ways {
			all, locks := modelRMWs(t, d, w[0])
			row("KernelLines", 4*modelPasses*modelTouches, []results.Value{
				{Unit: "rmw/op", Value: float64(all)}, {Unit: "pagetable_rmw/op", Value: float64(all - locks)},
				{Unit: "lines/op", Value: round(modelLines(t, d, w[0], w[1]), 1000)},
			}, design, results.Param{Key: "fault", Value: w[0]}, results.Param{Key: "vmas", Value: w[1]}, results.Param{Key: "threads", Value: "4"})
		}
	}
	return rows
}

func round(v, p float64) float64 { return float64(int64(v*p+0.5)) / p }

// modelFootprint is that of 40,000 VMAs split off in ascending order.
func modelFootprint(t *testing.T, d vmm.Design) vmm.Footprint {
	t.Helper()
	k := vmm.NewTask()
	defer k.Release()
	v := d.New(vmm.Config{}).NewVMM(k)
	const many = 40_000
	_, err := v.Mmap(k, 0x100000, many*modelPage, modelRW, vmm.MapFixed, vmm.File{})
	for i := vmm.Addr(1); i < many && err == nil; i += 2 {
		err = v.Mprotect(k, 0x100000+i*modelPage, modelPage, vmm.ProtRead)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v.Footprint()
}

// TestModelsOnRecord: models.txt is what the models do. Lines may differ a
// little: they depend on where objects happen to lie.
func TestModelsOnRecord(t *testing.T) {
	now := modelRows(t)
	if *update {
		var text bytes.Buffer
		if err := results.WriteKernels(&text, now); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(modelsFile, text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have := byName(t, "models.txt")
	if len(have) != len(now) {
		t.Errorf("%d rows on record, %d now", len(have), len(now))
	}
	for _, r := range now {
		on := have[r.Name()]
		if len(on) != 1 || len(on[0].Values) != len(r.Values) {
			t.Errorf("%s: %v on record, now %v", r.Name(), on, r.Values)
			continue
		}
		for i, v := range r.Values {
			slack := 0.0
			if v.Unit == "lines/op" {
				slack = 0.05 + 0.1*v.Value
			}
			if was := on[0].Values[i]; was.Unit != v.Unit || was.Value < v.Value-slack || was.Value > v.Value+slack {
				t.Errorf("%s: %v on record, now %v: make designs, and look at the difference", r.Name(), was, v)
			}
		}
	}
}

// TestLocksAsRealKernels: a model's fault makes as many locked
// read-modify-writes as the real kernel's, of its locks two and of the page
// table's one, and moves as many lines: next to none on a VMA of its own, one
// to three on one for all, two to five by mmap_lock.
func TestLocksAsRealKernels(t *testing.T) {
	model, real := byName(t, "models.txt"), byName(t, "locks.txt")
	for _, design := range mainline {
		// One thread, from user mode: no interrupt of another CPU and nothing of
		// access(2) is in it.
		const atomics = "KernelLines/design=%s/fault=user/vmas=own/threads=%d"
		alone := real[fmt.Sprintf(atomics, design, 1)]
		if len(alone) == 0 {
			t.Errorf("%s: no real kernel on record", design)
		}
		for _, r := range alone {
			for _, unit := range []string{"rmw/op", "pagetable_rmw/op"} {
				got, want := value(model[fmt.Sprintf(atomics, design, 4)][0], unit), value(r, unit)
				if got < want-0.1 || got > want+0.1 {
					t.Errorf("%s: %v %s, Linux %s has %v", design, got, unit, r.Get("kernel"), want)
				}
			}
		}
		for _, w := range ways {
			name := fmt.Sprintf("KernelLines/design=%s/fault=%s/vmas=%s/threads=4", design, w[0], w[1])
			if len(model[name]) != 1 || len(real[name]) == 0 {
				t.Errorf("%s: %d models and %d real kernels on record", name, len(model[name]), len(real[name]))
				continue
			}
			m := model[name][0]
			least, most := 2.0, 5.0 // mmap_lock
			if w[0] == "user" && design != "mmaponly" {
				least, most = 0, 0.05
				if w[1] == "shared" {
					least, most = 1, 3
				}
			}
			if lines := value(m, "lines/op"); lines < least || lines > most {
				t.Errorf("%s: %v lines, want %v to %v", name, lines, least, most)
			}
		}
	}
}

func value(r results.KernelRow, unit string) float64 {
	v, _ := r.Value(unit)
	return v
}

func byName(t *testing.T, file string) map[string][]results.KernelRow {
	t.Helper()
	text, err := os.ReadFile(records + file)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := results.ReadKernels(strings.NewReader(string(text)), file)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]results.KernelRow{}
	for _, r := range rows {
		out[r.Name()] = append(out[r.Name()], r)
	}
	return out
}
