//go:build vmasim

package mm

// slabChunk is as in the ordinary build, unless SmallSlabs was called.
var slabChunk = 10

// SmallSlabs makes slabs take one page at a time: for a checker, which builds
// its machines by the hundred thousand and asks for no alignment.
func SmallSlabs() { slabChunk = 1 }
