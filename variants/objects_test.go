package variants_test

import (
	"testing"

	"vmabench/internal/addrspace"
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// Which object a split leaves where decides who bounces off it: a reader that found
// the old one meets a VMA that was detached, or one with other bounds.

// TestMunmapTakesTheObject: the object of a VMA that is unmapped in part goes with that
// part, wherever it is, and what stays has new ones (vms_gather_munmap_vmas).
func TestMunmapTakesTheObject(t *testing.T) {
	const base = vmm.Addr(0x100000)
	for _, c := range []struct {
		what     string
		at, size vmm.Addr
	}{{"the end", 4 * page, 4 * page}, {"the beginning", 0, 4 * page}, {"the middle", 2 * page, 2 * page}} {
		t.Run(c.what, func(t *testing.T) {
			each(t, func(t *testing.T, k *vmm.Task, v vmm.VMM) {
				mmap(t, k, v, base, 8, rw)
				s := addrspace.Of(v)
				was := s.MM.Index.Find(base)
				must(t, v.Munmap(k, base+c.at, uint64(c.size)))
				s.MM.Index.All(func(r vmm.Range, left *mm.VMA) bool {
					if left == was {
						t.Errorf("%v is left with the object that it was part of", r)
					}
					return true
				})
			})
		})
	}
}

// TestMprotectKeepsTheObject: of a VMA that changes in part the object stays with that
// part (vma_modify).
func TestMprotectKeepsTheObject(t *testing.T) {
	const base = vmm.Addr(0x100000)
	for _, at := range []vmm.Addr{0, 2 * page, 6 * page} {
		each(t, func(t *testing.T, k *vmm.Task, v vmm.VMM) {
			mmap(t, k, v, base, 8, rw)
			s := addrspace.Of(v)
			was := s.MM.Index.Find(base)
			must(t, v.Mprotect(k, base+at, 2*page, vmm.ProtRead))
			if now := s.MM.Index.Find(base + at); now != was {
				t.Errorf("the part at %#x has another object", uint64(at))
			}
		})
	}
}

// TestForkCopiesWhatCannotBeFaultedIn: page tables are copied of VMAs that have an
// anon_vma, which is where something was written; the child faults in the rest
// (vma_needs_copy).
func TestForkCopiesWhatCannotBeFaultedIn(t *testing.T) {
	each(t, func(t *testing.T, k *vmm.Task, v vmm.VMM) {
		const read, shared, written = vmm.Addr(0x100000), vmm.Addr(0x200000), vmm.Addr(0x300000)
		mmap(t, k, v, read, 4, rw)
		_, err := v.Mmap(k, shared, 4*page, rw, vmm.MapFixed|vmm.MapShared, vmm.File{})
		must(t, err)
		mmap(t, k, v, written, 4, rw)
		must(t, v.Fault(k, read, vmm.AccessRead))
		must(t, v.Fault(k, shared, vmm.AccessWrite))
		must(t, v.Fault(k, written, vmm.AccessWrite))
		must(t, v.Fault(k, written+page, vmm.AccessRead))
		c, err := v.Fork(k)
		must(t, err)
		table := &addrspace.Of(c).MM.Table
		for _, want := range []struct {
			at      vmm.Addr
			present bool
		}{{read, false}, {shared, false}, {written, true}, {written + page, true}} {
			if got := table.Lookup(want.at).Present(); got != want.present {
				t.Errorf("%#x is present in the child: %t, want %t", uint64(want.at), got, want.present)
			}
		}
		for _, at := range []vmm.Addr{read, shared, written} {
			must(t, c.Fault(k, at, vmm.AccessRead))
		}
		must(t, c.Check(k))
		c.Exit(k)
	})
}
