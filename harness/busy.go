package harness

import (
	"os/exec"
	"syscall"
)

// Busy is processes that take all the CPU that they are given, to see whether a
// run beside them finds what it finds alone.
type Busy struct{ cmds []*exec.Cmd }

// StartBusy starts n of them; c reaches Spin. They stand still until Turn.
func StartBusy(c Command, n int) (*Busy, error) {
	b := new(Busy)
	for range n {
		cmd := exec.Command(c[0], c[1:]...)
		detach(cmd)
		if err := cmd.Start(); err != nil {
			b.Close()
			return nil, err
		}
		b.cmds = append(b.cmds, cmd)
	}
	b.Turn(false)
	return b, nil
}

// Turn lets the processes run, or stops them and waits until they stand still.
func (b *Busy) Turn(run bool) {
	for _, cmd := range b.cmds {
		if run {
			resume(cmd.Process)
		} else {
			pause(cmd.Process)
		}
	}
	for _, cmd := range b.cmds {
		if !run {
			awaitStop(cmd.Process)
		}
	}
}

// Close ends the processes.
func (b *Busy) Close() {
	for _, cmd := range b.cmds {
		cmd.Process.Signal(syscall.SIGKILL)
		cmd.Wait()
	}
}

// Spin computes until the process is killed.
func Spin() {
	x := uint64(1)
	for {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		if x == 0 {
			return // never: zero is not on the generator's cycle
		}
	}
}
