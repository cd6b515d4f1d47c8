package pgtable

import (
	"math/rand/v2"
	"testing"

	"vmabench/internal/atomic"
	"vmabench/vmm"
)

// modelPage is what a page-table entry must say: what the page holds, and how
// it is mapped.
type modelPage struct {
	content                     int
	writable, dirty, young, cow bool
}

// model is two address spaces as maps, a parent and its child.
type model struct {
	page [2]map[vmm.Addr]*modelPage
	last int // contents made so far
}

func (m *model) install(as int, a vmm.Addr, write bool) (first bool) {
	p := m.page[as][a]
	if p == nil || write && p.cow {
		m.last++
		p = &modelPage{content: m.last}
		m.page[as][a] = p
		first = true
	}
	p.young = true
	if write {
		p.writable, p.dirty = true, true
	}
	return first
}

func (m *model) zap(as int, r vmm.Range) (n int) {
	for a := r.Start; a < r.End; a += pageSize {
		if m.page[as][a] != nil {
			delete(m.page[as], a)
			n++
		}
	}
	return n
}

func (m *model) protect(as int, r vmm.Range) {
	for a := r.Start; a < r.End; a += pageSize {
		if p := m.page[as][a]; p != nil {
			p.writable = false
		}
	}
}

func (m *model) fork(r vmm.Range) {
	for a := r.Start; a < r.End; a += pageSize {
		p := m.page[0][a]
		if p == nil {
			continue
		}
		p.cow, p.writable = true, false
		c := *p
		c.young = false
		m.page[1][a] = &c
	}
}

func (m *model) move(as int, r vmm.Range, to vmm.Addr) {
	for a := r.Start; a < r.End; a += pageSize {
		if p := m.page[as][a]; p != nil {
			delete(m.page[as], a)
			m.page[as][to+(a-r.Start)] = p
		}
	}
}

// compare expects the tables to say what m says: also that two pages have one
// frame only if they have one content.
func (m *model) compare(t *testing.T, tables []*Table, all vmm.Range) {
	t.Helper()
	frames := map[uint64]int{}
	for as, pt := range tables {
		if err := pt.Check(); err != nil {
			t.Fatal(err)
		}
		if n := pt.Present(all); n != len(m.page[as]) {
			t.Fatalf("space %d: %d pages present, want %d", as, n, len(m.page[as]))
		}
		for a, p := range m.page[as] {
			e := pt.Lookup(a)
			if !e.Present() || e.Writable() != p.writable || e.Dirty() != p.dirty || e.Accessed() != p.young || e.COW() != p.cow {
				t.Fatalf("space %d: %#x is %v, want %+v", as, uint64(a), e, *p)
			}
			if c, ok := frames[e.Frame()]; ok && c != p.content {
				t.Fatalf("space %d: %#x has frame %#x of content %d, want %d", as, uint64(a), e.Frame(), c, p.content)
			}
			frames[e.Frame()] = p.content
		}
	}
	contents := map[int]bool{}
	for _, c := range frames {
		if contents[c] {
			t.Fatalf("content %d has two frames", c)
		}
		contents[c] = true
	}
}

// TestModel runs random operations on two tables of a Pool and on the model.
// The addresses lie around the borders of PTE pages and of directories.
func TestModel(t *testing.T) {
	for _, base := range []uint64{0, 512*7 - 20, 512*512 - 40, 512*512*512 - 60} {
		task := newTask(t)
		pool := new(Pool)
		r := modelRun{
			T: t, task: task, base: base, tables: []*Table{newTable(pool), newTable(pool)},
			model: model{page: [2]map[vmm.Addr]*modelPage{{}, {}}}, rng: rand.New(rand.NewPCG(1, base)),
		}
		all := pages(base, 3*modelSpan)
		for i := range 1500 {
			r.step()
			if i%10 == 0 {
				r.compare(t, r.tables, all)
			}
		}
		for as, pt := range r.tables {
			if got, want := pt.Zap(task, all), len(r.page[as]); got != want {
				t.Errorf("the last Zap emptied %d entries, want %d", got, want)
			}
		}
	}
}

const modelSpan = 1200 // pages that TestModel works on

// modelRun is a run of TestModel.
type modelRun struct {
	*testing.T
	model
	task   *atomic.Task
	base   uint64
	tables []*Table
	rng    *rand.Rand
}

// some returns a range of at most so many pages.
func (m *modelRun) some(most uint64) vmm.Range {
	n := 1 + m.rng.Uint64N(most)
	return pages(m.base+m.rng.Uint64N(modelSpan-n), n)
}

func (m *modelRun) step() {
	as := m.rng.IntN(2)
	pt := m.tables[as]
	switch k := m.rng.IntN(100); {
	case k < 60:
		for range 10 {
			a, write := m.some(1).Start, m.rng.IntN(2) == 0
			if got, want := pt.Install(m.task, a, write), m.install(as, a, write); got != want {
				m.Fatalf("Install(%#x, %v) = %v, want %v", uint64(a), write, got, want)
			}
		}
	case k < 70:
		r := m.some(100)
		if got, want := pt.Zap(m.task, r), m.zap(as, r); got != want {
			m.Fatalf("Zap(%v) = %d, want %d", r, got, want)
		}
	case k < 75:
		r := m.some(100)
		pt.Protect(m.task, r, vmm.ProtRead)
		m.protect(as, r)
	case k < 80: // fork: the child's range is empty
		r := m.some(300)
		m.tables[1].Zap(m.task, r)
		m.zap(1, r)
		m.tables[0].CopyRange(m.task, m.tables[1], r)
		m.fork(r)
	case k < 90:
		m.awayAndBack(as)
	default:
		dst, src := m.some(1), m.some(1)
		m.movePage(m.T, as, pt, m.task, dst.Start, src.Start)
	}
}

// awayAndBack moves a range by other distances from the borders of tables.
func (m *modelRun) awayAndBack(as int) {
	r := m.some(700)
	to := r.Start + vmm.Addr((modelSpan+m.rng.Uint64N(100))*pageSize)
	m.tables[as].MoveRange(m.task, r, to)
	m.move(as, r, to)
	m.compare(m.T, m.tables, pages(m.base, 3*modelSpan))
	away := vmm.Range{Start: to, End: to + (r.End - r.Start)}
	m.tables[as].MoveRange(m.task, away, r.Start)
	m.move(as, away, r.Start)
}

func (m *model) movePage(t *testing.T, as int, pt *Table, task *atomic.Task, dst, src vmm.Addr) {
	var want error
	switch {
	case m.page[as][dst] != nil:
		want = vmm.EEXIST
	case m.page[as][src] == nil:
		want = vmm.EAGAIN
	default:
		m.move(as, vmm.Range{Start: src, End: src + pageSize}, dst)
	}
	if got := pt.MovePage(task, dst, src); got != want {
		t.Fatalf("MovePage(%#x, %#x) = %v, want %v", uint64(dst), uint64(src), got, want)
	}
}
