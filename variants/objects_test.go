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
