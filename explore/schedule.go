//go:build vmasim

package explore

import (
	"fmt"
	"strconv"
	"strings"
)

// choice is one step of a schedule: who, and which alternative.
type choice struct{ thread, alt uint8 }

// formatSchedule writes steps as runs: "a3b2c" is three steps of the first
// thread, two of the second, one of the third; "a:1" takes alternative 1.
func formatSchedule(steps []choice) string {
	var b strings.Builder
	for i := 0; i < len(steps); {
		c, n := steps[i], 1
		for i+n < len(steps) && steps[i+n] == c && c.alt == 0 {
			n++
		}
		b.WriteByte('a' + c.thread)
		if c.alt > 0 {
			fmt.Fprintf(&b, ":%d", c.alt)
		} else if n > 1 {
			fmt.Fprint(&b, n)
		}
		i += n
		if c.alt > 0 && i < len(steps) {
			b.WriteByte('.')
		}
	}
	return b.String()
}

// CheckSchedule says why s is no schedule, for Options.Replay.
func CheckSchedule(s string) error {
	_, err := parseSchedule(s)
	return err
}

// parseSchedule is the inverse of formatSchedule.
func parseSchedule(s string) ([]choice, error) {
	var out []choice
	for i := 0; i < len(s); {
		c := choice{thread: s[i] - 'a'}
		if c.thread >= maxThreads {
			return nil, fmt.Errorf("schedule: %q at byte %d is no thread", s[i], i)
		}
		i++
		alt := i < len(s) && s[i] == ':'
		if alt {
			i++
		}
		j := i
		for j < len(s) && '0' <= s[j] && s[j] <= '9' {
			j++
		}
		n := 1
		if j > i {
			n, _ = strconv.Atoi(s[i:j])
		} else if alt {
			return nil, fmt.Errorf("schedule: no alternative at byte %d", i)
		}
		if i = j; i < len(s) && s[i] == '.' {
			i++
		}
		if alt {
			c.alt, n = uint8(n), 1
		}
		if n > 1<<16 {
			return nil, fmt.Errorf("schedule: a run of %d steps", n)
		}
		for range n {
			out = append(out, c)
		}
	}
	return out, nil
}

// path returns the schedule of the execution that has just ended.
func (e *engine) path() []choice {
	out := make([]choice, len(e.nodes))
	for i := range e.nodes {
		out[i] = choice{e.nodes[i].thread, e.nodes[i].choice}
	}
	return out
}

// guided returns whom the guide wants at this step; -1 when it has no say, or
// wants somebody who cannot.
func (e *engine) guided(can set, n *node) int {
	for e.guideAt < len(e.guide) {
		c := e.guide[e.guideAt]
		e.guideAt++
		if can.has(int(c.thread)) {
			n.choice = c.alt
			return int(c.thread)
		}
	}
	return -1
}

// follow executes the scenario by a schedule; steps that are not possible are
// left out.
func (e *engine) follow(steps []choice) {
	mode := e.opt.Mode
	e.opt.Mode, e.rand = DFS, nil
	e.guide, e.guideAt = steps, 0
	if e.guide == nil {
		e.guide = []choice{}
	}
	e.nodes, e.fresh = e.nodes[:0], 0
	e.execute()
	e.opt.Mode, e.guide = mode, nil
}

// replay runs the one execution of Options.Replay and records it.
func (e *engine) replay() {
	steps, err := parseSchedule(e.opt.Replay)
	if err != nil {
		e.res.Failure = &Failure{Kind: Panic, Msg: err.Error()}
		return
	}
	e.opt.Bound = -1
	e.record = &recorder{}
	e.follow(steps)
	e.account()
	e.res.Failure = e.failed
	if e.failed == nil {
		e.res.Failure = &Failure{Kind: "none", Msg: "the execution ends well"}
	}
	e.describeFailure(e.res.Failure)
}

// explain makes the failure that was found as short as it can, and writes it
// down.
func (e *engine) explain() {
	f := e.failed
	best := e.path()
	e.opt.Bound = -1
	best = e.minimise(f.Kind, best)
	e.record = &recorder{}
	e.follow(best)
	if e.failed == nil {
		// Names are only known while recording; the kind was the same before.
		e.failed = f
	}
	e.describeFailure(e.failed)
	e.res.Failure = e.failed
}

func (e *engine) describeFailure(f *Failure) {
	steps := e.path()
	f.Schedule = formatSchedule(steps)
	f.Steps, f.Switches = len(steps), switches(steps)
	f.Trace = e.record.timeline(e)
}

func switches(steps []choice) (n int) {
	for i := 1; i < len(steps); i++ {
		if steps[i].thread != steps[i-1].thread {
			n++
		}
	}
	return n
}
