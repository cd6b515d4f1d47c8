//go:build !vmasim

package mm

// slabChunk is how many pages a slab takes from the runtime at once. More than
// 32 KiB: below, Go puts a header before an object with pointers and no
// element would keep its alignment; above, memory is page-aligned.
const slabChunk = 10
