//go:build !vmatiny

package sketch

// one is what the tree, a reader and a writer add to the count.
const one = 1
