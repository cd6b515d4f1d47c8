package mm

import (
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"vmabench/vmm"
)

// TestIndexBytes holds the index to 1.5 times the maple tree's 20 bytes a VMA
// when VMAs are made in address order, upwards or downwards, with and without
// holes, below a stack and above a program.
func TestIndexBytes(t *testing.T) {
	const n, most = 40_000, 30
	all := vmm.Range{Start: vmm.MmapMinAddr, End: vmm.TaskSize}
	for _, c := range []struct {
		name   string
		stride uint64
		at     func(i int) int
	}{
		{"up", 4, func(i int) int { return i }},
		{"up-holes", 5, func(i int) int { return i }},
		{"up-long-holes", 4 + 5000, func(i int) int { return i }},
		{"down", 4, func(i int) int { return n - 1 - i }},
		{"down-holes", 5, func(i int) int { return n - 1 - i }},
	} {
		var x Index
		base := vmm.BrkBase.Page()
		x.Store(pages(base-2000, 7), new(VMA))
		x.Store(pages(all.End.Page()-100, 50), new(VMA))
		for i := range n {
			x.Store(pages(base+uint64(c.at(i))*c.stride, 4), new(VMA))
		}
		if err := x.Check(); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		limit := float64(most)
		if c.stride > 4096 {
			limit = 2 * most // each hole needs an entry
		}
		per := float64(x.Bytes()) / n
		t.Logf("%s: %.1f bytes a VMA in %d nodes", c.name, per, x.Nodes())
		if per > limit || x.Len() != n+2 {
			t.Errorf("%s: %.1f bytes a VMA, want at most %v; %d entries", c.name, per, limit, x.Len())
		}
	}
}

// TestIndexBytesSplit is the same for one mapping that mprotect cuts to
// pieces: each piece is stored into what is left of the mapping.
func TestIndexBytesSplit(t *testing.T) {
	const n = 40_000
	var x Index
	base := vmm.BrkBase.Page()
	x.Store(pages(base, n), new(VMA))
	for i := uint64(1); i < n; i++ {
		x.Store(pages(base+i, n-i), new(VMA))
	}
	if per := float64(x.Bytes()) / n; per > 30 || x.Len() != n {
		t.Errorf("%.1f bytes a VMA, want at most 30; %d entries, want %d", per, x.Len(), n)
	}
}

// TestIndexBytesRandom holds it to the same where VMAs come in any order: a full
// leaf shares with a neighbour that has room before it is split.
func TestIndexBytesRandom(t *testing.T) {
	const n = 40_000
	var x Index
	for _, i := range rand.New(rand.NewPCG(1, 2)).Perm(n) {
		x.Store(pages(16+uint64(i)*5, 4), new(VMA))
	}
	if err := x.Check(); err != nil {
		t.Fatal(err)
	}
	if per := float64(x.Bytes()) / n; per > 30 {
		t.Errorf("%.1f bytes a VMA, want at most 30", per)
	}
}

// TestIndexShrinks clears a large tree in several orders: nodes must go with
// their entries, and the last takes the root.
func TestIndexShrinks(t *testing.T) {
	const n = 5000
	orders := map[string][]int{"random": rand.New(rand.NewPCG(1, 1)).Perm(n), "up": nil, "down": nil}
	for i := range n {
		orders["up"] = append(orders["up"], i)
		orders["down"] = append(orders["down"], n-1-i)
	}
	for name, order := range orders {
		x, _ := benchIndex(n)
		for k, i := range order {
			x.Store(vmaRange(i), nil)
			left := n - 1 - k
			if left%500 == 0 || left < 40 {
				if err := x.Check(); err != nil {
					t.Fatalf("%s: %d left: %v", name, left, err)
				}
				if x.Len() != left {
					t.Fatalf("%s: %d entries, want %d", name, x.Len(), left)
				}
			}
			// A third full on average, if only just.
			if left%500 == 0 && left > 0 && x.Nodes() > left/minFill*5/4+2 {
				t.Errorf("%s: %d nodes for %d entries", name, x.Nodes(), left)
			}
		}
		if x.root.Load() != nil {
			t.Errorf("%s: an empty index keeps a node", name)
		}
	}
}

// TestIndexWideEdit replaces ranges that span several subtrees by one edit.
func TestIndexWideEdit(t *testing.T) {
	for _, v := range []*VMA{nil, new(VMA)} {
		for _, width := range []int{1, 14, 15, 16, 200, 225, 3000, 4999} {
			x, vmas := benchIndex(5000)
			from := (5000 - width) / 2
			r := vmm.Range{Start: vmaRange(from).Start + page, End: vmaRange(from+width-1).End - page}
			x.Store(r, v)
			if err := x.Check(); err != nil {
				t.Fatalf("width %d: %v", width, err)
			}
			if x.Find(r.Start) != v || x.Find(r.End-1) != v {
				t.Errorf("width %d: the range is not there", width)
			}
			if x.Find(r.Start-1) != vmas[from] || x.Find(r.End) != vmas[from+width-1] {
				t.Errorf("width %d: a neighbour was not trimmed but lost", width)
			}
		}
	}
}

// TestIndexCheck plants what must not be and expects Check to say so.
func TestIndexCheck(t *testing.T) {
	someLeaf := func(x *Index) (*leaf, *inner) {
		var p path
		root := x.root.Load()
		l, _ := p.descend(root, uint64(vmaRange(500).Start), uint64(vmaRange(500).Start))
		return l, p[1].l
	}
	for _, c := range []struct {
		name, want string
		plant      func(l *leaf, p *inner)
	}{
		{"order", "after", func(l *leaf, p *inner) { l.key[2], l.key[3] = l.key[3], l.key[2] }},
		{"overlap", "after", func(l *leaf, p *inner) { l.key[2] &^= pageMask; l.key[2] += 4 * page }},
		{"bounds", "index:", func(l *leaf, p *inner) { l.key[l.n] += 1 << 30 }},
		{"unused", "not in use", func(l *leaf, p *inner) { l.n-- }},
		{"hole", "needs no entry", func(l *leaf, p *inner) { l.vma[1] = nil }},
		{"gap", "has gap", func(l *leaf, p *inner) { p.gap[0] += page }},
		{"lead", "has lead", func(l *leaf, p *inner) { p.lead[1] += page }},
		{"level", "level", func(l *leaf, p *inner) { l.level = 1 }},
		{"bound", "has [", func(l *leaf, p *inner) { p.key[0] |= 1 }},
		{"child", "no node", func(l *leaf, p *inner) { p.child[0].Store(nil) }},
		{"empty", "has 0 entries", func(l *leaf, p *inner) { l.n = 0 }},
	} {
		x, _ := benchIndex(1000)
		if err := x.Check(); err != nil {
			t.Fatal(err)
		}
		c.plant(someLeaf(x))
		if err := x.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Check says %v, want ...%s...", c.name, err, c.want)
		}
	}
}

// TestIndexAllocations bounds the garbage of an edit and of a lookup.
func TestIndexAllocations(t *testing.T) {
	x, vmas := benchIndex(1000)
	i := 0
	if n := testing.AllocsPerRun(1000, func() {
		i = (i + 7) % 1000
		if x.Find(vmaRange(i).Start) == nil {
			t.Fatal("lost")
		}
		x.FindFrom(vmaRange(i).End)
		x.Gap(page, 0, vmaRange(i).End)
	}); n != 0 {
		t.Errorf("lookups allocate %v times", n)
	}
	// Edits that keep the number of entries: no node is split or joined.
	edit := func() { i = (i + 7) % 1000; x.Store(vmaRange(i), vmas[i]) }
	if n := testing.AllocsPerRun(1000, edit); n != 1 {
		t.Errorf("an edit allocates %v times, want 1", n)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 1000 {
		edit()
	}
	runtime.ReadMemStats(&after)
	if n := (after.TotalAlloc - before.TotalAlloc) / 1000; n > 320 {
		t.Errorf("an edit allocates %d bytes, want at most 320", n)
	}
}

// TestIndexHoles puts holes of about the length that a key can say between
// two VMAs, and lets each way to make them come by.
func TestIndexHoles(t *testing.T) {
	a, b, c := new(VMA), new(VMA), new(VMA)
	for _, hole := range []uint64{0, 1, 4094, 4095, 4096, 4097, 1 << 30} {
		var x Index
		var m model
		for _, e := range []entry{
			{pages(100, 2), a}, {pages(102+hole, 2), b}, // side by side
			{pages(102+hole, 1), nil}, {pages(101, 1), nil}, // longer
			{pages(101+hole/2, 1), c}, {pages(101+hole/2, 1), nil}, // cut in two, and again one
			{pages(101, hole+2), c}, {pages(102, hole), nil}, // filled, and punched out
		} {
			x.Store(e.r, e.v)
			m.store(e.r, e.v)
			if err := m.compare(&x); err != nil {
				t.Fatalf("hole of %d pages: %v", hole, err)
			}
			for _, at := range []uint64{101, 102, 102 + hole/2, 101 + hole, 102 + hole} {
				if err := m.probe(&x, vmm.Addr(at*page), page*max(hole, 1), vmm.TaskSize); err != nil {
					t.Fatalf("hole of %d pages: %v", hole, err)
				}
			}
		}
	}
}

// TestIndexStrange looks up addresses that no mapping can have.
func TestIndexStrange(t *testing.T) {
	var empty Index
	full, _ := benchIndex(1000)
	for _, x := range []*Index{&empty, full} {
		for _, a := range []vmm.Addr{0, 1, vmm.TaskSize, 1 << 63, ^vmm.Addr(0), ^vmm.Addr(0) - 5000} {
			if v := x.Find(a); v != nil {
				t.Errorf("Find(%#x) found something", uint64(a))
			}
		}
		x.Store(vmm.Range{Start: 0x5000, End: 0x5000}, new(VMA))
		if x.Find(0x5000) != nil {
			t.Error("an empty range was stored")
		}
		if v, r := x.FindFrom(^vmm.Addr(0)); v != nil {
			t.Errorf("FindFrom(max) = %v", r)
		}
	}
}
