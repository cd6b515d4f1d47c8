package harness

import (
	"os/exec"
	"syscall"
)

// dumpSignal makes a Go program print its goroutines and exit.
const dumpSignal = syscall.SIGQUIT

// raise sends the process the signal again, whose default is in place.
func raise() { syscall.Kill(syscall.Getpid(), dumpSignal) }

// detach puts the child in a process group of its own, so that the terminal's
// interrupt reaches the parent alone, and has it killed if the parent's thread
// dies: the thread that calls must be locked.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
