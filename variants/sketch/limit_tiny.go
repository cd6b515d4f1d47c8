//go:build vmatiny

package sketch

// one makes the count a machine of 4 bits.
const one = 1 << 28
