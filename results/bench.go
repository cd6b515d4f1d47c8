package results

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// WriteBench writes the samples in the Go benchmark format, in report order,
// so that benchstat -col /variant reads them as they are. Units that are zero
// somewhere are left to WriteEvents: benchstat has no geometric mean of zeros.
//
// Nothing that varies between the trials of a cell is a configuration key, for
// benchstat makes a table of each value. One key does vary between cells:
// oversubscribed points have tables, and geometric means, of their own.
func (f *Folder) WriteBench(w io.Writer) error {
	return f.writeBench(w, func(t *Trial, zero map[string]bool) []Value {
		return slices.DeleteFunc(slices.Clone(t.Values), func(v Value) bool { return zero[v.Unit] })
	})
}

// WriteEvents writes the counters, which may be zero, in the same format:
// those of the trials, the samples that are zero somewhere, and what the
// disturbance guard saw.
func (f *Folder) WriteEvents(w io.Writer) error {
	return f.writeBench(w, func(t *Trial, zero map[string]bool) []Value {
		out := slices.DeleteFunc(slices.Clone(t.Values), func(v Value) bool { return !zero[v.Unit] })
		out = append(out, t.Events...)
		if t.Kind == Throughput || t.Kind == Latency {
			out = append(out, t.Guard.values()...)
		}
		return out
	})
}

// ranked is the key's value of the points that are ranked.
const ranked = "no"

// workers is the key's value of a cell.
func (c *Cell) workers() string {
	switch {
	case c.Ranked():
		return ranked
	case c.Goroutines > 0:
		return "workers are goroutines, as many as GOMAXPROCS or more"
	}
	return "yes, GOMAXPROCS above the CPUs"
}

func (g *Guard) values() []Value {
	return []Value{
		{"guard-cpu-share", g.CPUShare},
		{"guard-others-cpus", g.Others},
		{"guard-steal-cpus", g.Steal},
		{"guard-pressure", g.Pressure},
		{"guard-switches", float64(g.Switches)},
		{"guard-gcs", float64(g.GCs)},
		{"guard-rejected-slices", float64(g.Rejected)},
		{"guard-attempts", float64(g.Attempts)},
	}
}

func (f *Folder) writeBench(w io.Writer, pick func(*Trial, map[string]bool) []Value) error {
	b := bufio.NewWriter(w)
	cells := f.Cells()
	zero := zeroUnits(cells)
	f.benchHead(b)
	writeUnits(b, cells, pick, zero)
	last := ranked
	for _, c := range cells {
		if how := c.workers(); how != last {
			fmt.Fprintf(b, "\noversubscribed: %s\n\n", how)
			last = how
		}
		for _, t := range c.Trials {
			if t.Failed != "" {
				fmt.Fprintf(b, "# %s, repetition %d, failed: %s\n", c.Name, t.Rep, clip(oneLine(t.Failed), 200))
				continue
			}
			if vs := pick(t, zero); len(vs) > 0 {
				writeLine(b, c.Name, t.Ops, vs)
			}
		}
	}
	return b.Flush()
}

// benchHead writes what holds for the whole run: keys for what tells machines
// apart, comments for what two runs that are compared may differ in.
func (f *Folder) benchHead(b *bufio.Writer) {
	r := f.Run
	fmt.Fprintf(b, "# run %s of vmabench %s, commit %s, %s, Linux %s, seed %d\n", r.ID,
		orUnknown(r.Version), orUnknown(r.Commit), orUnknown(r.Env.GoVersion), orUnknown(r.Env.Kernel), r.Plan.Seed)
	for _, kv := range [][2]string{
		{"goos", r.Env.GOOS}, {"goarch", r.Env.GOARCH}, {"pkg", "vmabench"}, {"cpu", oneLine(r.Env.CPU)},
		{"oversubscribed", ranked},
	} {
		if kv[1] != "" {
			fmt.Fprintf(b, "%s: %s\n", kv[0], kv[1])
		}
	}
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return oneLine(s)
}

// zeroUnits returns the units that some trial has a zero sample of.
func zeroUnits(cells []*Cell) map[string]bool {
	zero := map[string]bool{}
	for _, c := range cells {
		for _, t := range c.Trials {
			for _, v := range t.Values {
				if v.Value == 0 {
					zero[v.Unit] = true
				}
			}
		}
	}
	return zero
}

// writeUnits writes the metadata of every unit that follows. A unit is exact
// for the whole file or not at all.
func writeUnits(b *bufio.Writer, cells []*Cell, pick func(*Trial, map[string]bool) []Value, zero map[string]bool) {
	var units []string
	inexact := map[string]bool{}
	for _, c := range cells {
		for _, t := range c.Trials {
			for _, v := range pick(t, zero) {
				if !slices.Contains(units, v.Unit) {
					units = append(units, v.Unit)
				}
				inexact[v.Unit] = inexact[v.Unit] || !IsExact(c.Kind, v.Unit)
			}
		}
	}
	for _, u := range units {
		meta := ""
		switch BetterOf(u) {
		case Lower:
			meta += " better=lower"
		case Higher:
			meta += " better=higher"
		}
		if !inexact[u] {
			meta += " assume=exact"
		}
		if meta != "" {
			fmt.Fprintf(b, "Unit %s%s\n", u, meta)
		}
	}
	b.WriteByte('\n')
}

func writeLine(b *bufio.Writer, name string, ops int64, vs []Value) {
	fmt.Fprintf(b, "Benchmark%s %d", name, max(1, ops))
	for _, v := range vs {
		b.WriteByte(' ')
		b.WriteString(formatValue(v.Value))
		b.WriteByte(' ')
		b.WriteString(v.Unit)
	}
	b.WriteByte('\n')
}

// formatValue writes seven significant digits and no exponent.
func formatValue(v float64) string {
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 7, 64), 64)
	return strconv.FormatFloat(v, 'f', -1, 64)
}
