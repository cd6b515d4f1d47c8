package variants_test

import (
	"os"
	"testing"

	"vmabench/results"
	"vmabench/variants"
	"vmabench/vmm"
)

// onRecord returns the rows of a record of real kernels.
func onRecord(t *testing.T, file, bench string) (rows []results.KernelRow) {
	t.Helper()
	f, err := os.Open("../results/reference/kernels/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := results.ReadKernels(f, file)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if r.Bench == bench {
			rows = append(rows, r)
		}
	}
	if len(rows) == 0 {
		t.Fatalf("%s has no %s", file, bench)
	}
	return rows
}

// designOf returns the model of the lock that a kernel was found to have.
func designOf(t *testing.T, r *results.KernelRow) vmm.Design {
	t.Helper()
	d, ok := variants.Lookup(r.Get("design"))
	if !ok {
		t.Fatalf("%s: no design %q", r.Get("kernel"), r.Get("design"))
	}
	return d
}

// TestBytesAsRealKernels: a VMA and its lock have the sizes that the real
// kernel's slabs show, and as many fit a page; the index takes at most one and
// a half times what the maple tree does for the same VMAs.
func TestBytesAsRealKernels(t *testing.T) {
	found := map[string]bool{}
	for _, r := range onRecord(t, "exact.txt", "KernelVMABytes") {
		d := designOf(t, &r)
		found[d.Name] = true
		k := vmm.NewTask()
		v := d.New(vmm.Config{}).NewVMM(k)
		const many = 40_000 // split off in ascending order, as the guest does
		mmap(t, k, v, 0x100000, many, rw)
		for i := vmm.Addr(1); i < many; i += 2 {
			must(t, v.Mprotect(k, 0x100000+i*page, page, vmm.ProtRead))
		}
		f := v.Footprint()
		k.Release()
		if f.VMAs != many {
			t.Fatalf("%s: %d VMAs, want %d", d.Name, f.VMAs, many)
		}
		value := func(unit string) float64 { v, _ := r.Value(unit); return v }
		if got, want := float64(f.VMABytes)/many, value("vm_area_struct-B"); got != want {
			t.Errorf("%s: a VMA has %v bytes, Linux %s has %v", d.Name, got, r.Get("kernel"), want)
		}
		if got, want := float64(f.LockBytes)/many, value("vma_lock-B"); got != want {
			t.Errorf("%s: a lock object has %v bytes, Linux %s has %v", d.Name, got, r.Get("kernel"), want)
		}
		index, tree := float64(f.IndexBytes)/many, value("maple_node-B/vma")
		if tree == 0 || index > 1.5*tree {
			t.Errorf("%s: the index takes %.1f bytes a VMA, the tree of Linux %s %.1f", d.Name, index, r.Get("kernel"), tree)
		}
		t.Logf("%s: index %.1f, tree %.1f", d.Name, index, tree)
	}
	for _, r := range onRecord(t, "exact.txt", "KernelSlab") {
		l, ok := layouts[r.Get("design")]
		perPage, _ := r.Value("objects/slab")
		switch r.Get("cache") {
		case "vm_area_struct":
			if !ok || float64(l.perPage) != perPage {
				t.Errorf("%s: %d VMAs a page, Linux %s has %v", r.Get("design"), l.perPage, r.Get("kernel"), perPage)
			}
		case "vma_lock":
			if perLock := vmm.PageSize / int(l.lock); float64(perLock) != perPage {
				t.Errorf("%s: %d locks a page, Linux %s has %v", r.Get("design"), perLock, r.Get("kernel"), perPage)
			}
		}
	}
	for _, name := range []string{"mmaponly", "rwsem", "refcount"} {
		if !found[name] {
			t.Errorf("no real kernel with the lock of %s is on record", name)
		}
	}
}
