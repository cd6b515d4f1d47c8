package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"vmabench/harness"
	"vmabench/results"
	"vmabench/variants"
	"vmabench/vmm"
	"vmabench/workload"
)

// list prints the designs and the workloads.
func list(args []string, out, errs io.Writer) error {
	fs := flags("list [flags] [designs|workloads]", errs)
	long := fs.Bool("l", false, "with what each stands for and where it is from")
	if err := parse(fs, args, 1); err != nil {
		return err
	}
	what := fs.Arg(0)
	switch what {
	case "", "designs", "workloads":
	default:
		return badf("list %q: want designs or workloads", what)
	}
	if what != "workloads" {
		listDesigns(out)
	}
	if what == "" {
		fmt.Fprintln(out)
	}
	if what != "designs" {
		listWorkloads(out, *long)
	}
	return nil
}

func listDesigns(out io.Writer) {
	fmt.Fprintln(out, "Designs:")
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, d := range variants.Subjects() {
		kind := ""
		if d.Control {
			kind = " (control)"
		}
		fmt.Fprintf(w, "  %s\t%s\t%s%s\n", d.Name, d.Since, d.Doc, kind)
	}
	w.Flush()
}

func listWorkloads(out io.Writer, long bool) {
	fmt.Fprintln(out, "Workloads:")
	if !long {
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, s := range workload.Presets() {
			fmt.Fprintf(w, "  %s\t%s\t%s\n", s.FullName(), strings.Join(s.RoleNames(), ", "), s.Title)
		}
		w.Flush()
		return
	}
	for _, s := range workload.Presets() {
		fmt.Fprintf(out, "\n  %s: %s\n    %s\n    Source: %s.\n", s.FullName(), s.Title, s.Doc, s.Source)
	}
}

// plan prints what bench would run.
func plan(args []string, out, errs io.Writer) error {
	var o options
	fs := flags("plan", errs)
	o.register(fs)
	if err := parse(fs, args, 0); err != nil {
		return err
	}
	o.given(fs)
	p, err := o.newPlan()
	if err != nil {
		return err
	}
	printPlan(out, p)
	return nil
}

// planRow is the trials of a plan that differ in the design and the
// repetition alone.
type planRow struct {
	kind        results.Kind
	name        string
	procs       int
	goroutines  int // 0 is a thread each
	trials      int
	each, total time.Duration
}

// planRows returns the rows of p in the order of its configuration.
func planRows(p *harness.Plan) (rows []*planRow) {
	index := map[planRow]*planRow{}
	for i := range p.Trials {
		s := &p.Trials[i]
		key := planRow{kind: s.Kind, name: s.Workload.FullName(), procs: s.Procs, goroutines: s.Goroutines}
		switch {
		case s.Kind == results.Footprint:
			key.name = fmt.Sprintf("%d VMAs", s.VMAs)
		case s.VMAs != p.Config.VMAs && s.Layout == nil && p.Config.Layout == nil:
			key.name += fmt.Sprintf(", %d VMAs", s.VMAs)
		case s.RateX != 0 && s.RateX != 1:
			key.name += fmt.Sprintf(", %g times its load", s.RateX)
		}
		if s.Goroutines > 0 {
			key.name += fmt.Sprintf(", %d goroutines", s.Goroutines)
		}
		if s.Config.Page != vmm.PageNone {
			key.name += ", page=" + s.Config.Page.String()
		}
		r := index[key]
		if r == nil {
			n := key
			r = &n
			index[key] = r
			rows = append(rows, r)
		}
		r.trials++
		r.each = max(r.each, s.Estimate())
		r.total += s.Estimate()
	}
	var order []string
	for _, s := range p.Config.Workloads() {
		order = append(order, s.FullName())
	}
	rank := func(r *planRow) int {
		name, _, _ := strings.Cut(r.name, ",")
		return slices.Index(order, name)
	}
	slices.SortStableFunc(rows, func(a, b *planRow) int {
		// "throughput", "latency", "footprint": the alphabet backwards.
		return cmp.Or(-cmp.Compare(a.kind, b.kind), cmp.Compare(rank(a), rank(b)), cmp.Compare(a.procs, b.procs), cmp.Compare(a.goroutines, b.goroutines))
	})
	return rows
}

func printPlan(out io.Writer, p *harness.Plan) {
	c := &p.Config
	fmt.Fprintf(out, "Plan %s: designs %s; %d repetitions; seed %d; %s.\n\n",
		c.Name, strings.Join(c.Subjects(), ", "), c.Count, c.Seed, space(c))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "trials\tms each\tseconds\tGOMAXPROCS\tkind\tworkload\t")
	for _, r := range planRows(p) {
		fmt.Fprintf(w, "%d\t%d\t%.1f\t%d\t%s\t%s\t\n", r.trials, r.each.Milliseconds(), r.total.Seconds(), r.procs, r.kind, r.name)
	}
	w.Flush()
	fmt.Fprintf(out, "\n%d trials, %v on an undisturbed machine", len(p.Trials), p.Estimate().Round(time.Second))
	if c.Budget > time.Second {
		fmt.Fprintf(out, "; disturbed trials are repeated while the run is within %v", c.Budget.Round(time.Second))
	}
	fmt.Fprintln(out, ".")
}

func space(c *harness.Config) string {
	if c.Layout != nil {
		return fmt.Sprintf("%d VMAs as in %s", len(c.Layout.Mappings), c.Layout.Name)
	}
	return fmt.Sprintf("%d VMAs", c.VMAs)
}
