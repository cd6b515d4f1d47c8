package kernels

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"vmabench/results"
)

// steps are how far, in instructions, one CPU may be ahead of another. Which
// CPU gets to a line first depends on it, so each figure comes with its range
// over them.
var steps = []int{50, 100, 200}

// cpus of a machine with several: four that fault or write, and one for all
// else.
const cpus = "5"

// many is a machine whose CPUs run at once.
func many(k *Kernel, guest string) *Machine {
	return &Machine{
		Kernel:  k,
		Options: []string{"-M", "q35", "-smp", cpus, "-cpu", "max,-erms,-fsrm,-rdrand,-rdseed", "-accel", "tcg,thread=multi"},
		Guest:   []string{guest},
	}
}

// Locks boots the kernel under the plugin, once for each step, and returns what
// a fault costs in instructions, read-modify-writes and cache lines, in all and
// by function, and its length beside a writer. Instructions are exact for one
// thread; the rest has ranges. Init is the guest program, plugin the compiled
// plugin/locks.c.
func (c *Cache) Locks(ctx context.Context, k *Kernel, init []byte, plugin string) ([]results.KernelRow, error) {
	symbols, err := c.symbols(ctx, k, init)
	if err != nil {
		return nil, err
	}
	if plugin, err = filepath.Abs(plugin); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "kernels-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	m := many(k, "-job=locks")
	var boots [][]report
	for _, q := range steps {
		out := filepath.Join(dir, "out")
		m.Plugin = fmt.Sprintf("%s,q=%d,symbols=%s,out=%s", plugin, q, symbols, out)
		said, err := c.boot(ctx, m, init)
		if err != nil {
			return nil, err
		}
		text, err := os.ReadFile(out)
		if err != nil {
			return nil, err
		}
		r, err := joinReports(said, string(text))
		if err != nil {
			return nil, fmt.Errorf("kernel %s, step %d: %w", k.Release, q, err)
		}
		boots = append(boots, r)
	}
	rows, err := summarize(boots)
	key := append(c.key(m, init), results.Param{Key: "steps", Value: strings.Trim(fmt.Sprint(steps), "[]")})
	for i := range rows {
		rows[i].Key = key
	}
	return rows, err
}

// report is what the plugin counted between two marks, and what it was of.
type report struct {
	name      string
	values    []results.Value // the guest's own
	lengths   []float64       // of all windows, in instructions of virtual time, ascending
	kept      float64         // windows whose counts are in functions
	span      float64         // virtual time in all
	slips     float64
	functions []function
}

type function struct {
	name             string
	insn, rmw, lines float64
}

// joinReports reads the plugin's blocks and gives them the names that the guest
// printed, in the same order.
func joinReports(said []string, text string) ([]report, error) {
	var names [][]string
	for _, line := range said {
		if f := strings.Fields(line); f[0] == "report" && len(f)%2 == 0 {
			names = append(names, f[1:])
		}
	}
	var rs []report
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		n, err := numbersOf(f)
		switch {
		case err != nil:
			return nil, fmt.Errorf("the plugin's line %.60q: %w", line, err)
		case f[0] == "report" && len(n) == 4:
			if len(rs) == len(names) {
				return nil, fmt.Errorf("the plugin reported more than the guest's %d", len(names))
			}
			name := names[len(rs)]
			r := report{name: name[0], kept: n[1], span: n[2], slips: n[3]}
			for i := 1; i+1 < len(name); i += 2 {
				v, err := strconv.ParseFloat(name[i], 64)
				if err != nil {
					return nil, err
				}
				r.values = append(r.values, results.Value{Unit: name[i+1], Value: v})
			}
			rs = append(rs, r)
		case f[0] == "lengths" && len(rs) > 0:
			rs[len(rs)-1].lengths = n
		case f[0] == "function" && len(rs) > 0 && len(n) == 3:
			r := &rs[len(rs)-1]
			r.functions = append(r.functions, function{f[1], n[0], n[1], n[2]})
		case f[0] != "end":
			return nil, fmt.Errorf("the plugin's line %.60q is not understood", line)
		}
	}
	if len(rs) != len(names) || len(rs) == 0 {
		return nil, fmt.Errorf("%d reports of the plugin for %d of the guest", len(rs), len(names))
	}
	return rs, nil
}

// numbersOf returns the numbers of a line of the plugin's.
func numbersOf(f []string) (n []float64, err error) {
	if len(f) == 0 {
		return nil, fmt.Errorf("empty")
	}
	from := 1
	if f[0] == "function" {
		from = 2
	}
	for _, w := range f[min(from, len(f)):] {
		v, err := strconv.ParseFloat(w, 64)
		if err != nil {
			return nil, err
		}
		n = append(n, v)
	}
	return n, nil
}

// summarize makes a row of each report, with its range over the boots.
func summarize(boots [][]report) (rows []results.KernelRow, err error) {
	for i := range boots[0] {
		var of []report
		for _, b := range boots {
			if i >= len(b) || b[i].name != boots[0][i].name || b[i].kept == 0 || len(b[i].lengths) == 0 {
				return nil, fmt.Errorf("%s: a boot has none of it", boots[0][i].name)
			}
			of = append(of, b[i])
		}
		if strings.HasPrefix(of[0].name, "KernelTail") {
			rows = append(rows, tailRow(of))
			continue
		}
		rows = append(rows, linesRow(of))
		rows = append(rows, functionRows(of[len(of)/2])...)
	}
	return rows, nil
}

// ranged returns the median of a figure over the boots, the least and the most.
func ranged(of []report, unit string, digits int, f func(*report) float64) []results.Value {
	var vs []float64
	for i := range of {
		p := math.Pow10(digits)
		vs = append(vs, math.Round(f(&of[i])*p)/p)
	}
	slices.Sort(vs)
	least, most := limits(unit)
	return []results.Value{
		{Unit: unit, Value: vs[len(vs)/2]}, {Unit: least, Value: vs[0]}, {Unit: most, Value: vs[len(vs)-1]},
	}
}

func (r *report) sum(of func(function) float64) (s float64) {
	for _, f := range r.functions {
		s += of(f)
	}
	return s / r.kept
}

func (r *report) quantile(p float64) float64 {
	return r.lengths[min(len(r.lengths)-1, int(float64(len(r.lengths))*p))]
}

// pageTableLock is the function with the only lock of a fault that is neither
// mmap_lock nor a VMA's.
const pageTableLock = "_raw_spin_lock"

// lockFunctions are those that take and release mmap_lock or a VMA's lock for a
// fault. In do_user_addr_fault compilers inline some of them.
var lockFunctions = []string{"do_user_addr_fault", "lock_mm_and_find_vma", "lock_vma_under_rcu", "vma_start_read", "vma_refcount_put",
	"vma_end_read", "down_read", "down_read_killable", "down_read_trylock", "up_read"}

func linesRow(of []report) results.KernelRow {
	row := named(of[0].name)
	for _, r := range of {
		row.N += int64(r.kept)
	}
	total := func(of func(function) float64) func(*report) float64 {
		return func(r *report) float64 { return r.sum(of) }
	}
	row.Values = slices.Concat(
		ranged(of, "insn/op", 0, total(func(f function) float64 { return f.insn })),
		ranged(of, "rmw/op", 2, total(func(f function) float64 { return f.rmw })),
		ranged(of, "pagetable_rmw/op", 2, total(func(f function) float64 {
			if f.name == pageTableLock {
				return f.rmw
			}
			return 0
		})),
		ranged(of, "lines/op", 3, total(func(f function) float64 { return f.lines })),
		ranged(of, "lock_lines/op", 3, total(func(f function) float64 {
			if slices.Contains(lockFunctions, f.name) {
				return f.lines
			}
			return 0
		})),
		[]results.Value{{Unit: "slips", Value: slips(of)}})
	return row
}

func slips(of []report) (n float64) {
	for _, r := range of {
		n += r.slips
	}
	return n
}

// functionRows are the functions of a report, those with most instructions
// first; what is below half an instruction and a hundredth of a line is noise.
func functionRows(r report) (rows []results.KernelRow) {
	fs := slices.Clone(r.functions)
	slices.SortStableFunc(fs, func(a, b function) int { return cmp.Compare(b.insn, a.insn) })
	round := func(v float64, p float64) float64 { return math.Round(v/r.kept*p) / p }
	for _, f := range fs {
		if f.insn/r.kept < 0.5 && f.lines/r.kept < 0.01 {
			continue
		}
		row := named(strings.Replace(r.name, "KernelLines", "KernelFunction", 1))
		row.Params = append(row.Params, results.Param{Key: "func", Value: f.name})
		row.N = int64(r.kept)
		row.Values = []results.Value{{Unit: "insn/op", Value: round(f.insn, 10)}, {Unit: "rmw/op", Value: round(f.rmw, 100)}, {Unit: "lines/op", Value: round(f.lines, 1000)}}
		rows = append(rows, row)
	}
	return rows
}

func tailRow(of []report) results.KernelRow {
	row := named(of[0].name)
	for _, r := range of {
		row.N += int64(len(r.lengths))
	}
	row.Values = slices.Concat(
		ranged(of, "p50-insn", 0, func(r *report) float64 { return r.quantile(0.5) }),
		ranged(of, "p99-insn", 0, func(r *report) float64 { return r.quantile(0.99) }),
		ranged(of, "ops/Minsn", 0, func(r *report) float64 { return float64(len(r.lengths)) / r.span * 1e6 }))
	for i, v := range of[0].values {
		row.Values = append(row.Values, ranged(of, v.Unit, 0, func(r *report) float64 { return r.values[i].Value })...)
	}
	row.Values = append(row.Values, results.Value{Unit: "slips", Value: slips(of)})
	return row
}

// named returns an empty row of that name.
func named(name string) (row results.KernelRow) {
	parts := strings.Split(name, "/")
	row.Bench = parts[0]
	for _, p := range parts[1:] {
		k, v, _ := strings.Cut(p, "=")
		row.Params = append(row.Params, results.Param{Key: k, Value: v})
	}
	return row
}
