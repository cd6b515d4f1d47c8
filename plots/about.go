package plots

import (
	"cmp"
	"fmt"
	"strings"

	"vmabench/results"
)

// fact is a row of the system table.
type fact struct{ Name, Value, Verdict, Advice, Class string }

func (d *data) system() []fact {
	e := &d.run.Env
	var out []fact
	add := func(name, value string) {
		out = append(out, fact{Name: name, Value: cmp.Or(value, "not recorded")})
	}
	smt := "off"
	if e.SMT {
		smt = "on"
	}
	add("CPU", e.CPU)
	add("CPUs, cores, sockets, SMT", fmt.Sprintf("%d, %d, %d, %s", e.CPUs, e.Cores, e.Sockets, smt))
	add("memory", Bytes.Write(float64(e.MemBytes)))
	add("kernel", e.Kernel)
	add("virtualisation", e.Virt)
	add("clock source", e.Clocksource)
	if e.ClockNS > 0 {
		add("two clock readings in a row", Nanos.Write(e.ClockNS))
	}
	add("governor", e.Governor)
	add("turbo", e.Turbo)
	add("mitigations", e.Mitigations)
	add("Go", strings.Join([]string{e.GoVersion, e.GOOS + "/" + e.GOARCH, e.GOAMD64}, " "))
	add("build flags", strings.Join(e.Flags, " "))
	add("collector", "GOGC "+cmp.Or(e.GOGC, "not recorded"))
	add("vmabench", d.run.Version+", commit "+cmp.Or(d.run.Commit, "not recorded"))
	add("started", d.run.Created)
	for _, f := range e.Facts {
		x := fact{Name: f.Name, Value: f.Value, Verdict: f.Verdict, Advice: f.Advice}
		if f.Verdict == "warn" || f.Verdict == "bad" {
			x.Class = "warn"
		}
		out = append(out, x)
	}
	return out
}

func (d *data) method() []items {
	c := d.versus(d.baseline)
	o := c.Options
	return []items{
		{"Method", []string{
			"One trial is one fresh child process; it pins its workers, warms up, and measures between two barriers. The replicate is the trial, never the operation.",
			"Every block runs each cell once in shuffled order; designs are compared within blocks, by the median of the paired ratios. Intervals are of order statistics, at least 95 %; bands and whiskers show them.",
			fmt.Sprintf("A verdict needs all of: %d repetitions, a Mann-Whitney p of at most %s after Holm's correction within the workload's family, an interval without 1, and a change of at least %s. %d tests were made in %d families. ~ is no evidence of a difference, not evidence of none.",
				results.MinTrials, sig(o.Alpha, 2), trimZeros(Share.Write(o.Effect)), c.Tests, c.Families),
			"Throughput trials read no clock per operation. Latency trials are separate: operations arrive at a fixed rate whether or not the ones before are done, and are timed from their intended start. Histograms are merged, percentiles never averaged.",
			"A slice of a trial in which a worker was not given its CPU does not count; a trial without enough slices is repeated within a bound, then marked. No garbage is collected within a slice, or the trial is marked.",
			"Summaries are geometric means of ratios with the spread beside them; there is no mean of ratios. Oversubscribed points, controls and failed cells are in none.",
		}},
		{"Bias", []string{
			"The suite was written by people who find the refcount design interesting; no design is theirs. Where it loses is generated from the same rule as where it wins.",
			"All designs share the code around the lock (index, page table, edits, mmap_lock), so that only the lock differs. What that shared code costs dilutes every ratio of operations.",
			"The baseline is the run's own (" + d.baseline + "); the page can take any other.",
			"Workloads were chosen before the run and none was left out; those in which a per-VMA lock can only lose (mmap1, fork-storm, one worker) are among them.",
		}},
		{"Limits", []string{
			"An address space in a Go process, not a kernel: no TLB, no inter-processor interrupts, no page zeroing unless a workload asks for it. A bare fault here is about half lock; a real one is a few per cent lock, so ratios of operations are far larger than those of a kernel.",
			"Go's atomics are sequentially consistent: an acquire load or a release store costs what the strongest costs (on amd64 a store is an exchange, except where the code says otherwise).",
			"A spinning waiter cannot see whether the owner runs; sleeping and waking across CPUs goes through futex and, in a guest, the hypervisor.",
			"GOMAXPROCS beyond the CPUs measures the scheduler too. Such points are hollow, on grey, and ranked nowhere.",
			"A result holds for this machine, kernel and Go version. What is modelled is dotted on hatched ground and says so; it is good for shapes, not for percentages.",
		}},
	}
}
