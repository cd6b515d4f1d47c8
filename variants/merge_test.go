package variants_test

import (
	"testing"

	"vmabench/vmm"
)

// The kernel's merge rules (mm/vma.c), seen through the maps walk.

func TestMergeNew(t *testing.T) {
	each(t, func(t *testing.T, k *vmm.Task, v vmm.VMM) {
		mmap(t, k, v, 0x100000, 2, rw)
		mmap(t, k, v, 0x104000, 2, rw)
		mmap(t, k, v, 0x102000, 2, rw) // joins both
		wantMaps(t, k, v, "00100000-00106000 rw-p")
		mmap(t, k, v, 0x0ff000, 1, rw) // extends the next
		wantMaps(t, k, v, "000ff000-00106000 rw-p")
		mmap(t, k, v, 0x102000, 1, vmm.ProtRead) // of another kind
		wantMaps(t, k, v, "000ff000-00102000 rw-p", "00102000-00103000 r--p", "00103000-00106000 rw-p")
	})
}

// TestMergeAnonVMA: two VMAs that were touched apart have an anon_vma each and
// stay apart; what lies between becomes part of the one before.
func TestMergeAnonVMA(t *testing.T) {
	each(t, func(t *testing.T, k *vmm.Task, v vmm.VMM) {
		mmap(t, k, v, 0x100000, 2, rw)
		mmap(t, k, v, 0x104000, 2, rw)
		must(t, v.Fault(k, 0x100000, vmm.AccessWrite))
		must(t, v.Fault(k, 0x104000, vmm.AccessWrite))
		mmap(t, k, v, 0x102000, 2, rw)
		wantMaps(t, k, v, "00100000-00104000 rw-p", "00104000-00106000 rw-p")
		// The same by mprotect: neither side is mergeable with the other.
		must(t, v.Mprotect(k, 0x102000, 2*page, vmm.ProtRead))
		must(t, v.Mprotect(k, 0x102000, 2*page, rw))
		wantMaps(t, k, v, "00100000-00104000 rw-p", "00104000-00106000 rw-p")
	})
}

// TestMergeSharedAnonVMA: a VMA that is touched takes its neighbour's anon_vma
// although their protections differ, so that they can be one again.
func TestMergeSharedAnonVMA(t *testing.T) {
	each(t, func(t *testing.T, k *vmm.Task, v vmm.VMM) {
		mmap(t, k, v, 0x100000, 4, rw)
		must(t, v.Mprotect(k, 0x102000, 2*page, rw|vmm.ProtExec))
		must(t, v.Fault(k, 0x100000, vmm.AccessWrite))
		must(t, v.Fault(k, 0x102000, vmm.AccessWrite))
		must(t, v.Mprotect(k, 0x102000, 2*page, rw))
		wantMaps(t, k, v, "00100000-00104000 rw-p")
	})
}

func TestMergeOffsets(t *testing.T) {
	each(t, func(t *testing.T, k *vmm.Task, v vmm.VMM) {
		file := func(a vmm.Addr, off uint64, flags vmm.MapFlags) {
			_, err := v.Mmap(k, a, 2*page, vmm.ProtRead, flags|vmm.MapFixed, vmm.File{ID: 1, Off: off})
			must(t, err)
		}
		file(0x100000, 0, 0)
		file(0x102000, 2*page, 0)
		file(0x104000, 5*page, 0)
		file(0x106000, 7*page, vmm.MapShared)
		wantMaps(t, k, v, "00100000-00104000 r--p file1+0x0", "00104000-00106000 r--p file1+0x5000",
			"00106000-00108000 r--s file1+0x7000")
		for _, a := range []vmm.Addr{0x200000, 0x202000} { // each is a file of its own
			_, err := v.Mmap(k, a, 2*page, rw, vmm.MapFixed|vmm.MapShared, vmm.File{})
			must(t, err)
		}
		ms, err := v.Maps(k, nil)
		must(t, err)
		if len(ms) != 5 {
			t.Errorf("shared anonymous mappings were joined: %v", ms)
		}
	})
}

// TestMergeMoved: a touched VMA keeps its page offsets when it moves, and
// becomes one with its old neighbours only where it came from.
func TestMergeMoved(t *testing.T) {
	each(t, func(t *testing.T, k *vmm.Task, v vmm.VMM) {
		move := func(from, to vmm.Addr) {
			t.Helper()
			_, err := v.Mremap(k, from, 2*page, 2*page, vmm.RemapMayMove|vmm.RemapFixed, to)
			must(t, err)
		}
		mmap(t, k, v, 0x100000, 4, rw)
		must(t, v.Fault(k, 0x100000, vmm.AccessWrite))
		move(0x102000, 0x104000)
		wantMaps(t, k, v, "00100000-00102000 rw-p", "00104000-00106000 rw-p")
		mmap(t, k, v, 0x106000, 2, rw)
		wantMaps(t, k, v, "00100000-00102000 rw-p", "00104000-00106000 rw-p", "00106000-00108000 rw-p")
		move(0x104000, 0x102000)
		wantMaps(t, k, v, "00100000-00104000 rw-p", "00106000-00108000 rw-p")
	})
}

// TestMergeForked: a child's VMA stands in its parent's chain too, and takes no
// fresh memory in.
func TestMergeForked(t *testing.T) {
	each(t, func(t *testing.T, k *vmm.Task, v vmm.VMM) {
		mmap(t, k, v, 0x100000, 2, rw)
		must(t, v.Fault(k, 0x100000, vmm.AccessWrite))
		c, err := v.Fork(k)
		must(t, err)
		mmap(t, k, c, 0x102000, 2, rw)
		wantMaps(t, k, c, "00100000-00102000 rw-p", "00102000-00104000 rw-p")
		must(t, c.Check(k))
		c.Exit(k)
		mmap(t, k, v, 0x102000, 2, rw)
		wantMaps(t, k, v, "00100000-00104000 rw-p")
	})
}

// TestMergeExisting: mprotect of a part next to a VMA of that kind moves the
// boundary, and makes no third.
func TestMergeExisting(t *testing.T) {
	each(t, func(t *testing.T, k *vmm.Task, v vmm.VMM) {
		mmap(t, k, v, 0x100000, 4, rw)
		mmap(t, k, v, 0x104000, 4, vmm.ProtRead)
		mmap(t, k, v, 0x108000, 4, rw)
		must(t, v.Mprotect(k, 0x104000, page, rw)) // joins the one before
		wantMaps(t, k, v, "00100000-00105000 rw-p", "00105000-00108000 r--p", "00108000-0010c000 rw-p")
		must(t, v.Mprotect(k, 0x107000, page, rw)) // joins the one behind
		wantMaps(t, k, v, "00100000-00105000 rw-p", "00105000-00107000 r--p", "00107000-0010c000 rw-p")
		must(t, v.Mprotect(k, 0x105000, 2*page, rw)) // joins both
		wantMaps(t, k, v, "00100000-0010c000 rw-p")
	})
}

// TestMergeAccounted: private memory that was writable stays counted against the
// commit limit (VM_ACCOUNT), but for anonymous memory that was never touched, and is
// apart from what never was. variants/linux has the same of the running kernel.
func TestMergeAccounted(t *testing.T) {
	each(t, func(t *testing.T, k *vmm.Task, v vmm.VMM) {
		mmap(t, k, v, 0x100000, 16, vmm.ProtRead)
		toggle := func() {
			t.Helper()
			must(t, v.Mprotect(k, 0x104000, 4*page, rw))
			must(t, v.Mprotect(k, 0x104000, 4*page, vmm.ProtRead))
		}
		toggle()
		wantMaps(t, k, v, "00100000-00110000 r--p")
		must(t, v.Mprotect(k, 0x104000, 4*page, rw))
		must(t, v.Fault(k, 0x104000, vmm.AccessWrite))
		toggle()
		wantMaps(t, k, v, "00100000-00104000 r--p", "00104000-00108000 r--p", "00108000-00110000 r--p")
		must(t, v.Mprotect(k, 0x100000, 16*page, rw)) // all are counted from here on
		wantMaps(t, k, v, "00100000-00110000 rw-p")
		toggle()
		wantMaps(t, k, v, "00100000-00104000 rw-p", "00104000-00108000 r--p", "00108000-00110000 rw-p")
	})
	each(t, func(t *testing.T, k *vmm.Task, v vmm.VMM) { // a library's constants, and its relocated data
		for i, prot := range []vmm.Prot{vmm.ProtRead, rw} {
			off := uint64(4*i) * page
			_, err := v.Mmap(k, 0x100000+vmm.Addr(off), 4*page, prot, vmm.MapFixed, vmm.File{ID: 1, Off: off})
			must(t, err)
		}
		must(t, v.Mprotect(k, 0x104000, 2*page, vmm.ProtRead))
		wantMaps(t, k, v, "00100000-00104000 r--p file1+0x0", "00104000-00106000 r--p file1+0x4000", "00106000-00108000 rw-p file1+0x6000")
	})
}

// TestMapCount: an edit that would leave too many VMAs is refused and changes
// nothing.
func TestMapCount(t *testing.T) {
	eachConfig(t, vmm.Config{MaxMapCount: 2}, func(t *testing.T, k *vmm.Task, v vmm.VMM) {
		mmap(t, k, v, 0x100000, 4, rw)
		mmap(t, k, v, 0x200000, 4, rw)
		wantErr(t, v.Munmap(k, 0x101000, page), vmm.ENOMEM)
		wantErr(t, v.Mprotect(k, 0x101000, page, vmm.ProtRead), vmm.ENOMEM)
		_, err := v.Mmap(k, 0x300000, page, rw, vmm.MapFixed, vmm.File{})
		wantErr(t, err, vmm.ENOMEM)
		_, err = v.Mremap(k, 0x100000, page, page, vmm.RemapMayMove|vmm.RemapFixed, 0x300000)
		wantErr(t, err, vmm.ENOMEM)
		wantMaps(t, k, v, "00100000-00104000 rw-p", "00200000-00204000 rw-p")
		must(t, v.Munmap(k, 0x103000, page))
		wantMaps(t, k, v, "00100000-00103000 rw-p", "00200000-00204000 rw-p")
	})
}
