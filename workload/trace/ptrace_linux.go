package trace

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// ptraceListen is PTRACE_LISTEN: the thread stays in its group's stop and still
// reports.
const ptraceListen = 0x4208

// seize makes the calling thread the tracer of a process that is stopped: its
// first thread reports each execve and its end, and waits there.
func seize(pid int) error {
	const options = unix.PTRACE_O_TRACEEXEC | unix.PTRACE_O_TRACEEXIT
	if _, _, e := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_SEIZE, uintptr(pid), 0, options, 0, 0); e != 0 {
		return fmt.Errorf("ptrace: %w", e)
	}
	return nil
}

// step takes the next report of a seized process, if there is one, and lets it
// go on, unless it is held at its end or stops at the limit.
func (r *recording) step() (exiting bool, err error) {
	var ws unix.WaitStatus
	if pid, err := unix.Wait4(r.pid, &ws, unix.WALL|unix.WNOHANG, nil); err != nil || pid != r.pid || !ws.Stopped() {
		return false, nil
	}
	how, signal := uintptr(unix.PTRACE_CONT), ws.StopSignal()
	switch event := int(ws) >> 16; event {
	case 0: // a signal, to be delivered
	case unix.PTRACE_EVENT_EXIT:
		return true, nil
	case unix.PTRACE_EVENT_EXEC:
		if err := r.begin(); err != nil {
			return false, err
		}
		r.execs++
		signal = 0
	default: // PTRACE_EVENT_STOP: of its group, or the end of that
		if signal != unix.SIGTRAP && r.cut > 0 {
			return false, nil
		} else if signal != unix.SIGTRAP {
			how = ptraceListen
		}
		signal = 0
	}
	if _, _, e := unix.Syscall6(unix.SYS_PTRACE, how, uintptr(r.pid), 0, uintptr(signal), 0, 0); e != 0 && e != unix.ESRCH {
		return false, fmt.Errorf("ptrace: %w", e)
	}
	return false, nil
}
