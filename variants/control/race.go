//go:build race

package control

// speculate is false where the race detector would report what is meant.
const speculate = false
