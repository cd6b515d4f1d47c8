//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package results

import "os"

// tryLock has no lock to take here: two writers of one folder are not told
// apart.
func tryLock(*os.File) (held bool, err error) { return false, nil }
