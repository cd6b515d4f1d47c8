package pgtable

import (
	"unsafe"

	"vmabench/internal/atomic"
	"vmabench/vmm"
)

const (
	levelBits = 9
	entries   = 1 << levelBits

	pmdShift = vmm.PageShift + levelBits // a PTE page maps 2 MiB
	pudShift = pmdShift + levelBits      // a PMD page 1 GiB
	pgdShift = pudShift + levelBits      // a PUD page 512 GiB

	pmdSize vmm.Addr = 1 << pmdShift

	// TableBytes is the size of a page-table page.
	TableBytes = vmm.PageSize
)

// page is the struct page of a PTE page: what the kernel knows about it and
// cannot put into its 4096 bytes. One cache line, so that the locks of
// neighbours do not share one.
type page struct {
	lock   atomic.SpinLock         // the split page-table lock: protects frames, orders changes of *pte
	number uint32                  // immutable; which of two locks is taken first
	pte    *[entries]atomic.Uint64 // immutable; PTE values, which Lookup reads without the lock
	frames atomic.Cell[uint64]     // first touches so far
	next   atomic.Cell[*page]      // in the Pool's list, under its lock
	_      [32]byte
}

const _ = -(unsafe.Sizeof(page{}) ^ 64)

// dir is a page of an upper level. An entry goes from nil to a table under
// Table.mu, and back in FreeTables; walkers load it without a lock.
type dir[T any] [entries]atomic.Pointer[T]

type (
	pmd = dir[page]
	pud = dir[pmd]
	pgd = dir[pud]
)

// Table is the page table of one address space.
//
// Who may call what, as in Linux (Documentation/mm/process_addrs.rst): walking,
// zapping and installing need the mmap lock or the VMA's lock, read or write;
// FreeTables needs that nobody can find a VMA there any more.
type Table struct {
	mu   atomic.SpinLock // mm->page_table_lock: orders additions to the upper levels
	pool *Pool           // immutable after Init
	top  *pgd            // immutable after Init
}

// Init makes pt an empty table whose pages come from pool, but for the top one.
func (pt *Table) Init(pool *Pool) {
	pt.pool = pool
	pt.top = new(pgd)
	atomic.Kind(pt.top, "page directory")
}

func index(a vmm.Addr, shift uint) vmm.Addr { return a >> shift % entries }

// slot returns a's entry in pg.
func (pg *page) slot(a vmm.Addr) *atomic.Uint64 { return &pg.pte[index(a, vmm.PageShift)] }

// touch returns the entry of a page that nobody mapped before. pg.lock is held.
func (pg *page) touch() PTE {
	n := pg.frames.Get() + 1
	pg.frames.Set(n)
	return PTE(uint64(pg.number)<<countBits|n&(1<<countBits-1))<<frameShift | present
}

// find returns the PTE page of a, or nil. It is short enough to be part of its
// callers: what a call makes a fault keep on the stack, the next atomic
// operation has to wait for.
func (pt *Table) find(a vmm.Addr) *page {
	if u := pt.top[a>>pgdShift%entries].Load(); u != nil {
		if m := u[a>>pudShift%entries].Load(); m != nil {
			return m[a>>pmdShift%entries].Load()
		}
	}
	return nil
}

// ensure returns the PTE page of a and makes what is missing: the only place
// where a fault may allocate, once per 2 MiB.
func (pt *Table) ensure(t *atomic.Task, a vmm.Addr) *page {
	if pg := pt.find(a); pg != nil {
		return pg
	}
	return pt.ensureSlow(t, a)
}

func (pt *Table) ensureSlow(t *atomic.Task, a vmm.Addr) *page {
	p := pt.pool
	fresh := p.get(t)
	pt.mu.Lock(t)
	u := ensureDir(t, &pt.top[index(a, pgdShift)], p, &p.puds)
	m := ensureDir(t, &u[index(a, pudShift)], p, &p.pmds)
	e := &m[index(a, pmdShift)]
	pg := e.Load()
	if pg == nil {
		pg, fresh = fresh, nil
		e.Store(pg) // pairs with find
	}
	pt.mu.Unlock()
	if fresh != nil {
		p.put(t, fresh) // another fault was first
	}
	return pg
}

// ensureDir returns the directory at e, from s if it was missing. The
// page_table_lock is held.
func ensureDir[T any](t *atomic.Task, e *atomic.Pointer[T], p *Pool, s *stack[T]) *T {
	d := e.Load()
	if d == nil {
		d = s.get(t, p)
		e.Store(d) // pairs with find
	}
	return d
}

// Lookup returns the entry of a's page.
func (pt *Table) Lookup(a vmm.Addr) PTE {
	if pg := pt.find(a); pg != nil {
		return PTE(pg.slot(a).Load())
	}
	return 0
}

// eachPage calls f for each PTE page that maps a part of r, with that part.
// What is not there is skipped a directory at a time.
func (pt *Table) eachPage(r vmm.Range, f func(*page, vmm.Range)) {
	for a := r.Start; a < r.End; {
		u := pt.top[index(a, pgdShift)].Load()
		if u == nil {
			a = next(a, pgdShift)
			continue
		}
		m := u[index(a, pudShift)].Load()
		if m == nil {
			a = next(a, pudShift)
			continue
		}
		part := vmm.Range{Start: a, End: min(r.End, next(a, pmdShift))}
		if pg := m[index(a, pmdShift)].Load(); pg != nil {
			f(pg, part)
		}
		a = part.End
	}
}

// next returns the first address that another entry of that level maps.
func next(a vmm.Addr, shift uint) vmm.Addr { return (a>>shift + 1) << shift }
