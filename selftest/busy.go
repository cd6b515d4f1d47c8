package selftest

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"vmabench/harness"
	"vmabench/results"
	"vmabench/workload"
)

// BusyFile is the name of a Busy in a run's folder.
const BusyFile = "busy.json"

// Loops is how many busy loops stand beside a run, one for each of two CPUs.
const Loops = 2

// Busy is what the same plan found alone and beside busy loops, whose turns
// alternated.
type Busy struct {
	Loops, Count int
	Sched        string
	Command      string
	Idle, Beside Quiet
	Cells        []BusyCell
	Agree        int // cells that agree
	Differ       int // cells that a comparison of two runs would call different
}

// Quiet is how much of one side was disturbed.
type Quiet struct {
	Trials, Disturbed int
	Slices, Rejected  int
}

// BusyCell is one benchmark alone and beside the loops.
type BusyCell struct {
	Name, Unit    string
	Idle, Beside  [3]float64 // median, 95 % interval
	Ratio, Lo, Hi float64    // beside over alone, paired
	Agree         bool       // the interval of the ratio has 1, or those of the medians overlap
	Verdict       results.Verdict
}

// BusyPlan is the plan that is run on both sides: designs that sleep and that
// do not, alone and against each other, and a latency.
func BusyPlan(designs []string, count int, seed uint64, fifo bool) (*harness.Plan, error) {
	c := harness.Config{
		Name: "busy", Designs: designs, Procs: []int{1, 2}, Count: count, Seed: seed, VMAs: 1000,
		LatencyProcs: []int{2}, LoadX: []float64{1}, Arrivals: harness.Poisson, Clock: harness.BestClock(),
		Timing:        harness.Timing{Slice: 8 * time.Millisecond, Slices: 10, Spare: 10, Warm: 1},
		LatencyTiming: harness.Timing{Slice: 8 * time.Millisecond, Slices: 10, Spare: 10, Warm: 1},
		FIFO:          fifo,
	}
	for _, name := range []string{"pft", "hotvma", "mixed/write=1", "mmap1"} {
		w, ok := workload.Find(name)
		if !ok {
			return nil, fmt.Errorf("no workload %s", name)
		}
		c.Throughput = append(c.Throughput, w)
	}
	c.Latency = c.Throughput[2:3]
	p, err := harness.NewPlan(c)
	if err != nil {
		return nil, err
	}
	return p.Twice(), nil
}

// JudgeBusy compares the two sides of a busy plan.
func JudgeBusy(idle, beside *results.Folder) *Busy {
	b := &Busy{Loops: Loops, Idle: quiet(idle), Beside: quiet(beside), Count: idle.Run.Plan.Count}
	c := results.CompareRuns(idle, beside, results.Options{})
	for i := range c.Deltas {
		d := &c.Deltas[i]
		switch d.Unit {
		case "ns/op", "fault-p50-ns", "fault-p99-ns", "p50-ns", "p99-ns":
		default:
			continue
		}
		if !d.Ranked {
			continue
		}
		x := BusyCell{Name: d.New.Cell.Name, Unit: d.Unit, Ratio: d.Ratio, Lo: d.Lo, Hi: d.Hi, Verdict: d.Verdict,
			Idle: [3]float64{d.Old.Median, d.Old.Lo, d.Old.Hi}, Beside: [3]float64{d.New.Median, d.New.Lo, d.New.Hi}}
		x.Agree = d.Lo <= 1 && 1 <= d.Hi || d.Old.Lo <= d.New.Hi && d.New.Lo <= d.Old.Hi
		if x.Agree {
			b.Agree++
		}
		if x.Verdict != results.Same {
			b.Differ++
		}
		b.Cells = append(b.Cells, x)
	}
	return b
}

func quiet(f *results.Folder) (q Quiet) {
	for i := range f.Trials {
		g := &f.Trials[i].Guard
		q.Trials++
		q.Slices += g.Slices
		q.Rejected += g.Rejected
		if !g.OK {
			q.Disturbed++
		}
	}
	return q
}

// Write prints the comparison.
func (b *Busy) Write(w io.Writer) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "benchmark\tunit\talone\tbeside\tratio\t")
	for _, c := range b.Cells {
		word := "agree"
		if !c.Agree {
			word = "DIFFER"
		}
		fmt.Fprintf(tw, "%s\t%s\t%.4g [%.4g, %.4g]\t%.4g [%.4g, %.4g]\t%.3f [%.3f, %.3f]\t%s\n", c.Name, c.Unit,
			c.Idle[0], c.Idle[1], c.Idle[2], c.Beside[0], c.Beside[1], c.Beside[2], c.Ratio, c.Lo, c.Hi, word)
	}
	tw.Flush()
	fmt.Fprintf(w, "\n%d of %d benchmarks agree within their intervals beside %d busy loops (%d repetitions, -sched %s); %d of the ratios would be called a difference\n",
		b.Agree, len(b.Cells), b.Loops, b.Count, b.Sched, b.Differ)
	for _, q := range []struct {
		name string
		q    Quiet
	}{{"alone", b.Idle}, {"beside", b.Beside}} {
		fmt.Fprintf(w, "%-7s %d of %d slices did not count, %d of %d trials disturbed\n", q.name+":", q.q.Rejected, q.q.Slices, q.q.Disturbed, q.q.Trials)
	}
}
