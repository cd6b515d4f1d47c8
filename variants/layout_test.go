package variants_test

import (
	"reflect"
	"testing"
	"unsafe"

	"vmabench/internal/addrspace"
	"vmabench/internal/mm"
	"vmabench/variants"
	"vmabench/vmm"
)

// layouts are the sizes and offsets of the kernels that had each design
// (Debian's 6.1, 6.12 and 6.16), and how many objects their slab pages hold.
var layouts = map[string]struct {
	size    uintptr
	perPage int
	offsets map[string]uintptr
	lock    uintptr // size of a separate lock object, 0 without
}{
	"mmaponly": {152, 26, map[string]uintptr{"VMA": 0, "rest": 72}, 0},
	"rwsem":    {176, 23, map[string]uintptr{"VMA": 0, "detached": 40, "lockSeq": 44, "lock": 48, "rest": 88}, 40},
	"refcount": {192, 21, map[string]uintptr{"VMA": 0, "lockSeq": 40, "rest": 48, "refcnt": 128}, 0},

	"rwseminline": {256, 16, map[string]uintptr{"VMA": 0, "detached": 40, "lockSeq": 44, "rest": 80, "lock": 192}, 0},
	"twobit":      {192, 21, map[string]uintptr{"VMA": 0, "detached": 40, "lockSeq": 44, "rest": 48, "word": 128}, 0},
	"offset":      {192, 21, map[string]uintptr{"VMA": 0, "detached": 40, "lockSeq": 44, "rest": 48, "word": 128}, 0},
	"rangelock":   {152, 26, map[string]uintptr{"VMA": 0, "rest": 72}, 0},
	"sketch":      {192, 21, map[string]uintptr{"VMA": 0, "lockSeq": 40, "rest": 48, "refcnt": 128}, 0},
}

func TestLayout(t *testing.T) {
	for _, d := range variants.All() {
		want, ok := layouts[d.Name]
		if !ok && d.Extra {
			continue
		}
		if !ok {
			t.Errorf("%s: no layout is stated", d.Name)
			continue
		}
		vma := d.Layout[0]
		if vma.Size() != want.size {
			t.Errorf("%s: a VMA has %d bytes, want %d", d.Name, vma.Size(), want.size)
		}
		for name, off := range want.offsets {
			if f, ok := vma.FieldByName(name); !ok || f.Offset != off {
				t.Errorf("%s: %s is at %d, want %d", d.Name, name, f.Offset, off)
			}
		}
		k := vmm.NewTask()
		v := d.New(vmm.Config{}).NewVMM(k)
		for i := range want.perPage {
			mmap(t, k, v, vmm.Addr(0x100000+i*2*page), 1, rw)
		}
		f := v.Footprint()
		if f.VMASlab != vmm.PageSize || f.VMABytes != want.perPage*int(want.size) {
			t.Errorf("%s: %d VMAs cost %d bytes, %d with slab pages", d.Name, f.VMAs, f.VMABytes, f.VMASlab)
		}
		if want := f.VMAs * int(want.lock); f.LockBytes != want {
			t.Errorf("%s: locks cost %d bytes, want %d", d.Name, f.LockBytes, want)
		}
		k.Release()
	}
	head := reflect.TypeFor[mm.VMA]()
	for name, off := range map[string]uintptr{"Start": 0, "End": 8, "MM": 16, "PageProt": 24, "Flags": 32} {
		if f, ok := head.FieldByName(name); !ok || f.Offset != off {
			t.Errorf("%s is at %d, want %d", name, f.Offset, off)
		}
	}
}

// TestAlignment: where the lines matter, objects lie on them: the mm with its
// mmap_lock across two, and the VMAs of the design that asks for it.
func TestAlignment(t *testing.T) {
	for _, d := range variants.All() {
		k := vmm.NewTask()
		m := d.New(vmm.Config{})
		for range 3 {
			s := addrspace.Of(m.NewVMM(k))
			if a := uintptr(unsafe.Pointer(s.MM)); a%64 != 0 {
				t.Errorf("%s: an mm lies at %#x", d.Name, a)
			}
			if off := unsafe.Offsetof(s.MM.Lock) % 64; off != 56 {
				t.Errorf("mmap_lock is %d bytes into a line, want 56", off)
			}
			release := holdAll(s, k)
			s.WriteLock(k)
			for i := range 30 {
				v := s.Place(k, vmm.Range{Start: vmm.Addr(0x100000 + i*2*page), End: vmm.Addr(0x100000 + (i*2+1)*page)}, rw)
				if a := uintptr(unsafe.Pointer(v)); d.Name == "refcount" && a%64 != 0 {
					t.Fatalf("VMA %d lies at %#x", i, a)
				}
			}
			s.WriteUnlock(k)
			release()
		}
		k.Release()
	}
}
