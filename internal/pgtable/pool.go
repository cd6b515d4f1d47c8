package pgtable

import "vmabench/internal/atomic"

// Pool keeps empty page-table pages for the address spaces of a Machine, so
// that tables that come and go cost the collector nothing. The zero Pool is
// ready.
//
// A page that was given back may be handed out at once: who could still walk
// through it holds no VMA there (FreeTables).
type Pool struct {
	mu   atomic.SpinLock // protects all below but made
	made atomic.Uint32   // PTE pages made so far
	free atomic.Cell[*page]
	pmds stack[pmd]
	puds stack[pud]
}

// stack is a list of free pages, last in, first out.
type stack[T any] struct{ free []*T }

// get returns an empty PTE page. It allocates if none was given back.
func (p *Pool) get(t *atomic.Task) *page {
	p.mu.Lock(t)
	pg := p.free.Get()
	if pg != nil {
		p.free.Set(pg.next.Get())
	}
	p.mu.Unlock()
	if pg == nil {
		pg = &page{number: p.made.Add(1), pte: new([entries]atomic.Uint64)}
		atomic.Kind(pg, "struct page of a PTE page")
		atomic.Kind(pg.pte, "PTE page")
	}
	return pg
}

// put takes back a PTE page whose entries are all empty.
func (p *Pool) put(t *atomic.Task, pg *page) {
	p.mu.Lock(t)
	pg.next.Set(p.free.Get())
	p.free.Set(pg)
	p.mu.Unlock()
}

// get is Pool.get for an upper level.
func (s *stack[T]) get(t *atomic.Task, p *Pool) (d *T) {
	p.mu.Lock(t)
	if n := len(s.free); n > 0 {
		d, s.free = s.free[n-1], s.free[:n-1]
	}
	p.mu.Unlock()
	if d == nil {
		d = new(T)
		atomic.Kind(d, "page directory")
	}
	return d
}

func (s *stack[T]) put(t *atomic.Task, p *Pool, d *T) {
	p.mu.Lock(t)
	s.free = append(s.free, d)
	p.mu.Unlock()
}
