// Package mm is the passive core of an address space, the same for every
// design: what a VMA and an mm_struct look like (VMA, Rest, MM), where VMAs are
// found (Index, the maple tree's role) and what they are made from (Slab, a
// kmem_cache). It has no opinion on locking: who may call what is said by the
// methods, and who may touch a field by the fields.
//
// # Index and readers
//
// A reader of an Index holds nothing. What it gets was in the index at some
// moment while it looked; the VMA may have left since, and its memory may be
// another VMA by now. The designs' locks find that out.
//
// Edges: a writer's edit -> a reader that finds it: the child slot, or root,
// that publishes the new node (Store; Find, FindFrom, Prev).
package mm
