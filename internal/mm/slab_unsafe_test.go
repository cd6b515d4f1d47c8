package mm

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"unsafe"

	"vmabench/internal/atomic"
	"vmabench/vmm"
)

func newTask(t testing.TB) *atomic.Task {
	task := new(atomic.Task)
	task.Init()
	t.Cleanup(task.Release)
	return task
}

// The pages that real kernels fill with their VMAs and lock objects.
type (
	vma152  struct{ _ [19]*VMA }
	vma176  struct{ _ [22]*VMA }
	vma192  struct{ _ [24]*VMA }
	vma256  struct{ _ [32]*VMA }
	lock40  struct{ _ [5]uint64 }
	page152 struct {
		obj [26]vma152
		_   [144]byte
	}
	page176 struct {
		obj [23]vma176
		_   [48]byte
	}
	page192 struct {
		obj [21]vma192
		_   [64]byte
	}
	page256 struct{ obj [16]vma256 }
	page40  struct {
		obj [102]lock40
		_   [16]byte
	}
)

func TestSlabLayout(t *testing.T) {
	slabLayout(t, 26, 8, func(p *page152) []vma152 { return p.obj[:] })
	slabLayout(t, 23, 16, func(p *page176) []vma176 { return p.obj[:] })
	slabLayout(t, 21, 64, func(p *page192) []vma192 { return p.obj[:] })
	slabLayout(t, 16, 256, func(p *page256) []vma256 { return p.obj[:] })
	slabLayout(t, 102, 8, func(p *page40) []lock40 { return p.obj[:] })
}

// slabLayout expects perPage objects in each page, none across two, each at a
// multiple of align.
func slabLayout[T, P any](t *testing.T, perPage int, align uintptr, objs func(*P) []T) {
	t.Helper()
	task := newTask(t)
	s := NewSlab(objs, 0)
	size := unsafe.Sizeof(*new(T))
	if got := unsafe.Sizeof(*new(P)); got != vmm.PageSize {
		t.Errorf("size %d: the test's page has %d bytes", size, got)
	}
	const n = 3000
	inPage := map[uintptr]int{}
	seen := map[uintptr]bool{}
	for range n {
		a := uintptr(unsafe.Pointer(s.Alloc(task)))
		if a%align != 0 || a/vmm.PageSize != (a+size-1)/vmm.PageSize || seen[a] {
			t.Fatalf("size %d: object at %#x: want a multiple of %d inside a page, once", size, a, align)
		}
		seen[a] = true
		inPage[a/vmm.PageSize]++
	}
	for p, k := range inPage {
		if k != perPage && k != n%perPage {
			t.Errorf("size %d: page %#x has %d objects, want %d", size, p, k, perPage)
		}
	}
	live, pages := s.Stats(task)
	if want := (n + perPage - 1) / perPage; live != n || pages != want || len(inPage) != want || s.PerPage() != perPage {
		t.Errorf("size %d: %d live in %d pages (%d seen) of %d each; want %d in %d of %d",
			size, live, pages, len(inPage), s.PerPage(), n, want, perPage)
	}
	if got, want := s.SlabBytes(perPage), vmm.PageSize; got != want {
		t.Errorf("size %d: %d objects cost %d bytes of pages, want %d", size, perPage, got, want)
	}
}

func testSlab(flags SlabFlags) *Slab[vma192] {
	return NewSlab(func(p *page192) []vma192 { return p.obj[:] }, flags)
}

// TestSlabReuse: what was freed last comes back first.
func TestSlabReuse(t *testing.T) {
	task := newTask(t)
	s := testSlab(0)
	a, b, c := s.Alloc(task), s.Alloc(task), s.Alloc(task)
	s.Free(task, a)
	s.Free(task, c)
	if x, y, z := s.Alloc(task), s.Alloc(task), s.Alloc(task); x != c || y != a || z == b {
		t.Errorf("freed a, c: got %p %p %p, want c %p, a %p and one that is not b %p", x, y, z, c, a, b)
	}
	if live, pages := s.Stats(task); live != 4 || pages != 1 {
		t.Errorf("%d live in %d pages, want 4 in 1", live, pages)
	}
}

// TestSlabNoRecycle: the control never gives an object out twice.
func TestSlabNoRecycle(t *testing.T) {
	task := newTask(t)
	s := testSlab(SlabNoRecycle)
	seen := map[*vma192]bool{}
	for range 50 {
		o := s.Alloc(task)
		if seen[o] {
			t.Fatal("an object came back")
		}
		seen[o] = true
		s.Free(task, o)
	}
	for range 22 {
		s.Alloc(task)
	}
	if live, pages := s.Stats(task); live != 22 || pages != 2 {
		t.Errorf("%d live in %d pages, want 22 in 2", live, pages)
	}
}

// TestSlabModel runs random calls against a set of what is out.
func TestSlabModel(t *testing.T) {
	task := newTask(t)
	s := testSlab(SlabTypeSafe)
	rng := rand.New(rand.NewPCG(1, 1))
	var out []*vma192
	held := map[*vma192]bool{}
	peak := 0
	for i := range 20_000 {
		if len(out) == 0 || rng.IntN(100) < 50+20*(1-i/5000%2*2) {
			o := s.Alloc(task)
			if held[o] {
				t.Fatal("an object was given out twice")
			}
			held[o] = true
			out = append(out, o)
		} else {
			k := rng.IntN(len(out))
			o := out[k]
			out[k] = out[len(out)-1]
			out = out[:len(out)-1]
			delete(held, o)
			s.Free(task, o)
		}
		peak = max(peak, len(out))
		if live, pages := s.Stats(task); live != len(out) || pages != (peak+20)/21 {
			t.Fatalf("%d live in %d pages, want %d in %d", live, pages, len(out), (peak+20)/21)
		}
	}
}

// TestSlabStress: tasks hold objects of one slab; nobody finds his own changed.
func TestSlabStress(t *testing.T) {
	s := NewSlab(func(p *page40) []lock40 { return p.obj[:] }, 0)
	var wg sync.WaitGroup
	for w := range 4 {
		task := newTask(t)
		wg.Add(1)
		go func() {
			defer wg.Done()
			var mine [20]*lock40
			for i := range 20_000 {
				k := i % len(mine)
				if o := mine[k]; o != nil {
					if *(*uint64)(unsafe.Pointer(o)) != uint64(w*1000+k) {
						t.Error("an object that is held was given to another task")
						return
					}
					s.Free(task, o)
				}
				mine[k] = s.Alloc(task)
				*(*uint64)(unsafe.Pointer(mine[k])) = uint64(w*1000 + k)
			}
		}()
	}
	wg.Wait()
	if live, pages := s.Stats(newTask(t)); live != 80 || pages != 1 {
		t.Errorf("%d live in %d pages, want 80 in 1", live, pages)
	}
}

// TestSlabAllocations: only a new page allocates, Free never.
func TestSlabAllocations(t *testing.T) {
	task := newTask(t)
	s := testSlab(0)
	var out [1000]*vma192
	for i := range out {
		out[i] = s.Alloc(task)
	}
	if cap(s.free) < s.pages*s.perPage {
		t.Errorf("the free list has room for %d objects of %d", cap(s.free), s.pages*s.perPage)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, o := range out {
		s.Free(task, o)
	}
	for i := range out {
		out[i] = s.Alloc(task)
	}
	runtime.ReadMemStats(&after)
	if n := after.Mallocs - before.Mallocs; n > 10 { // the runtime's own
		t.Errorf("1000 objects freed and allocated again: %d allocations", n)
	}
}

// BenchmarkSlab is one Alloc and one Free.
func BenchmarkSlab(b *testing.B) {
	task := newTask(b)
	s := testSlab(0)
	b.ReportAllocs()
	for b.Loop() {
		s.Free(task, s.Alloc(task))
	}
}

// TestSlabOrder: objects of a fresh page are all used, in an order that is not
// that of their addresses, that begins elsewhere in the next page, and that is
// the same in another slab.
func TestSlabOrder(t *testing.T) {
	task := newTask(t)
	pages := func() (out [2][]int) {
		s := NewSlab(func(p *page40) []lock40 { return p.obj[:] }, 0)
		for i := range out {
			for range 102 {
				out[i] = append(out[i], int(uintptr(unsafe.Pointer(s.Alloc(task)))%vmm.PageSize/40))
			}
		}
		return out
	}
	a, b := pages(), pages()
	for i, page := range a {
		if !slices.Equal(page, b[i]) {
			t.Errorf("page %d: %v in one slab, %v in another", i, page, b[i])
		}
		neighbours := 0
		for j := 1; j < len(page); j++ {
			if d := page[j] - page[j-1]; d == 1 || d == -1 {
				neighbours++
			}
		}
		if neighbours > 10 {
			t.Errorf("page %d: %d of 101 objects lie beside the one before: %v", i, neighbours, page)
		}
		slices.Sort(page)
		if len(slices.Compact(page)) != 102 {
			t.Errorf("page %d: objects are missing", i)
		}
	}
	if b[0][0] == b[1][0] {
		t.Errorf("both pages begin with object %d", b[0][0])
	}
}
