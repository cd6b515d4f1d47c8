//go:build !vmasim && (race || !amd64)

package atomic

func loadOwn(x *Uint64) uint64            { return x.Load() }
func storeSeq(x *Uint64, v uint64)        { x.Store(v) }
func storeSeqRelease(x *Uint64, v uint64) { x.Store(v) }
