//go:build vmasim

package explore

import (
	"fmt"
	"strings"
)

// Kind is what went wrong.
type Kind string

const (
	DataRace     Kind = "data race"
	UseAfterFree Kind = "use after free"
	DoubleFree   Kind = "double free"
	Assertion    Kind = "assertion"
	Invariant    Kind = "invariant"
	Deadlock     Kind = "deadlock"
	EndlessLoop  Kind = "endless loop"
	Panic        Kind = "panic"
)

// Failure is an execution that went wrong.
type Failure struct {
	Kind     Kind
	Msg      string
	Schedule string // replays it: Options.Replay
	Steps    int
	Switches int    // changes of thread in it
	Trace    string // the timeline
}

func (f *Failure) Error() string { return string(f.Kind) + ": " + f.Msg }

// setFailed notes the first failure of an execution.
func (e *engine) setFailed(k Kind, format string, args ...any) {
	if e.failed == nil {
		e.failed = &Failure{Kind: k, Msg: fmt.Sprintf(format, args...)}
	}
}

// failf notes a failure and unwinds the running body.
func (e *engine) failf(k Kind, format string, args ...any) {
	if e.aborting {
		return
	}
	e.setFailed(k, format, args...)
	panic(abort{})
}

// whoWaits describes a deadlock.
func (e *engine) whoWaits() string {
	var out []string
	for _, t := range e.threads[:e.nthreads] {
		switch {
		case t.state == stuck:
			out = append(out, t.name+" awaits a condition that stays false")
		case t.state == live:
			out = append(out, t.name+" "+e.waitsFor(&t.next))
		}
	}
	return strings.Join(out, ", ")
}

func (e *engine) waitsFor(a *pending) string {
	switch a.kind {
	case kLock:
		return "waits for the spin lock " + e.nameOf(a.p)
	case kPark:
		return "sleeps with nobody to wake it"
	case kGrace:
		return "waits for RCU sections"
	}
	return "waits"
}
