//go:build vmasim

package lockcheck

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"vmabench/explore"
)

// One exploration runs in a process at a time, so a check spreads its
// scenarios over worker processes, which speak JSON lines: a worker says which
// scenarios its build has, then answers each Job with a Row.

// Job asks for one scenario.
type Job struct {
	Design, Scenario string
	Mode             explore.Mode
	Bound            int
	Max              int
	Budget           time.Duration
	Replay           string `json:",omitempty"`
}

// Row is the verdict on one scenario.
type Row struct {
	Design   string `json:"design"`
	Scenario string `json:"scenario"`
	Doc      string `json:"doc"`
	Checks   string `json:"checks"`           // invariants it would see broken
	Breaks   string `json:"breaks,omitempty"` // the one it must see broken
	Long     bool   `json:"long,omitempty"`
	Full     bool   `json:"full,omitempty"`
	Tiny     bool   `json:"tiny,omitempty"` // of the build with tiny counters

	Executions int           `json:"executions"`
	Awaits     int           `json:"awaits"`
	Pruned     int           `json:"pruned"`
	Steps      uint64        `json:"steps"`
	Longest    int           `json:"longest"`
	Complete   bool          `json:"complete"` // every trace was visited
	Elapsed    time.Duration `json:"ns"`

	Broken   string           `json:"broken,omitempty"` // the invariant seen broken
	Expected bool             `json:"expected"`
	Failure  *explore.Failure `json:"failure,omitempty"`
}

// row returns the scenario without a verdict.
func (sc *Scenario) row() Row {
	return Row{Design: sc.Design, Scenario: sc.Name, Doc: sc.Doc, Checks: sc.Checks, Breaks: sc.Breaks, Long: sc.Long, Full: sc.Full, Tiny: Tiny}
}

// judge explores the scenario and fills in the verdict.
func (sc *Scenario) judge(o explore.Options) Row {
	r := sc.Run(o)
	row := sc.row()
	row.Executions, row.Awaits, row.Pruned = r.Executions, r.Awaits, r.Pruned
	row.Steps, row.Longest, row.Complete, row.Elapsed = r.Steps, r.Longest, r.Complete, r.Elapsed
	row.Broken, row.Expected, row.Failure = sc.Broken(r.Failure), sc.Expected(r), r.Failure
	return row
}

// Serve is a worker.
func Serve(in io.Reader, out io.Writer) error {
	all := All()
	list := make([]Row, len(all))
	for i := range all {
		list[i] = all[i].row()
	}
	enc, dec := json.NewEncoder(out), json.NewDecoder(in)
	if err := enc.Encode(list); err != nil {
		return err
	}
	for {
		var j Job
		if err := dec.Decode(&j); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		sc := find(all, &j)
		if sc == nil {
			return fmt.Errorf("no scenario %s/%s", j.Design, j.Scenario)
		}
		row := sc.judge(explore.Options{Mode: j.Mode, Bound: j.Bound, Max: j.Max, Budget: j.Budget, Replay: j.Replay})
		if err := enc.Encode(&row); err != nil {
			return err
		}
	}
}

func find(all []Scenario, j *Job) *Scenario {
	for i := range all {
		if all[i].Design == j.Design && all[i].Name == j.Scenario {
			return &all[i]
		}
	}
	return nil
}
