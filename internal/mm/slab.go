package mm

import (
	"fmt"
	"unsafe"

	"vmabench/internal/atomic"
	"vmabench/vmm"
)

// SlabFlags change what a Slab does with freed objects.
type SlabFlags uint8

const (
	// SlabTypeSafe is SLAB_TYPESAFE_BY_RCU: readers may touch a freed object and
	// must look again who it is. A checker does not report them.
	SlabTypeSafe SlabFlags = 1 << iota
	// SlabNoRecycle leaves freed objects to the collector: the control.
	SlabNoRecycle
)

// Slab is a kmem_cache: objects of exactly their size in 4 KiB pages, as many
// as fit. An object's memory is an object of that type for ever. The free list
// is last in, first out.
//
// Objects of a fresh page come in a mixed order, as in kernels built with
// SLAB_FREELIST_RANDOM, which distributions are: one sequence a cache, begun
// anywhere in each page. It keeps locks of VMAs that were made one after the
// other off one cache line, of which in address order they would fill a row.
// The order is the same in each run.
//
// A Slab belongs to a Machine, so that an object can turn up in another
// address space.
type Slab[T any] struct {
	mu      atomic.SpinLock // protects what follows
	flags   SlabFlags       // immutable
	perPage int             // immutable
	live    int             // objects handed out
	pages   int             // pages that objects were cut from
	free    []*T            // cap covers every object: Free never allocates
	order   []int           // immutable: a permutation of a page's objects
	mix     mixer           // where in it the next page begins
	fresh   func() []T      // returns the objects of a page never used
}

// NewSlab returns an empty slab whose pages are of type P, exactly 4 KiB, and
// hold the objects that objs returns.
func NewSlab[T, P any](objs func(*P) []T, flags SlabFlags) *Slab[T] {
	if n := unsafe.Sizeof(*new(P)); n != vmm.PageSize {
		// A field of no size at the end is enough to get here.
		panic(fmt.Sprintf("mm: a slab page of %d bytes", n))
	}
	var chunk []P
	next := func() []T {
		if len(chunk) == 0 {
			chunk = make([]P, slabChunk)
		}
		p := &chunk[0]
		chunk = chunk[1:]
		return objs(p)
	}
	s := &Slab[T]{flags: flags, perPage: len(objs(new(P))), fresh: next}
	s.order = make([]int, s.perPage)
	for i := range s.order { // Fisher and Yates, inside out
		j := s.mix.below(i + 1)
		s.order[i], s.order[j] = s.order[j], i
	}
	return s
}

// mixer is a generator of numbers that are the same in each run: a counter
// through the finalizer of splitmix64 (Steele, Lea, Flood 2014).
type mixer uint64

// below returns a number from 0 to n-1.
func (m *mixer) below(n int) int {
	*m += 0x9e3779b97f4a7c15
	z := uint64(*m)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return int((z ^ z>>31) >> 1 % uint64(n))
}

// Alloc returns an object: the one freed last, or one never used. Its fields
// are as its last life left them.
func (s *Slab[T]) Alloc(t *atomic.Task) *T {
	s.mu.Lock(t)
	s.live++
	if s.flags&SlabNoRecycle != 0 {
		s.mu.Unlock()
		return new(T)
	}
	if len(s.free) == 0 {
		s.grow()
	}
	n := len(s.free) - 1
	o := s.free[n]
	s.free = s.free[:n]
	s.mu.Unlock()
	atomic.Reuse(o)
	return o
}

// Free gives o back. Nobody may use it from now on, but for readers of a
// SlabTypeSafe one.
func (s *Slab[T]) Free(t *atomic.Task, o *T) {
	if s.flags&SlabTypeSafe == 0 {
		atomic.Free(o)
	}
	s.mu.Lock(t)
	s.live--
	if s.flags&SlabNoRecycle == 0 {
		s.free = append(s.free, o)
	}
	s.mu.Unlock()
}

// grow puts a fresh page's objects on the free list. s.mu is held.
func (s *Slab[T]) grow() {
	objs := s.fresh()
	s.pages++
	if all := s.pages * s.perPage; cap(s.free) < all {
		s.free = make([]*T, 0, 2*all)
	}
	start := s.mix.below(s.perPage)
	for i := range s.order {
		s.free = append(s.free, &objs[s.order[(start+i)%s.perPage]])
	}
}

// PerPage returns how many objects a 4 KiB page holds.
func (s *Slab[T]) PerPage() int { return s.perPage }

// Stats returns the objects handed out and the 4 KiB pages they were cut from
// (what they would fill, for SlabNoRecycle).
func (s *Slab[T]) Stats(t *atomic.Task) (live, pages int) {
	s.mu.Lock(t)
	defer s.mu.Unlock()
	if s.flags&SlabNoRecycle != 0 {
		return s.live, (s.live + s.perPage - 1) / s.perPage
	}
	return s.live, s.pages
}

// SlabBytes returns the share of slab pages that n objects cost, in bytes.
func (s *Slab[T]) SlabBytes(n int) int {
	return (n*vmm.PageSize + s.perPage - 1) / s.perPage
}
