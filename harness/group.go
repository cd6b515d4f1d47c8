package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"time"

	"vmabench/results"
)

// Member is one trial of a group: the program that runs it, and when it counts
// as hung.
type Member struct {
	Command Command
	Spec    *TrialSpec
	Timeout time.Duration     // of its own turns together
	Turn    func(begins bool) // told when its turns begin and end; nil is nobody
}

// Outcome is what came of a member: a record, or an error, which is a *Failure
// or the context's.
type Outcome struct {
	Trial *results.Trial
	Err   error
}

// Together runs the trials of a group at the same time, one process each, in
// turns: a process sets itself up or measures one slice, then stops until the
// others have done the same, so that the slices of all of them see the same
// machine, however its speed drifts. The order is reversed every other round.
// A stopped process uses no CPU. Where processes cannot be stopped, and in
// groups of one, each trial runs in one piece.
func Together(ctx context.Context, group []Member) []Outcome {
	out := make([]Outcome, len(group))
	var live []*process
	for i := range group {
		c, err := group[i].start(&out[i], canStop && len(group) > 1)
		if err != nil {
			out[i].Err = &Failure{Why: "the trial's process did not start: " + err.Error()}
			continue
		}
		if c.turn(ctx) { // its set-up
			live = append(live, c)
		}
	}
	for len(live) > 0 {
		slices.Reverse(live)
		live = slices.DeleteFunc(live, func(c *process) bool { return !c.turn(ctx) })
	}
	return out
}

// process is a trial's process.
type process struct {
	*Member
	cmd       *exec.Cmd
	out, errs capped
	inTurns   bool // it was told to take them
	turns     int
	used      time.Duration // in its turns
	outcome   *Outcome
}

// start starts a member's process.
func (m *Member) start(o *Outcome, turns bool) (*process, error) {
	spec := *m.Spec
	spec.Turns = turns
	in, err := json.Marshal(spec)
	if err != nil {
		return nil, err
	}
	c := &process{Member: m, inTurns: turns, out: capped{max: maxOutput}, errs: capped{max: maxErrors}, outcome: o}
	c.cmd = exec.Command(m.Command[0], m.Command[1:]...)
	c.cmd.Env = append(os.Environ(), "GOMAXPROCS="+fmt.Sprint(spec.Procs), "GODEBUG=", spec.padding())
	c.cmd.Stdin = bytes.NewReader(in)
	c.cmd.Stdout, c.cmd.Stderr = &c.out, &c.errs
	c.cmd.WaitDelay = dumpTime
	detach(c.cmd)
	return c, c.cmd.Start()
}

// event is what became of a process in its turn: it stopped, or it ended and was
// waited for.
type event struct {
	stopped bool
	err     error
}

// turn lets the process run until it stops, and is false when it has ended: its
// outcome is there.
func (c *process) turn(ctx context.Context) bool {
	events := make(chan event, 1)
	if c.Turn != nil {
		c.Turn(true)
		defer c.Turn(false)
	}
	if c.turns++; c.turns > 1 {
		resume(c.cmd.Process)
	}
	go func() {
		if awaitStop(c.cmd.Process) {
			events <- event{stopped: true}
			return
		}
		events <- event{err: c.cmd.Wait()}
	}()
	e, came := c.await(ctx, events)
	switch {
	case came && e.stopped && ctx.Err() == nil && c.used < c.Timeout:
		return true
	case came && !e.stopped:
		c.finish(ctx, e.err)
	case ctx.Err() != nil:
		c.kill()
		c.reap(e, came, events)
		c.outcome.Err = ctx.Err()
	case came: // alive, but it has used its time up
		c.kill()
		c.reap(e, came, events)
		c.outcome.Err = c.slow()
	default:
		c.hung(events)
	}
	return false
}

// await waits for the process's event, until the context is done or the time of
// its turns is used up; came is false in both cases, unless the event is there
// all the same.
func (c *process) await(ctx context.Context, events <-chan event) (e event, came bool) {
	for c.used < c.Timeout {
		wait := min(c.Timeout-c.used, step)
		began := time.Now()
		timer := time.NewTimer(wait)
		select {
		case e = <-events:
			came = true
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
		c.used += min(time.Since(began), wait)
		if came || ctx.Err() != nil {
			return e, came
		}
	}
	select {
	case e = <-events:
		return e, true
	default:
		return event{}, false
	}
}

// step is how often the time of a turn is counted, at most a step at a time: seldom
// enough to leave a slice alone, often enough that a stop of this process, with its
// children or without, counts next to nothing.
const step = time.Second / 4

func (c *process) kill() { c.cmd.Process.Kill() }

// reap waits for a process that was killed, whose event e came or is to come.
func (c *process) reap(e event, came bool, events <-chan event) {
	if !came {
		e = <-events
	}
	if e.stopped {
		c.cmd.Wait()
	}
}

// hung asks a process for its goroutines and ends it. One that stops now is slow.
func (c *process) hung(events <-chan event) {
	c.cmd.Process.Signal(dumpSignal)
	var e event
	came := false
	select {
	case e = <-events:
		came = true
	case <-time.After(dumpTime):
	}
	if !came || e.stopped {
		c.kill()
		c.reap(e, came, events)
	}
	if e.stopped {
		c.outcome.Err = c.slow()
		return
	}
	said := c.errs.b.String()
	c.outcome.Err = &Failure{Why: fmt.Sprintf("hung for %v and was killed%s", c.Timeout, held(said)), Dump: said}
}

// slow is the failure of a process that goes on, but was not done in time. It has
// been waited for.
func (c *process) slow() *Failure {
	return &Failure{Why: fmt.Sprintf("not done after %v and was killed", c.Timeout), Dump: c.errs.b.String()}
}

// finish is the outcome of a process that has ended by itself.
func (c *process) finish(ctx context.Context, err error) {
	said := c.errs.b.String()
	switch {
	case err == nil:
		c.outcome.Trial, c.outcome.Err = decode(c.out.b.Bytes(), c.Spec)
		if t := c.outcome.Trial; t != nil && c.inTurns && c.turns == 1 && t.Kind != results.Footprint {
			t.Warnings = append(t.Warnings, "measured in one piece: this build does not take turns")
		}
	case ctx.Err() != nil: // killed, or interrupted as we were
		c.outcome.Err = ctx.Err()
	default:
		c.outcome.Err = &Failure{Why: died(err, said), Dump: said}
	}
}

// decode reads the process's answer and holds it to the question.
func decode(b []byte, s *TrialSpec) (*results.Trial, error) {
	t := new(results.Trial)
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	err := d.Decode(t)
	if err == nil && d.More() {
		err = errors.New("more than one value")
	}
	if err == nil && t.ID() != s.ID() {
		err = fmt.Errorf("it is of another trial, %q", t.ID())
	}
	if err != nil {
		return nil, &Failure{Why: fmt.Sprintf("the trial's process wrote no result: %v", err), Dump: string(b[:min(len(b), maxErrors)])}
	}
	return t, nil
}
