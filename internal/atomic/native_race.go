//go:build !vmasim && race

package atomic

// StoreRelaxed32 is atomic under the race detector, which cannot know that the
// plain store is meant.
func StoreRelaxed32(x *Uint32, v uint32) { x.Store(v) }

// StoreRelaxed64 is atomic under the race detector.
func StoreRelaxed64(x *Uint64, v uint64) { x.Store(v) }
