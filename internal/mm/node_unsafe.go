package mm

import (
	"unsafe"

	"vmabench/internal/atomic"
	"vmabench/vmm"
)

const (
	fanout   = 15 // entries of a leaf, children of an inner node
	minFill  = 5  // a node that an edit leaves with less is joined with a neighbour
	noHint   = 255
	maxDepth = 12 // levels above the leaves: 15 full leaves make the first

	pageMask = vmm.PageSize - 1
	// holeLimit is the first hole, in bytes, that needs an entry of its own.
	holeLimit = vmm.PageSize << vmm.PageShift
	infinity  = ^uint64(0)
)

// node is the head of a leaf and of an inner node: immutable once published.
type node struct {
	level uint8 // 0 is a leaf
	n     uint8 // entries or children in use
	hint  uint8 // leaf: which VMA of it was stored last; for the split
	_     [5]byte
}

// leaf holds up to 15 entries in 256 bytes. It is immutable once published: an
// edit replaces it.
//
// key[0] is where the first entry starts. key[i+1] is where entry i ends, with
// the hole in front of it, in pages, in the 12 bits that a page boundary
// leaves free. A hole too long for that is an entry with a nil VMA: between
// two others, never first or last. Keys not in use are infinity.
type leaf struct {
	node
	key [fanout + 1]uint64
	vma [fanout]*VMA
}

// inner holds up to 15 children of one level. Its first 256 bytes are the
// readers': keys and head immutable once published, child slots stored by
// writers, each time with a node that covers the same addresses. The second
// half is the writers' alone.
//
// key[i] is where the addresses of child i end and those of child i+1 begin;
// the last child has none. Keys not in use are infinity.
type inner struct {
	node
	key   [fanout - 1]uint64
	_     uint64
	child [fanout]atomic.Pointer[node]
	_     uint64

	// gap is the longest hole in front of an entry in child i, the one before
	// its first entry included, wherever the entry before that may lie; in bytes.
	gap [fanout]uint64
	_   uint64
	// lead is the hole before the first entry of leaf i (level 1 only).
	lead [fanout]uint64
	_    uint64
}

const (
	leafBytes  = 256
	innerBytes = 512
)

// Sizes as promised: a wrong one does not compile.
var (
	_ [0]struct{} = [unsafe.Sizeof(leaf{}) - leafBytes]struct{}{}
	_ [0]struct{} = [unsafe.Sizeof(inner{}) - innerBytes]struct{}{}
	_ [0]struct{} = [unsafe.Offsetof(inner{}.gap) - innerBytes/2]struct{}{}
)

// leaf returns the leaf whose head n is: level 0.
func (n *node) leaf() *leaf { return (*leaf)(unsafe.Pointer(n)) }

// inner returns the inner node whose head n is: level above 0.
func (n *node) inner() *inner { return (*inner)(unsafe.Pointer(n)) }
