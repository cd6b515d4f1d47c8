package pgtable

import "vmabench/internal/atomic"

// Pool keeps empty PTE pages for the address spaces of a Machine, so that
// tables that come and go cost the collector nothing. The zero Pool is ready.
type Pool struct {
	mu   atomic.SpinLock // protects free
	free *page
	ids  atomic.Uint32 // tables made so far
	made atomic.Uint32 // PTE pages made so far: their lock order
}

// get returns an empty PTE page. It allocates if none was given back.
func (p *Pool) get(t *atomic.Task) *page {
	p.mu.Lock(t)
	pg := p.free
	if pg != nil {
		p.free, pg.next = pg.next, nil
	}
	p.mu.Unlock()
	if pg == nil {
		return &page{order: p.made.Add(1), pte: new([entries]atomic.Uint64)}
	}
	return pg
}

// put takes back a PTE page whose entries are all empty and that nobody can
// reach any more.
func (p *Pool) put(t *atomic.Task, pg *page) {
	p.mu.Lock(t)
	pg.next, p.free = p.free, pg
	p.mu.Unlock()
}
