//go:build !vmasim && linux && (amd64 || arm64)

package atomic

import "golang.org/x/sys/unix"

// membarrier(2), linux/membarrier.h.
const (
	membarrierPrivateExpedited         = 1 << 3
	membarrierRegisterPrivateExpedited = 1 << 4
)

// rcuFenced is set where readers must order themselves.
var rcuFenced = membarrier(membarrierRegisterPrivateExpedited) != 0

func membarrier(cmd uintptr) unix.Errno {
	_, _, e := unix.RawSyscall(unix.SYS_MEMBARRIER, cmd, 0, 0)
	return e
}

// barrierEverywhere makes every running thread of the process execute a full
// memory barrier.
func barrierEverywhere() {
	if rcuFenced {
		return
	}
	if e := membarrier(membarrierPrivateExpedited); e != 0 {
		panic("atomic: registered membarrier failed: " + e.Error())
	}
}
