//go:build vmasim

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"vmabench/explore/lockcheck"
	"vmabench/harness"
	"vmabench/results"
)

// report is check.json.
type report struct {
	Command   string          `json:"command"`
	Mode      string          `json:"mode"`
	Seconds   float64         `json:"seconds"`
	Scenarios []lockcheck.Row `json:"scenarios"`
	Mutants   []mutantRow     `json:"mutants,omitempty"`
}

// scenarios explores them all and prints the table.
func (c *checking) scenarios(tasks []task) error {
	tasks = shardOf(tasks, c.o.shard)
	rows := make([]lockcheck.Row, len(tasks))
	var mu sync.Mutex
	idle := map[string][]*checkChild{}
	defer func() {
		for _, ws := range idle {
			for _, w := range ws {
				w.stop()
			}
		}
	}()
	err := each(len(tasks), c.o.jobs, func(i int) (err error) {
		key := strings.Join(tasks[i].bin, " ")
		var w *checkChild
		mu.Lock()
		if n := len(idle[key]); n > 0 {
			w, idle[key] = idle[key][n-1], idle[key][:n-1]
		}
		mu.Unlock()
		if w == nil {
			if w, _, err = startWorker(tasks[i].bin); err != nil {
				return err
			}
		}
		if rows[i], err = w.do(c.o.job(&tasks[i].row)); err != nil {
			return err
		}
		mu.Lock()
		idle[key] = append(idle[key], w)
		mu.Unlock()
		return nil
	})
	if err != nil {
		return err
	}
	c.report.Scenarios = rows
	c.printScenarios(rows)
	return nil
}

// shardOf returns every n-th from the i-th on.
func shardOf[T any](all []T, shard string) []T {
	if shard == "" {
		return all
	}
	i, n, _ := results.ParseShard(shard)
	var out []T
	for k := range all {
		if k%n == i-1 {
			out = append(out, all[k])
		}
	}
	return out
}

func (c *checking) printScenarios(rows []lockcheck.Row) {
	if len(rows) == 0 {
		return
	}
	tw := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "design\tscenario\tinvariants\texecutions\tawaits\tpruned\tsteps\ttime\tverdict")
	var steps uint64
	for i := range rows {
		r := &rows[i]
		steps += r.Steps
		fmt.Fprintf(tw, "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%v\t%s\n", r.Design, r.Scenario, r.Checks,
			r.Executions, r.Awaits, r.Pruned, r.Steps, r.Elapsed.Round(time.Millisecond), verdict(r))
	}
	tw.Flush()
	fmt.Printf("%d scenarios, %d steps\n", len(rows), steps)
	for i := range rows {
		if r := &rows[i]; !r.Expected {
			c.unexpected++
			c.printFailure(r)
		}
	}
}

func verdict(r *lockcheck.Row) string {
	switch {
	case !r.Expected && r.Broken == "":
		return "UNEXPECTED: " + r.Breaks + " should break"
	case !r.Expected:
		return "UNEXPECTED: " + r.Broken + " broken, " + string(r.Failure.Kind)
	case r.Broken != "":
		return r.Broken + " broken, as it must be (" + string(r.Failure.Kind) + ")"
	case !r.Complete:
		return "holds as far as searched"
	}
	return "holds"
}

func (c *checking) printFailure(r *lockcheck.Row) {
	fmt.Printf("\n%s/%s: %s\n", r.Design, r.Scenario, r.Doc)
	f := r.Failure
	if f == nil {
		fmt.Printf("no execution of %d breaks %s\n", r.Executions, r.Breaks)
		return
	}
	fmt.Printf("%s: %s (%d steps, %d changes of thread)\n%s", f.Kind, f.Msg, f.Steps, f.Switches, f.Trace)
	fmt.Printf("again: vmalab check -design '^%s$' -scenario '^%s$' -replay '%s'\n", r.Design, r.Scenario, f.Schedule)
}

// summary is the last line's word: a scenario that its time ended is no proof.
func (c *checking) summary() string {
	word := "all verdicts as expected"
	if c.unexpected > 0 {
		word = fmt.Sprintf("%d UNEXPECTED", c.unexpected)
	}
	cut := 0
	for i := range c.report.Scenarios {
		if r := &c.report.Scenarios[i]; r.Expected && r.Broken == "" && !r.Complete {
			cut++
		}
	}
	if cut > 0 {
		word += fmt.Sprintf(", %d of them as far as -budget %v went", cut, c.o.budget)
	}
	return word
}

// finish writes check.json and prints the last line.
func (c *checking) finish() error {
	c.report.Command = harness.CommandLine("vmalab check", os.Args[2:])
	c.report.Mode = c.o.mode.String()
	c.report.Seconds = time.Since(c.begin).Round(10 * time.Millisecond).Seconds()
	fmt.Printf("%s, %.1f s\n", c.summary(), c.report.Seconds)
	if c.o.out == "" {
		return nil
	}
	if err := os.MkdirAll(c.o.out, 0o777); err != nil {
		return err
	}
	b, err := json.MarshalIndent(&c.report, "", " ")
	if err != nil {
		return err
	}
	path := filepath.Join(c.o.out, "check.json")
	if err := results.ReplaceFile(path, append(b, '\n')); err != nil {
		return err
	}
	fmt.Println("wrote", path)
	return nil
}
