package plots

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"vmabench/results"
)

// kernelWays are the faults that are compared, by what keeps threads apart.
var kernelWays = []struct {
	heading string
	is      func(design, fault, vmas string) bool
}{
	{"own VMA, per-VMA lock", func(design, fault, vmas string) bool {
		return design != "mmaponly" && fault == "user" && vmas == "own"
	}},
	{"one shared VMA, per-VMA lock", func(design, fault, vmas string) bool {
		return design != "mmaponly" && fault == "user" && vmas == "shared"
	}},
	{"own VMA, mmap_lock, from user mode", func(design, fault, vmas string) bool {
		return vmas == "own" && design == "mmaponly" && fault == "user"
	}},
	{"own VMA, mmap_lock, from kernel mode", func(_, fault, vmas string) bool {
		return vmas == "own" && fault == "kernel"
	}},
}

// figKernels sets the models beside real kernels of each design, by what can be
// counted under an emulator.
func figKernels(d *data) []*Figure {
	const id, title = "kernels", "The models beside real kernels"
	rows, err := d.folder.Kernels()
	switch {
	case err != nil:
		return missing(id, secBeyond, title, err.Error())
	case len(rows) == 0:
		return missing(id, secBeyond, title, "the folder has no "+results.KernelsFile+"; a new run gets it")
	}
	k := kernelFigure{d: d, rows: rows, table: &Table{Head: []string{"figure", "case", "design", "of", "value", "range"}, Left: 4}}
	panels := []Panel{k.bytes(), k.atomics(), k.lines(), k.tails()}
	claim, apart := k.claim(title)
	f := &Figure{
		ID: id, Section: secBeyond, Title: claim,
		Subtitle: "Counted in real kernels under emulation, never timed: bytes by slabinfo, locked read-modify-writes, cache lines that a fault's locks move between four CPUs, " +
			"and the 99th percentile of a fault in instructions, beside a thread that maps and unmaps. Beside each design the version of Linux; hatched: the model of that kernel's lock. " +
			"Whiskers: the range over three boots, for a model over places in its slabs.",
		Panels: panels, Table: k.table, Command: "make kernels kernels-locks",
		Legend: []Key{{Label: "a VMA", Part: true, Style: Style{Ink: InkPart0}}, {Label: "the lock", Part: true, Style: Style{Ink: InkPart1}},
			{Label: "tree, or its page tables' lock", Part: true, Style: Style{Ink: InkPart2}}},
		Notes: []string{"An instruction is not a cycle and a line that moves has no price here. Kernels of different versions differ in more than the lock: " +
			"a fault inside a system call takes mmap_lock in each of them, so the same kernel shows both. Where mmap_lock's count and owner lie on two cache lines " +
			"(6.16 and its model) a fault moves two lines more than where they share one (6.1 and 6.12, their models, 7.3)."},
	}
	f.Notes = append(f.Notes, apart...)
	return []*Figure{f}
}

type kernelFigure struct {
	d     *data
	rows  []results.KernelRow
	table *Table
}

// of names what a row is of: "Linux 6.12.117" or "model".
func of(r *results.KernelRow) string {
	release := r.Get("kernel")
	if release == "model" {
		return release
	}
	release, _, _ = strings.Cut(release, "+")
	if version, _, ok := strings.Cut(r.Get("package"), "-"); ok {
		release = version // Debian's 6.1.0-56 is 6.1.192
	}
	return "Linux " + release
}

// row is a bar of one figure of a kernel or a model, which the table gets too.
func (k *kernelFigure) row(r *results.KernelRow, figure, way string, value, lo, hi float64) Row {
	design := r.Get("design")
	span := ""
	if finite(lo) {
		span = sig(lo, 3) + " to " + sig(hi, 3)
	}
	k.table.Rows = append(k.table.Rows, []string{figure, way, design, of(r), sig(value, 3), span})
	return Row{Label: design + " " + strings.TrimPrefix(of(r), "Linux "), Name: design, Style: k.d.styleOf(design, design), Value: value, Lo: lo, Hi: hi,
		Hollow: r.Get("kernel") == "model", Text: sig(value, 3)}
}

// each calls f for the rows of a benchmark: those of real kernels, and after the
// last kernel of a design its model's.
func (k *kernelFigure) each(bench string, f func(r *results.KernelRow)) {
	isModel := func(r *results.KernelRow) bool { return r.Get("kernel") == "model" }
	for i := range k.rows {
		r := &k.rows[i]
		if r.Bench != bench || isModel(r) {
			continue
		}
		f(r)
		same := func(o results.KernelRow) bool { return !isModel(&o) && o.Name() == r.Name() }
		if slices.ContainsFunc(k.rows[i+1:], same) {
			continue
		}
		for j := range k.rows {
			if m := &k.rows[j]; isModel(m) && m.Name() == r.Name() {
				f(m)
			}
		}
	}
}

func (k *kernelFigure) bytes() Panel {
	p := Panel{Title: "bytes a VMA, of 40,000", X: Axis{Label: "bytes", Format: Plain}}
	k.each("KernelVMABytes", func(r *results.KernelRow) {
		total, _ := r.Value("B/vma")
		vma, _ := r.Value("vm_area_struct-B")
		lock, _ := r.Value("vma_lock-B")
		b := k.row(r, p.Title, "", total, math.NaN(), math.NaN())
		b.Parts = parts(r, vma, lock, total-vma-lock)
		p.Rows = append(p.Rows, b)
	})
	p.rowScale()
	return p
}

// parts are what a bar is stacked of: VMA, lock, the rest.
func parts(r *results.KernelRow, vma, lock, rest float64) []Part {
	model := r.Get("kernel") == "model"
	return []Part{{"VMA", InkPart0, vma, model}, {"lock", InkPart1, lock, model}, {"rest", InkPart2, rest, model}}
}

func (k *kernelFigure) atomics() Panel {
	p := Panel{Title: "locked read-modify-writes of a fault", X: Axis{Label: "a fault", Format: Plain}}
	k.each("KernelLines", func(r *results.KernelRow) {
		all, ok := r.Value("rmw/op")
		if r.Get("fault") != "user" || r.Get("vmas") != "own" || r.Get("threads") != "4" || !ok {
			return
		}
		table, _ := r.Value("pagetable_rmw/op")
		b := k.row(r, p.Title, "own VMA", all, math.NaN(), math.NaN())
		b.Parts = parts(r, 0, all-table, table)
		p.Rows = append(p.Rows, b)
	})
	p.rowScale()
	return p
}

func (k *kernelFigure) lines() Panel {
	p := Panel{Title: "cache lines that move for a fault's locks, four CPUs", X: Axis{Label: "lines a fault", Format: Plain}}
	for _, w := range kernelWays {
		p.Rows = append(p.Rows, Row{Heading: w.heading})
		k.each("KernelLines", func(r *results.KernelRow) {
			if r.Get("threads") != "4" || !w.is(r.Get("design"), r.Get("fault"), r.Get("vmas")) {
				return
			}
			p.Rows = append(p.Rows, k.ranged(r, p.Title, w.heading, "lines"))
		})
	}
	p.rowScale()
	return p
}

// ranged is a bar with the range over the boots, or a model's over places.
func (k *kernelFigure) ranged(r *results.KernelRow, figure, way, what string) Row {
	if what == "lines" {
		v, lo, hi := lockLines(r)
		return k.row(r, figure, way, v, lo, hi)
	}
	return k.row(r, figure, way, valueOf(r, what+"-insn"), valueOf(r, what+"-least-insn"), valueOf(r, what+"-most-insn"))
}

func valueOf(r *results.KernelRow, unit string) float64 {
	if v, ok := r.Value(unit); ok {
		return v
	}
	return math.NaN()
}

// lockLines are the lines that a fault's locks move, and their range: all that a
// model's fault moves, those of the lock functions of a real one.
func lockLines(r *results.KernelRow) (v, lo, hi float64) {
	unit := "lock_lines"
	if _, ok := r.Value(unit + "/op"); !ok {
		unit = "lines"
	}
	return valueOf(r, unit+"/op"), valueOf(r, unit+"-least/op"), valueOf(r, unit+"-most/op")
}

func (k *kernelFigure) tails() Panel {
	p := Panel{Title: "p99 of a fault beside a mapper", X: Axis{Label: "instructions (virtual time)", Format: SI}}
	for _, w := range []struct{ fault, heading string }{
		{"user", "fault from user mode"}, {"kernel", "the same from kernel mode: mmap_lock"}} {
		p.Rows = append(p.Rows, Row{Heading: w.heading})
		k.each("KernelTail", func(r *results.KernelRow) {
			if r.Get("threads") == "1" && r.Get("writer") == "mmap" && r.Get("fault") == w.fault {
				p.Rows = append(p.Rows, k.ranged(r, p.Title, w.heading, "p99"))
			}
		})
	}
	p.rowScale()
	return p
}

// claim says whether the models' bytes, atomics and moving lines are the
// kernels', and apart which lines are not.
func (k *kernelFigure) claim(title string) (claim string, apart []string) {
	n, same := 0, 0
	for i := range k.rows {
		r := &k.rows[i]
		if r.Get("kernel") == "model" {
			continue
		}
		for j := range k.rows {
			m := &k.rows[j]
			if m.Get("kernel") != "model" || m.Name() != r.Name() {
				continue
			}
			for _, unit := range []string{"vm_area_struct-B", "vma_lock-B", "rmw/op"} {
				if v, ok := r.Value(unit); ok {
					w, _ := m.Value(unit)
					n++
					if math.Abs(v-w) < 0.1 {
						same++
					}
				}
			}
		}
	}
	lines, alike, apart := k.apart()
	return fmt.Sprintf("%s: %d of %d sizes and counts of atomics agree, and by their ranges %d of %d counts of cache lines that move", title, same, n, alike, lines), apart
}

// linesSlack is by how much, relatively, ranges of lines may miss each other:
// the CPUs of the emulator and of the simulator do not keep the same pace.
const linesSlack = 0.15

// apart compares the lines that move with the models': whether the ranges meet.
func (k *kernelFigure) apart() (n, same int, apart []string) {
	for _, w := range kernelWays {
		var far []string
		for i := range k.rows {
			r := &k.rows[i]
			v, lo, hi := lockLines(r)
			if math.IsNaN(v) || r.Get("kernel") == "model" || r.Get("threads") != "4" || !w.is(r.Get("design"), r.Get("fault"), r.Get("vmas")) {
				continue
			}
			j := slices.IndexFunc(k.rows, func(m results.KernelRow) bool { return m.Get("kernel") == "model" && m.Name() == r.Name() })
			if j < 0 {
				continue
			}
			m, mlo, mhi := lockLines(&k.rows[j])
			if n++; mlo <= hi*(1+linesSlack)+0.05 && mhi >= lo/(1+linesSlack)-0.05 {
				same++
			} else {
				far = append(far, fmt.Sprintf("%s %s in %s, %s in the model", r.Get("design"), sig(v, 2), of(r), sig(m, 2)))
			}
		}
		if len(far) > 0 {
			apart = append(apart, fmt.Sprintf("Lines that differ, %s: %s.", w.heading, strings.Join(far, "; ")))
		}
	}
	return n, same, apart
}
