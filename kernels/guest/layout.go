//go:build linux && amd64

package main

import (
	"encoding/binary"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// layouts prints where the fields lie that a fault's locks are in: which of them
// share a cache line is an accident of a kernel's configuration. A structure
// without a field has none of it: vm_lock gave way to vm_refcnt.
func layouts() error {
	if err := unix.Mount("sysfs", "/sys", "sysfs", 0, ""); err != nil {
		return err
	}
	raw, err := os.ReadFile("/sys/kernel/btf/vmlinux")
	if err != nil {
		return err
	}
	for _, s := range []struct {
		name   string
		fields []string
	}{
		{"mm_struct", []string{"pgd", "map_count", "page_table_lock", "mmap_lock", "mm_lock_seq"}},
		{"vm_area_struct", []string{"vm_start", "vm_mm", "vm_lock_seq", "vm_lock", "vm_refcnt"}},
		{"rw_semaphore", []string{"count", "owner"}},
	} {
		size, at, err := structure(raw, s.name)
		if err != nil {
			return err
		}
		fmt.Printf("BenchmarkKernelLayout/design=%s/struct=%s 1 %d struct-B", *design, s.name, size)
		for _, f := range s.fields {
			if off, ok := at[f]; ok {
				fmt.Printf(" %d %s-at-B", off, f)
			}
		}
		fmt.Println()
	}
	return nil
}

// Kinds of types in the BPF type format (Documentation/bpf/btf.rst): what
// follows the three words that every type has.
var (
	btfExtra   = map[uint32]uint32{1: 4, 3: 12, 14: 4, 17: 4}                 // bytes: INT, ARRAY, VAR, DECL_TAG
	btfMembers = map[uint32]uint32{4: 12, 5: 12, 6: 8, 13: 8, 15: 12, 19: 12} // bytes each: STRUCT, UNION, ENUM, FUNC_PROTO, DATASEC, ENUM64
)

const btfStruct, btfUnion, btfMembersMax = 4, 5, 0xffff

// btf is the types of a kernel; each is where its words begin, by number.
type btf struct {
	data, strings []byte
	types         []uint32
}

func (b *btf) word(at uint32) uint32 { return binary.LittleEndian.Uint32(b.data[at:]) }

func (b *btf) name(at uint32) string { return unix.ByteSliceToString(b.strings[b.word(at):]) }

func (b *btf) kind(at uint32) uint32 { return b.word(at+4) >> 24 & 31 }

// structure returns the size of a structure and the offsets of its fields in
// bytes, those of structures without a name in it too.
func structure(raw []byte, name string) (size uint32, at map[string]uint32, err error) {
	b := &btf{data: raw}
	head := b.word(4)
	b.data, b.strings = raw[head+b.word(8):], raw[head+b.word(16):]
	end := binary.LittleEndian.Uint32(raw[12:])
	b.types = append(b.types, 0) // void
	for p := uint32(0); p < end; {
		b.types = append(b.types, p)
		k := b.kind(p)
		p += 12 + btfExtra[k] + btfMembers[k]*(b.word(p+4)&btfMembersMax)
	}
	for _, p := range b.types[1:] {
		if b.kind(p) == btfStruct && b.name(p) == name && b.word(p+4)&btfMembersMax > 0 {
			at = map[string]uint32{}
			b.fields(p, 0, at)
			return b.word(p + 8), at, nil
		}
	}
	return 0, nil, fmt.Errorf("the kernel's types have no %s", name)
}

func (b *btf) fields(p, base uint32, at map[string]uint32) {
	flagged := b.word(p+4)>>31 != 0
	for i := range b.word(p+4) & btfMembersMax {
		m := p + 12 + 12*i
		bits := b.word(m + 8)
		if flagged {
			bits &= 0xffffff // the rest is a bit field's size
		}
		off, t := base+bits/8, b.types[b.word(m+4)]
		if n := b.name(m); n != "" {
			at[n] = off
		} else if k := b.kind(t); k == btfStruct || k == btfUnion {
			b.fields(t, off, at)
		}
	}
}
