//go:build race

package harness

// raced says whether the race detector is on.
const raced = true
