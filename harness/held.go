package harness

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"vmabench/vmm"
)

// lockLine begins a line about a lock in what a process that hangs prints.
const lockLine = "locks: "

// onHang prints who holds and who waits for which lock when the process is asked
// for its state, before Go prints where each goroutine is. Call stop when there
// is nothing more to ask for.
func (tr *trial) onHang(w io.Writer) (stop func()) {
	asked, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(asked, dumpSignal)
	go func() {
		select {
		case <-done:
		case <-asked:
			printed := make(chan struct{})
			go func() {
				defer close(printed)
				defer func() { _ = recover() }() // a lock that is being changed
				tr.printHeld(w)
			}()
			select { // a broken design may hang this too
			case <-printed:
			case <-time.After(dumpTime / 4):
			}
			signal.Reset(dumpSignal)
			raise()
		}
	}()
	return func() {
		signal.Stop(asked)
		close(done)
	}
}

// printHeld writes one line a worker and one a lock.
func (tr *trial) printHeld(w io.Writer) {
	r, ok := tr.v.(vmm.LockReporter)
	for _, x := range tr.workers {
		what := "runs"
		if !x.task.OnCPU() {
			what = "sleeps in a lock"
			if ok {
				what = cmp.Or(r.Waits(x.task), what)
			}
		}
		fmt.Fprintf(w, "%sworker %d is task %d, which %s\n", lockLine, x.id, x.task.ID(), what)
	}
	if ok {
		for _, l := range r.Held() {
			fmt.Fprintf(w, "%s%s\n", lockLine, l)
		}
	}
}

// maxLockLines bounds what is said of a trial that hung: the rest is in the dump.
const maxLockLines = 12

// locks returns the lines of printHeld in said, as one: who waits, and what is
// held, before who runs.
func locks(said string) string {
	var telling, runs []string
	for line := range strings.Lines(said) {
		l, ok := strings.CutPrefix(strings.TrimSpace(line), lockLine)
		switch {
		case !ok:
		case strings.HasSuffix(l, ", which runs"):
			runs = append(runs, l)
		default:
			telling = append(telling, l)
		}
	}
	out := append(telling, runs...)
	if n := len(out) - maxLockLines; n > 0 {
		out = append(out[:maxLockLines], fmt.Sprintf("and %d more", n))
	}
	return strings.Join(out, "; ")
}
