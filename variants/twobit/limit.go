//go:build !vmatiny

package twobit

// readers is the reader field of the lock word: bits 0 to 29.
const readers = 1<<30 - 1
