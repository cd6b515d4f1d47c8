//go:build vmasim

package main

import (
	"fmt"
	"os"
	"slices"
	"text/tabwriter"

	"vmabench/manycore"
	"vmabench/vmm"
)

// print shows operations a second by design and CPUs, and for the most CPUs the
// latencies, the faults that fell back to mmap_lock, and the line that cost most.
func (s *simulation) print(points []manycore.PointSpec, rs []*manycore.PointResult) {
	for _, spec := range s.specs {
		for _, x := range rates(&spec) {
			s.printRate(x, spec.FullName(), points, rs)
		}
		tw := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintf(tw, "at %d CPUs\trole\tp50 ns\tp99 ns\tp99.9 ns\tCPU ns/op\tmmap-read/op\tcostliest line: transfers/op, ns/op waited, of it queueing\n", slices.Max(s.cpus))
		for i, p := range points {
			if p.Workload == spec.FullName() && p.CPUs == slices.Max(s.cpus) {
				printLatencies(tw, p.Design, rs[i])
			}
		}
		tw.Flush()
		fmt.Println()
	}
}

// printLatencies prints one line a role; what is not a role's stands on the first.
func printLatencies(tw *tabwriter.Writer, design string, r *manycore.PointResult) {
	rest := fmt.Sprintf("%.0f\t%.3g\t", r.CPUNS, float64(r.Events[vmm.MmapRead])/float64(max(r.Ops, 1)))
	if len(r.Lines) > 0 {
		l := r.Lines[0]
		rest += fmt.Sprintf("%s: %.2g, %.0f, %.0f", l.Name, l.Transfers, l.WaitNS, l.QueueNS)
	}
	for _, role := range r.Roles {
		fmt.Fprintf(tw, "%s\t%s\t%d\t%d\t%d\t%s\n", design, role.Role, role.P50, role.P99, role.P999, rest)
		design, rest = "", "\t\t"
	}
}

func (s *simulation) printRate(x rate, load string, points []manycore.PointSpec, rs []*manycore.PointResult) {
	fmt.Printf("%s (modelled)\n", x.title)
	tw := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(tw, "CPUs\t")
	for _, n := range s.cpus {
		fmt.Fprintf(tw, "%d\t", n)
	}
	fmt.Fprintln(tw)
	for _, d := range s.designs {
		fmt.Fprintf(tw, "%s\t", d)
		for _, n := range s.cpus {
			i := slices.IndexFunc(points, func(p manycore.PointSpec) bool { return p.Design == d && p.Workload == load && p.CPUs == n })
			if i < 0 {
				fmt.Fprintf(tw, "-\t") // in another shard
				continue
			}
			fmt.Fprintf(tw, "%s\t", x.of(rs[i]))
		}
		fmt.Fprintln(tw)
	}
	tw.Flush()
}
