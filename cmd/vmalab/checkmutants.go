//go:build vmasim

package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"vmabench/explore/lockcheck"
)

// mutantRow is what became of one mutant.
type mutantRow struct {
	lockcheck.Mutant
	Caught     bool   `json:"caught"`
	Scenario   string `json:"scenario,omitempty"` // that caught it
	Invariant  string `json:"invariant,omitempty"`
	Kind       string `json:"kind,omitempty"`
	Message    string `json:"message,omitempty"`
	Executions int    `json:"executions"` // in that scenario until then
	Switches   int    `json:"switches"`   // of the shortest counterexample
	Seconds    float64
}

// mutantBudget is the time for one scenario with one mutant.
const mutantBudget = 10 * time.Second

// mutantList returns the mutants that -mutant asks for, of all shards.
func (o *checkOptions) mutantList() []lockcheck.Mutant {
	return slices.DeleteFunc(slices.Clone(lockcheck.Mutants), func(m lockcheck.Mutant) bool {
		return !o.mutant.MatchString(m.Name) && !o.mutant.MatchString(m.File)
	})
}

// mutants builds a worker for each mutant and runs it through the scenarios
// until one notices.
func (c *checking) mutants() error {
	src, err := sourceTree()
	if err != nil {
		return err
	}
	list := shardOf(c.o.mutantList(), c.o.shard)
	for i := range list {
		if _, err := list[i].Apply(src); err != nil {
			return err // a table that no longer fits the source says nothing
		}
	}
	rows := make([]mutantRow, len(list))
	if err := each(len(list), c.o.jobs, func(i int) error {
		begin := time.Now()
		rows[i].Mutant = list[i]
		err := c.hunt(src, i, &rows[i])
		rows[i].Seconds = time.Since(begin).Seconds()
		return err
	}); err != nil {
		return err
	}
	c.report.Mutants = rows
	c.printMutants(rows)
	return nil
}

// hunt builds mutant i and looks for a scenario that catches it.
func (c *checking) hunt(src string, i int, row *mutantRow) error {
	m := &row.Mutant
	changed, err := m.Apply(src)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("mutant%d", i)
	file, overlay := filepath.Join(c.dir, name+".go"), filepath.Join(c.dir, name+".json")
	if err := os.WriteFile(file, changed, 0o666); err != nil {
		return err
	}
	b, _ := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(src, m.File): file}})
	if err := os.WriteFile(overlay, b, 0o666); err != nil {
		return err
	}
	tags := "vmasim"
	if m.Tiny {
		tags = "vmasim,vmatiny"
	}
	bin, err := c.build(src, name, tags, overlay)
	if err != nil {
		return fmt.Errorf("mutant %q: %w", m.Name, err)
	}
	defer os.Remove(bin)
	return c.tryAll(bin, row)
}

func (c *checking) tryAll(bin string, row *mutantRow) error {
	w, list, err := startWorker([]string{bin})
	if err != nil {
		return err
	}
	defer w.stop()
	for _, sc := range row.Mutant.Order(list) {
		r, err := w.do(lockcheck.Job{Design: sc.Design, Scenario: sc.Scenario, Bound: -1, Budget: mutantBudget})
		if err != nil { // the worker died of it
			row.Caught, row.Kind, row.Message = true, "crash", err.Error()
			row.Scenario, row.Invariant = sc.Design+"/"+sc.Scenario, sc.Checks
			return nil
		}
		if r.Expected {
			continue
		}
		row.Caught, row.Scenario, row.Invariant = true, r.Design+"/"+r.Scenario, r.Broken
		row.Executions = r.Executions + r.Awaits + r.Pruned
		if f := r.Failure; f != nil {
			row.Kind, row.Message, row.Switches = string(f.Kind), f.Msg, f.Switches
		} else {
			row.Kind, row.Invariant = "no longer breaks", r.Breaks
		}
		return nil
	}
	return nil
}

func (c *checking) printMutants(rows []mutantRow) {
	if len(rows) == 0 {
		return
	}
	fmt.Println()
	tw := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "mutant\tfile\tfound by\tinvariant\tas\texecutions\tswitches")
	caught, equivalent := 0, 0
	for i := range rows {
		r := &rows[i]
		switch {
		case r.Caught:
			caught++
			fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%d\t%d\n", r.Name, r.File, r.Scenario, r.Invariant, r.Kind, r.Executions, r.Switches)
			if r.Equivalent != "" {
				c.unexpected++
				fmt.Fprintf(tw, "\tUNEXPECTED: it is listed as equivalent\n")
			}
		case r.Equivalent != "":
			equivalent++
			fmt.Fprintf(tw, "%s\t%s\tsurvives: %s\n", r.Name, r.File, r.Equivalent)
		default:
			c.unexpected++
			fmt.Fprintf(tw, "%s\t%s\tUNEXPECTED: %s\n", r.Name, r.File, cmp.Or(r.Message, "survives"))
		}
	}
	tw.Flush()
	fmt.Printf("%d mutants: %d caught, %d survive as they should, %d unexpected\n",
		len(rows), caught, equivalent, len(rows)-caught-equivalent)
}
