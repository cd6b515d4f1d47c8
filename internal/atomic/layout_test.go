package atomic

import (
	stdatomic "sync/atomic"
	"testing"
	"unsafe"
)

// The types have the size and alignment of sync/atomic's in both builds, so
// that layouts and false sharing are the same in all three machines.
func TestLayout(t *testing.T) {
	for _, c := range []struct {
		name             string
		size, want       uintptr
		align, wantAlign uintptr
	}{
		{"Bool", unsafe.Sizeof(Bool{}), unsafe.Sizeof(stdatomic.Bool{}), unsafe.Alignof(Bool{}), unsafe.Alignof(stdatomic.Bool{})},
		{"Int32", unsafe.Sizeof(Int32{}), unsafe.Sizeof(stdatomic.Int32{}), unsafe.Alignof(Int32{}), unsafe.Alignof(stdatomic.Int32{})},
		{"Int64", unsafe.Sizeof(Int64{}), unsafe.Sizeof(stdatomic.Int64{}), unsafe.Alignof(Int64{}), unsafe.Alignof(stdatomic.Int64{})},
		{"Uint32", unsafe.Sizeof(Uint32{}), unsafe.Sizeof(stdatomic.Uint32{}), unsafe.Alignof(Uint32{}), unsafe.Alignof(stdatomic.Uint32{})},
		{"Uint64", unsafe.Sizeof(Uint64{}), unsafe.Sizeof(stdatomic.Uint64{}), unsafe.Alignof(Uint64{}), unsafe.Alignof(stdatomic.Uint64{})},
		{"Pointer", unsafe.Sizeof(Pointer[int]{}), unsafe.Sizeof(stdatomic.Pointer[int]{}), unsafe.Alignof(Pointer[int]{}), unsafe.Alignof(stdatomic.Pointer[int]{})},
		{"SpinLock", unsafe.Sizeof(SpinLock{}), 4, unsafe.Alignof(SpinLock{}), 4},
		{"Cell of a byte", unsafe.Sizeof(Cell[uint8]{}), 1, unsafe.Alignof(Cell[uint8]{}), 1},
		{"Cell of a pointer", unsafe.Sizeof(Cell[*int]{}), unsafe.Sizeof(uintptr(0)), unsafe.Alignof(Cell[*int]{}), unsafe.Alignof(uintptr(0))},
	} {
		if c.size != c.want || c.align != c.wantAlign {
			t.Errorf("%s: size %d, alignment %d, want %d and %d", c.name, c.size, c.align, c.want, c.wantAlign)
		}
	}
}
