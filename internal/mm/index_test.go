package mm

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"vmabench/vmm"
)

const page = vmm.PageSize

func pages(start, n uint64) vmm.Range {
	return vmm.Range{Start: vmm.Addr(start * page), End: vmm.Addr((start + n) * page)}
}

// TestIndexModel runs random edits on an Index and on the model. Spans decide
// the shapes: dense ones split and join entries, wide ones make long holes,
// and the share of clearing makes trees grow or shrink.
func TestIndexModel(t *testing.T) {
	for _, c := range []struct {
		name        string
		span, long  uint64 // addresses and longest edit, in pages
		clear, step int    // clear 1 edit of so many; compare each so many
	}{
		{"dense", 300, 8, 4, 1},
		{"dense-long", 400, 200, 3, 1},
		{"wide", 1 << 22, 1 << 12, 3, 1},
		{"huge", 1 << 35, 1 << 24, 8, 7},
		{"many", 1 << 14, 4, 6, 50},
	} {
		t.Run(c.name, func(t *testing.T) {
			edits := 3000
			if testing.Short() {
				edits = 500
			}
			rng := rand.New(rand.NewPCG(1, c.span))
			var x Index
			var m model
			for i := range edits {
				a := rng.Uint64N(c.span)
				r := pages(a, min(1+rng.Uint64N(c.long), c.span-a))
				if i > edits/2 && i%(edits/8) == 0 { // now and then nearly all at once
					r = pages(c.span/16, c.span-c.span/8)
				}
				var v *VMA
				if rng.IntN(c.clear) > 0 {
					v = new(VMA)
				}
				x.Store(r, v)
				m.store(r, v)
				if i%c.step == 0 {
					if err := m.compare(&x); err != nil {
						t.Fatalf("edit %d, Store(%v, %v): %v", i, r, v != nil, err)
					}
				}
				for range 4 {
					b := rng.Uint64N(c.span + 2)
					high := vmm.Addr(page * rng.Uint64N(c.span+2))
					if err := m.probe(&x, vmm.Addr(b*page), page*(1+rng.Uint64N(c.long)), high); err != nil {
						t.Fatalf("edit %d: %v", i, err)
					}
				}
			}
		})
	}
}

// FuzzIndex reads edits from its input: 4 bytes each, an address, a length and
// whether to clear, in a space small enough to meet itself.
func FuzzIndex(f *testing.F) {
	f.Add([]byte{1, 0, 3, 1, 2, 0, 1, 1, 0, 0, 9, 0})
	seed := make([]byte, 0, 400)
	for i := range 100 { // a tree of two levels, then holes
		seed = append(seed, byte(i*3), 0, 1, byte(i%7))
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, data []byte) {
		var x Index
		var m model
		data = data[:min(len(data), 1000)]
		for ; len(data) >= 4; data = data[4:] {
			at := uint64(binary.LittleEndian.Uint16(data)) % 1024
			if data[1]&0x80 != 0 {
				at <<= 13 // holes of more than a key can say
			}
			r := pages(at, 1+uint64(data[2]))
			var v *VMA
			if data[3]%4 > 0 {
				v = new(VMA)
			}
			x.Store(r, v)
			m.store(r, v)
			if err := m.probe(&x, r.Start, page*uint64(data[3]), r.End+1<<24); err != nil {
				t.Fatal(err)
			}
		}
		if err := m.compare(&x); err != nil {
			t.Fatal(err)
		}
	})
}
