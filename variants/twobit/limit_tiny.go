//go:build vmatiny

package twobit

// readers is 3 bits here, so that eight readers wrap.
const readers = 7
