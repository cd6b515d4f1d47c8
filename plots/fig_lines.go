package plots

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"vmabench/results"
)

// topLines is how many cache lines are drawn of each design.
const topLines = 3

// figLines draws which cache lines a modelled operation waits for, at the most
// CPUs that a workload was modelled at.
func figLines(d *data) []*Figure {
	const id, title = "lines", "Which cache lines cost most"
	trials := d.costliest()
	if len(trials) == 0 {
		return missing(id, secModels, title, "the run has no modelled trials; make simulate makes one")
	}
	table := &Table{Head: []string{"workload", "CPUs", "design", "line", "transfers/op", "ns/op waited", "of it queueing"}, Left: 4}
	var panels []Panel
	var strip Strip
	worst, most := "", 0.0
	for _, group := range trials {
		p := Panel{Workload: group.workload, Modelled: true,
			Title: fmt.Sprintf("%s, %d CPUs", group.workload, group.cpus), X: Axis{Label: "waited an operation (modelled)", Format: Nanos}}
		for _, t := range group.trials {
			name := t.Param("variant")
			p.Rows = append(p.Rows, Row{Heading: name})
			for _, l := range t.Lines[:min(topLines, len(t.Lines))] {
				p.Rows = append(p.Rows, d.lineRow(name, l))
				table.Rows = append(table.Rows, []string{group.workload, fmt.Sprint(group.cpus), name, l.Name, sig(l.Transfers, 2), sig(l.WaitNS, 3), sig(l.QueueNS, 3)})
			}
			strip.Rows = append(strip.Rows, heat(group.workload+" "+name, t))
		}
		for _, t := range group.trials {
			for _, l := range t.Lines {
				if l.WaitNS > most {
					most = l.WaitNS
					worst = fmt.Sprintf(": at most %s waits %s an operation for %s (%s, %d CPUs)", t.Param("variant"), Nanos.Write(l.WaitNS), l.Name, group.workload, group.cpus)
				}
			}
		}
		p.rowScale()
		panels = append(panels, p)
	}
	panels = append(panels, Panel{Strip: &strip, Modelled: true, Title: "share of the waiting, by cache line",
		X: Axis{Label: "left to right: " + strings.Join(heatLines, ", ") + ", all else; strong: most of the time waited"}})
	return []*Figure{{
		ID: id, Section: secModels, Title: title + worst,
		Subtitle: "Modelled: nanoseconds an operation waits for a line, by object, offset and fields; hatched: waiting for the line's turn. Lines of the same place in many objects are added up.",
		Panels:   panels, Table: table, Command: d.simulate(),
	}}
}

// lineGroup is a workload at one number of CPUs.
type lineGroup struct {
	workload string
	cpus     int
	trials   []*results.Trial // by design
}

// costliest returns, for each workload, the modelled trials with the most CPUs.
func (d *data) costliest() []lineGroup {
	var out []lineGroup
	at := map[string]int{}
	for i := range d.folder.Trials {
		t := &d.folder.Trials[i]
		if t.Kind != results.Modelled || len(t.Lines) == 0 {
			continue
		}
		w := t.Param("workload")
		if s := t.Param("write"); s != "" {
			w += "/write=" + s
		}
		j, ok := at[w]
		if !ok {
			j = len(out)
			at[w] = j
			out = append(out, lineGroup{workload: w})
		}
		g := &out[j]
		if t.Procs > g.cpus {
			g.cpus, g.trials = t.Procs, nil
		}
		if t.Procs == g.cpus {
			g.trials = append(g.trials, t)
		}
	}
	return out
}

// lineRow is one line's bar: the transfer, then the queue before it.
func (d *data) lineRow(variant string, l results.Line) Row {
	ink := d.style[variant].Ink
	return Row{
		Label: l.Name, Name: variant, Style: d.style[variant], Value: l.WaitNS, Lo: math.NaN(), Hi: math.NaN(), Hollow: true,
		Parts: []Part{{Name: "transfer", Ink: ink, Value: l.WaitNS - l.QueueNS}, {Name: "queue", Ink: ink, Value: l.QueueNS, Hatch: true}},
		Text:  Nanos.Write(l.WaitNS) + ", " + sig(l.Transfers, 2) + " transfers",
	}
}

// heatLines are the cells of the heat strip: the lines of the mm_struct, of a
// VMA (the first three, from where it begins) and of its lock, where that is apart.
var heatLines = []string{"mm+0", "mm+64", "mm+128", "mm+192", "vma+0", "vma+64", "vma+128", "vm_lock"}

// heat is a design's lines as cells: each one's share of all that was waited.
func heat(name string, t *results.Trial) StripRow {
	row := StripRow{Name: name, Cells: make([]float64, len(heatLines)+1), Bad: make([]bool, len(heatLines)+1)}
	total := 0.0
	for _, l := range t.Lines {
		total += l.WaitNS
	}
	for _, l := range t.Lines {
		row.Cells[heatCell(l.Name)] += l.WaitNS / math.Max(total, 1)
	}
	return row
}

// heatCell returns the cell of the line of that name, as in "vma+128 (refcnt)".
func heatCell(name string) int {
	object, rest, _ := strings.Cut(name, "+")
	object = strings.TrimRight(object, "0123456789") // which of its kind it is
	offset, _, _ := strings.Cut(rest, " ")
	if n, err := strconv.Atoi(offset); err == nil && object != "vm_lock" {
		object += "+" + strconv.Itoa(n/64*64)
	}
	if i := slices.Index(heatLines, object); i >= 0 {
		return i
	}
	return len(heatLines)
}
