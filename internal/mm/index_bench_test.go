package mm

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"vmabench/internal/atomic"
	"vmabench/vmm"
)

// The layout of all benchmarks here: VMA i has 4 pages, and a page of hole
// behind it. They are made in random order.
const vmaPages, vmaStride = 4, 5

// benchVMA is a VMA in a slab, of the size that the kernel gives it.
type benchVMA struct {
	VMA
	Rest
	_ [192 - 40 - 56]byte
}

type benchPage struct {
	obj [21]benchVMA
	_   [64]byte
}

func vmaRange(i int) vmm.Range { return pages(16+uint64(i)*vmaStride, vmaPages) }

// benchIndex returns an Index of n VMAs and the VMAs.
func benchIndex(n int) (*Index, []*VMA) {
	var task atomic.Task
	slab := NewSlab(func(p *benchPage) []benchVMA { return p.obj[:] }, 0)
	x := new(Index)
	vmas := make([]*VMA, n)
	for _, i := range rand.New(rand.NewPCG(1, 2)).Perm(n) {
		v := &slab.Alloc(&task).VMA
		r := vmaRange(i)
		v.Start.Set(r.Start)
		v.End.Set(r.End)
		vmas[i] = v
		x.Store(r, v)
	}
	return x, vmas
}

// lookups finds n VMAs, each address chosen by what the last lookup returned,
// as a fault is done before the next can happen. local stays in a VMA for 64
// lookups.
func lookups(x *Index, vmas, n int, local bool) {
	var at uint64
	seed := uint64(1)
	for i := range n {
		if !local || i%64 == 0 {
			seed = seed*6364136223846793005 + 1442695040888963407
			at = (seed >> 32) * uint64(vmas) >> 32
		}
		a := vmm.Addr((16 + at*vmaStride + seed&3) * page)
		v := x.Find(a)
		seed += uint64(v.Start.Get()) & 1 // 0, but the CPU must wait to know
	}
}

var benchSizes = []int{10, 100, 1000, 10_000, 100_000}

// BenchmarkFind is a lookup, at random or staying in a VMA.
func BenchmarkFind(b *testing.B) {
	for _, order := range []string{"random", "local"} {
		for _, n := range benchSizes {
			b.Run(fmt.Sprintf("order=%s/vmas=%d", order, n), func(b *testing.B) {
				x, _ := benchIndex(n)
				b.ReportAllocs()
				b.ResetTimer()
				lookups(x, n, b.N, order == "local")
			})
		}
	}
}

// updates clears or stores n VMAs at random, with the function given.
func updates(store func(vmm.Range, *VMA), vmas []*VMA, n int) {
	rng := rand.New(rand.NewPCG(3, 4))
	out := make([]bool, len(vmas))
	for range n {
		i := int(rng.Uint32N(uint32(len(vmas))))
		if v := vmas[i]; out[i] {
			store(vmaRange(i), v)
		} else {
			store(vmaRange(i), nil)
		}
		out[i] = !out[i]
	}
}

// BenchmarkStore is an edit: the Index beside a version that copies the whole
// path from the root.
func BenchmarkStore(b *testing.B) {
	for _, n := range benchSizes {
		for _, how := range []string{"leaf", "path"} {
			b.Run(fmt.Sprintf("copy=%s/vmas=%d", how, n), func(b *testing.B) {
				x, vmas := benchIndex(n)
				store := x.Store
				if how == "path" {
					store = x.StorePathCopy
				}
				b.ReportAllocs()
				b.ResetTimer()
				updates(store, vmas, b.N)
			})
		}
	}
}

// BenchmarkFindBesideWriter is a random lookup while another thread fills and
// clears holes between the VMAs at full rate. edits/op says whether it ran.
func BenchmarkFindBesideWriter(b *testing.B) {
	for _, n := range benchSizes[:4] {
		b.Run(fmt.Sprintf("vmas=%d", n), func(b *testing.B) {
			x, vmas := benchIndex(n)
			var stop atomic.Bool
			var edits atomic.Uint64
			done := make(chan struct{})
			go func() {
				defer close(done)
				rng := rand.New(rand.NewPCG(5, 6))
				for !stop.Load() {
					hole := pages(16+rng.Uint64N(uint64(n))*vmaStride+vmaPages, 1)
					x.Store(hole, vmas[0])
					x.Store(hole, nil)
					edits.Add(2)
				}
			}()
			for edits.Load() == 0 {
				runtime.Gosched()
			}
			b.ResetTimer()
			from := edits.Load()
			lookups(x, n, b.N, false)
			b.ReportMetric(float64(edits.Load()-from)/float64(b.N), "edits/op")
			b.StopTimer()
			stop.Store(true)
			<-done
		})
	}
}

// BenchmarkGap searches the topmost hole of a size that only the last has.
func BenchmarkGap(b *testing.B) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprintf("vmas=%d", n), func(b *testing.B) {
			x, _ := benchIndex(n)
			x.Store(vmaRange(1), nil)
			x.Store(vmm.Range{Start: 0, End: vmaRange(0).Start}, new(VMA))
			high := vmaRange(n).Start
			b.ReportAllocs()
			for b.Loop() {
				if a, ok := x.Gap(6*page, 0, high); !ok || a != vmaRange(0).End {
					b.Fatal(a, ok)
				}
			}
		})
	}
}
