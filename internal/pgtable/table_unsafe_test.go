package pgtable

import (
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"vmabench/internal/atomic"
	"vmabench/vmm"
)

const pageSize = vmm.PageSize

func newTask(t testing.TB) *atomic.Task {
	task := new(atomic.Task)
	task.Init()
	t.Cleanup(task.Release)
	return task
}

func newTable(pool *Pool) *Table {
	pt := new(Table)
	pt.Init(pool)
	return pt
}

func pages(start, n uint64) vmm.Range {
	return vmm.Range{Start: vmm.Addr(start * pageSize), End: vmm.Addr((start + n) * pageSize)}
}

// TestSizes: a page-table page is a page, and a lock has a line of its own.
func TestSizes(t *testing.T) {
	if n := unsafe.Sizeof(pmd{}); n != TableBytes {
		t.Errorf("a directory has %d bytes, want %d", n, TableBytes)
	}
	pt := newTable(new(Pool))
	pg := pt.ensure(newTask(t), 0x1000)
	if n := unsafe.Sizeof(*pg.pte); n != TableBytes || uintptr(unsafe.Pointer(pg.pte))%TableBytes != 0 {
		t.Errorf("a PTE page has %d bytes at %p, want %d at a multiple of it", n, pg.pte, TableBytes)
	}
	if unsafe.Sizeof(*pg) != 64 || uintptr(unsafe.Pointer(pg))%64 != 0 {
		t.Errorf("a struct page has %d bytes at %p, want one cache line", unsafe.Sizeof(*pg), pg)
	}
}

// TestFreeTables frees what lies between neighbours, and nothing of theirs.
func TestFreeTables(t *testing.T) {
	const mib = 1 << 20
	const gib = 1 << 30
	for _, c := range []struct {
		name           string
		r              vmm.Range
		floor, ceiling vmm.Addr
		left           int // of PTE page, PMD page, PUD page and the top one
	}{
		{"alone", vmm.Range{Start: 4 * mib, End: 4*mib + 8192}, 0, vmm.TaskSize, 1},
		{"neighbour in the PTE page below", vmm.Range{Start: 4*mib + 8192, End: 5 * mib}, 4*mib + 4096, vmm.TaskSize, 4},
		{"neighbour in the PTE page above", vmm.Range{Start: 4 * mib, End: 5 * mib}, 0, 6*mib - 4096, 4},
		{"neighbour touches", vmm.Range{Start: 4 * mib, End: 6 * mib}, 4 * mib, 6 * mib, 3},
		{"neighbour in the PMD page", vmm.Range{Start: 4 * mib, End: 5 * mib}, 0, 100 * mib, 3},
		{"neighbour in the PUD page", vmm.Range{Start: 4 * mib, End: 5 * mib}, 0, 3 * gib, 2},
	} {
		task := newTask(t)
		pt := newTable(new(Pool))
		for a := c.r.Start; a < c.r.End; a += pageSize {
			pt.Install(task, a, true)
		}
		if n := pt.Tables(); n != 4 {
			t.Fatalf("%s: %d tables, want 4", c.name, n)
		}
		pt.Zap(task, c.r)
		pt.FreeTables(task, c.r, c.floor, c.ceiling)
		if n := pt.Tables(); n != c.left {
			t.Errorf("%s: %d tables left, want %d", c.name, n, c.left)
		}
	}
}

// TestReuse: a table that comes and goes costs no allocation, and what comes
// back from the Pool is empty.
func TestReuse(t *testing.T) {
	task := newTask(t)
	pt := newTable(new(Pool))
	r := vmm.Range{Start: 0x7f0000000000, End: 0x7f0000400000}
	n := testing.AllocsPerRun(100, func() {
		for a := r.Start; a < r.End; a += 16 * pageSize {
			if !pt.Install(task, a, true) {
				t.Fatal("a page was there before it was touched")
			}
		}
		pt.Zap(task, r)
		pt.FreeTables(task, r, 0, vmm.TaskSize)
	})
	if n != 0 || pt.Tables() != 1 {
		t.Errorf("%v allocations, %d tables left; want 0 and 1", n, pt.Tables())
	}
	pt.Install(task, r.Start, false)
	if n := testing.AllocsPerRun(100, func() { pt.Install(task, r.Start, true) }); n != 0 {
		t.Errorf("a fault on a resident page allocates %v times", n)
	}
	pt.Release(task)
}

// TestStress: tasks fault, zap, move pages and free tables, each in ranges of
// its own whose tables it shares with the others at the borders.
func TestStress(t *testing.T) {
	pool := new(Pool)
	pt := newTable(pool)
	const workers, each = 4, 700 // pages: more than a PTE page, less than two
	var wg sync.WaitGroup
	for w := range workers {
		task := newTask(t)
		r := pages(uint64(w)*each+100, each)
		wg.Add(1)
		go func() {
			defer wg.Done()
			rng := rand.New(rand.NewPCG(1, uint64(w)))
			mine := map[vmm.Addr]bool{}
			for range 3000 {
				a := r.Start + vmm.Addr(rng.IntN(each)*pageSize)
				b := r.Start + vmm.Addr(rng.IntN(each)*pageSize)
				switch k := rng.IntN(20); {
				case k < 15:
					if pt.Install(task, a, true) == mine[a] {
						t.Errorf("page %#x: first touch %v, want %v", uint64(a), mine[a], !mine[a])
						return
					}
					mine[a] = true
				case k < 19:
					if err := pt.MovePage(task, b, a); (err == nil) != (mine[a] && !mine[b]) {
						t.Errorf("MovePage: %v; source there: %v, target there: %v", err, mine[a], mine[b])
						return
					} else if err == nil {
						delete(mine, a)
						mine[b] = true
					}
				default:
					if n := pt.Zap(task, r); n != len(mine) {
						t.Errorf("Zap emptied %d entries, want %d", n, len(mine))
						return
					}
					clear(mine)
					pt.FreeTables(task, r, r.Start, r.End)
				}
			}
			pt.Zap(task, r)
		}()
	}
	wg.Wait()
	if err := pt.Check(); err != nil {
		t.Error(err)
	}
	if n := pt.Present(vmm.Range{End: vmm.TaskSize}); n != 0 {
		t.Errorf("%d pages left", n)
	}
	pt.Release(newTask(t))
}

// TestOpposite moves pages in both directions between two PTE pages: the
// locks of a pair must be taken in one order.
func TestOpposite(t *testing.T) {
	pt := newTable(new(Pool))
	var wg sync.WaitGroup
	for w := range vmm.Addr(2) {
		task := newTask(t)
		here, there := w<<21, (1-w)<<21
		here, there = here+w*pageSize, there+w*pageSize
		pt.Install(task, here, true)
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 20_000 {
				if err := pt.MovePage(task, there, here); err != nil {
					t.Error(err)
					return
				}
				here, there = there, here
			}
		}()
	}
	wg.Wait()
	if n := pt.Present(vmm.Range{End: vmm.TaskSize}); n != 2 {
		t.Errorf("%d pages, want 2", n)
	}
}

// TestCheck plants what must not be and expects Check to say so.
func TestCheck(t *testing.T) {
	const a = 0x123456000
	for _, c := range []struct {
		want  string
		plant func(*Table)
	}{
		{"page_table_lock", func(pt *Table) { pt.mu.TryLock() }},
		{"lock of", func(pt *Table) { pt.find(a).lock.TryLock() }},
		{"neither empty", func(pt *Table) { pt.find(a).slot(a).Store(uint64(writable)) }},
		{"copy-on-write", func(pt *Table) { pt.find(a).slot(a).Or(uint64(cow)) }},
	} {
		task := newTask(t)
		pt := newTable(new(Pool))
		pt.Install(task, a, true)
		if err := pt.Check(); err != nil {
			t.Fatal(err)
		}
		c.plant(pt)
		if err := pt.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Check says %v, want ...%s...", err, c.want)
		}
	}
}

func TestPTEString(t *testing.T) {
	for e, want := range map[PTE]string{
		0:                                  "none",
		present | accessed | 5<<frameShift: "p-a--:0x5",
		present | writable | dirty | 1<<frameShift: "pw-d-:0x1",
		present | cow: "p---c:0x0",
	} {
		if got := e.String(); got != want {
			t.Errorf("%#x prints %q, want %q", uint64(e), got, want)
		}
	}
}

// BenchmarkInstall is the page-table part of a fault.
func BenchmarkInstall(b *testing.B) {
	const n = 1 << 16
	b.Run("resident", func(b *testing.B) {
		task, pt := newTask(b), newTable(new(Pool))
		pt.Install(task, 0x1000, true)
		b.ReportAllocs()
		for b.Loop() {
			pt.Install(task, 0x1000, true)
		}
	})
	b.Run("first", func(b *testing.B) {
		task, pt := newTask(b), newTable(new(Pool))
		b.ReportAllocs()
		for i := range b.N {
			if i%n == 0 {
				b.StopTimer()
				pt.Zap(task, pages(0, n))
				b.StartTimer()
			}
			pt.Install(task, vmm.Addr(i%n*pageSize), true)
		}
	})
}
