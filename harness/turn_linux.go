package harness

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// canStop: processes can stop themselves and be waited for.
const canStop = true

// stopSelf stops this process until its parent continues it. The signal goes to
// the calling thread and is taken as the call returns, so that nothing more is
// done here, and by a raw call: the runtime sees none that lasts, and its
// monitor does not wake up to take the thread's P away.
func stopSelf() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	unix.RawSyscall(unix.SYS_TGKILL, uintptr(unix.Getpid()), uintptr(unix.Gettid()), uintptr(unix.SIGSTOP))
}

// pause stops another process.
func pause(p *os.Process) { p.Signal(unix.SIGSTOP) }

// resume lets a stopped process go on.
func resume(p *os.Process) { p.Signal(unix.SIGCONT) }

// cldStopped is the code of a child that has stopped.
const cldStopped = 5

// awaitStop waits until a child has stopped, or is false: it has ended, and is
// still there to be waited for.
func awaitStop(p *os.Process) bool {
	for {
		var info unix.Siginfo
		switch err := unix.Waitid(unix.P_PID, p.Pid, &info, unix.WSTOPPED|unix.WEXITED|unix.WNOWAIT, nil); err {
		case nil:
			return info.Code == cldStopped
		case unix.EINTR:
		default:
			return false
		}
	}
}
