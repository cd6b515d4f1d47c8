//go:build amd64 || arm64

package tsc

// Have says that this architecture has such a counter.
const Have = true

// Read returns the counter, after everything before the call is done.
func Read() uint64
