//go:build vmasim || race || !amd64

package atomic

func storeUnlock(x *Uint32) { StoreRelease32(x, 0) }
