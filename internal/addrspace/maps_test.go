package addrspace

import (
	"testing"

	"vmabench/vmm"
)

// How many lines a page of text takes: 4095 bytes of them, as of a running kernel's
// (variants/linux reads one).
func TestLinesOfAPage(t *testing.T) {
	file := vmm.Mapping{File: vmm.File{ID: 7}}
	for _, c := range []struct {
		what string
		m    vmm.Mapping
		room int
		want int
	}{
		{"anonymous", vmm.Mapping{}, vmm.PageSize, 83},
		{"of a file", file, vmm.PageSize, 37},
		{"shared and anonymous", vmm.Mapping{Shared: true}, vmm.PageSize, 44},
		{"no room for a line", file, 1, 1},
		{"room for a line, but for the byte that stays free", vmm.Mapping{}, 2 * 49, 1},
		{"room for two", vmm.Mapping{}, 2*49 + 1, 2},
	} {
		w := MapsWalk{room: c.room}
		for i := range vmm.Addr(1000) {
			c.m.Range = vmm.Range{Start: i << vmm.PageShift, End: (i + 1) << vmm.PageShift}
			if !w.print(c.m) {
				break
			}
		}
		if len(w.Buf) != c.want {
			t.Errorf("%s: %d lines, want %d", c.what, len(w.Buf), c.want)
		}
		if last := w.Buf[len(w.Buf)-1].End; w.from != last {
			t.Errorf("%s: goes on at %#x, want %#x", c.what, w.from, last)
		}
	}
}
