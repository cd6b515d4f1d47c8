package plots

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"vmabench/results"
)

// footprint returns an exact value of a footprint trial.
func (d *data) footprint(scen, variant, unit string) (float64, bool) {
	c := d.get(results.Footprint, scen, variant, 1)
	if c == nil {
		return 0, false
	}
	xs, _ := c.samples(unit)
	if len(xs) == 0 {
		return 0, false
	}
	return summarize(xs).Med, true
}

// figFootprint stacks what one VMA costs by part.
func figFootprint(d *data) []*Figure {
	const id, title = "footprint", "Bytes a VMA"
	scens := d.of(results.Footprint, nil)
	if len(scens) == 0 {
		return missing(id, secFootprint, title, "the run has no footprint trials")
	}
	var panels []Panel
	table := &Table{Head: []string{"VMAs", "design", "VMA", "lock object", "slab loss", "index", "sum", "heap, measured", "objects a 4 KiB page"}, Left: 2}
	for _, s := range scens {
		p := Panel{Title: withCommas(s.param("vmas")) + " VMAs", X: Axis{Label: "bytes a VMA", Format: Plain}}
		if p.Title == " VMAs" {
			p.Title = s.title
		}
		for _, n := range d.designs {
			r, cells := d.footprintRow(&s, n)
			if r == nil {
				continue
			}
			p.Rows = append(p.Rows, *r)
			table.Rows = append(table.Rows, append([]string{p.Title, n}, cells...))
		}
		if len(p.Rows) > 0 {
			panels = append(panels, p)
		}
	}
	if len(panels) == 0 {
		return missing(id, secFootprint, title, "the footprint trials of this run failed")
	}
	sameRowScale(panels)
	legend := []Key{}
	for i, name := range partNames {
		legend = append(legend, Key{Label: name, Part: true, Style: Style{Ink: partInks[i]}, Hatch: i == 2})
	}
	return []*Figure{{
		ID: id, Section: secFootprint, Title: d.footprintTitle(&scens[len(scens)-1]),
		Subtitle: "Bytes of one VMA by part: the object, its separate lock, what the 4 KiB slab page loses between objects, and its share of the index. Lower is better. Counted, not sampled; the table has the measured heap beside it.",
		Panels:   panels, Legend: legend, Table: table, Samples: []results.Kind{results.Footprint},
	}}
}

var partNames = []string{"vm_area_struct", "lock object", "lost in the slab page", "index"}
var partInks = []Ink{InkPart0, InkPart1, InkPart3, InkPart2}

// footprintRow returns the stacked bar of a design and its table cells.
func (d *data) footprintRow(s *scenario, n string) (*Row, []string) {
	c := d.get(results.Footprint, s.key, n, 1)
	if c == nil {
		return nil, nil
	}
	r := rowOf(n, d.style[n], none, c)
	get := func(unit string) float64 { v, _ := d.footprint(s.key, n, unit); return v }
	total := get("B/vma")
	vma, lock, slab, index := get("vma-B/vma"), get("lock-B/vma"), get("slab-B/vma"), get("index-B/vma")
	if total == 0 {
		return &r, []string{"–", "–", "–", "–", "–", "–", ""}
	}
	if vma == 0 {
		vma = total - lock
	}
	loss := 0.0
	if slab > total {
		loss = slab - total
	}
	r.Failed, r.N = "", len(c.trials)
	r.Value = vma + lock + loss + index
	for i, v := range []float64{vma, lock, loss, index} {
		r.Parts = append(r.Parts, Part{Name: partNames[i], Ink: partInks[i], Value: v, Hatch: i == 2})
	}
	r.Text = sig(r.Value, 4)
	cells := []string{sig(vma, 4), sig(lock, 4), sig(loss, 3), sig(index, 3), sig(r.Value, 4), "–", packing(d.design(n), lock > 0)}
	if heap := get("heap-B/vma"); heap > 0 {
		cells[5] = sig(heap, 4)
	}
	return &r, cells
}

// packing says how many VMAs, and lock objects, a slab page holds.
func packing(g *results.DesignInfo, locks bool) string {
	var parts []string
	for i, s := range g.Layout {
		if s.Size > 0 && (i == 0 || locks) {
			parts = append(parts, fmt.Sprint(4096/s.Size))
		}
	}
	return strings.Join(parts, " and ")
}

func (d *data) footprintTitle(s *scenario) string {
	base, ok := d.footprintRow(s, d.baseline)
	if base == nil || ok == nil || base.Value == 0 {
		return "Bytes a VMA"
	}
	var parts []string
	for _, n := range without(d.main(), d.baseline) {
		if r, _ := d.footprintRow(s, n); r != nil && r.Value > 0 {
			parts = append(parts, fmt.Sprintf("%s %s (%s)", n, sig(r.Value, 3), Percent.Write(r.Value/base.Value)))
		}
	}
	return fmt.Sprintf("A VMA of %s takes %s bytes in all, %s", d.baseline, sig(base.Value, 3), list(firstFew(parts, 4)))
}

// withCommas groups the digits of a whole number.
func withCommas(s string) string {
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// figLayout draws every struct of every design, byte by byte.
func figLayout(d *data) []*Figure {
	const id, title = "layout", "Where the lock lies"
	if d.anyCell(results.Throughput) == nil && d.anyCell(results.Footprint) == nil {
		return missing(id, secFootprint, title, "the structs of a simulated machine are not those that run")
	}
	var panels []Panel
	table := &Table{Head: []string{"struct", "field", "type", "offset", "size", "cache line", "part of"}, Left: 3}
	for _, beside := range []bool{false, true} { // every VMA, then what is beside it
		for _, n := range d.designs {
			for i, st := range d.design(n).Layout {
				of := n
				if i > 0 {
					of = d.sharedBy(n, &st)
				}
				if of != "" && i > 0 == beside { // "" is drawn with an earlier design
					panels = append(panels, structPanel(of, &st, i == 0, table))
				}
			}
		}
	}
	if len(panels) == 0 {
		return missing(id, secFootprint, title, "the run records no struct layouts")
	}
	return []*Figure{{
		ID: id, Section: secFootprint, Title: d.layoutTitle(),
		Subtitle: "The structs as they ran, from reflect: a row is a cache line of 64 bytes, the strongest colour is the lock, hatched is padding. Slab objects are packed, so only the offset within the object is fixed.",
		Panels:   panels, Table: table,
		Legend: []Key{{Label: "lock", Part: true, Style: Style{Ink: InkPart1}}, {Label: "other fields", Part: true, Style: Style{Ink: InkPart0}}, {Label: "padding", Part: true, Hatch: true, Style: Style{Ink: InkGrid}}},
	}}
}

// structPanel draws a struct and adds its fields to the table.
func structPanel(of string, st *results.Struct, vma bool, table *Table) Panel {
	p := Panel{Title: fmt.Sprintf("%s: %s, %d B", of, st.Name, st.Size), Bytes: &ByteMap{Size: st.Size}}
	var locks []string
	for _, f := range st.Fields {
		pad := f.Name == "_"
		p.Bytes.Boxes = append(p.Bytes.Boxes, ByteBox{Name: f.Name, Type: f.Type, Offset: f.Offset, Size: f.Size, Lock: f.Lock, Pad: pad})
		part := ""
		switch {
		case f.Lock:
			part = "the lock"
			locks = append(locks, fmt.Sprintf("%s at %d", f.Name, f.Offset))
		case pad:
			part = "padding"
		}
		table.Rows = append(table.Rows, []string{of + ": " + st.Name, f.Name, f.Type, fmt.Sprint(f.Offset), fmt.Sprint(f.Size),
			fmt.Sprint(f.Offset / lineBytes), part})
	}
	switch {
	case len(locks) > 0:
		p.Y.Label = "lock: " + strings.Join(locks, ", ")
	case vma:
		p.Y.Label = "no lock in it"
	}
	return p
}

// sharedBy says whose a struct beside the VMA is: all designs that have it, at
// the first of them, and "" at the others.
func (d *data) sharedBy(n string, st *results.Struct) string {
	var all []string
	for _, o := range d.designs {
		for i, x := range d.design(o).Layout {
			if i > 0 && x.Name == st.Name && x.Size == st.Size {
				all = append(all, o)
			}
		}
	}
	if all[0] != n {
		return ""
	}
	return strings.Join(all, ", ")
}

func (d *data) layoutTitle() string {
	var parts []string
	for _, n := range d.main() {
		if w := d.lockPlace(n); w != "" {
			parts = append(parts, n+" "+w)
		}
	}
	if len(parts) == 0 {
		return "Structs by cache line"
	}
	return "Where the VMA lock lies: " + strings.Join(firstFew(parts, 4), "; ")
}

// lockPlace says how many bytes a design's lock has in the VMA, on which cache
// lines, and how many in an object of its own.
func (d *data) lockPlace(n string) string {
	g := d.design(n)
	if len(g.Layout) == 0 {
		return ""
	}
	size := 0
	var lines, parts []string
	for _, f := range g.Layout[0].Fields {
		if !f.Lock {
			continue
		}
		size += f.Size
		if l := fmt.Sprint(f.Offset / lineBytes); len(lines) == 0 || lines[len(lines)-1] != l {
			lines = append(lines, l)
		}
	}
	if size > 0 {
		word := "line"
		if len(lines) > 1 {
			word = "lines"
		}
		parts = append(parts, fmt.Sprintf("%d B in the VMA (%s %s)", size, word, list(lines)))
	}
	for _, s := range d.of(results.Footprint, nil) {
		if own, ok := d.footprint(s.key, n, "lock-B/vma"); ok && own > 0 {
			parts = append(parts, trimZeros(sig(own, 4))+" B in an object of its own")
			break
		}
	}
	if len(parts) == 0 {
		return "no byte in the VMA"
	}
	return list(parts)
}

// figLockPlace puts the place of the lock beside what sharing it costs.
func figLockPlace(d *data) []*Figure {
	const id, title = "place", "Same line, other line, own object"
	scens := d.of(results.Throughput, func(s *scenario) bool { return s.workload == "hotvma" })
	if len(scens) == 0 {
		return missing(id, secFootprint, title, "it takes the workload hotvma")
	}
	s := scens[0]
	last := max(1, d.ranked(s.key))
	var panels []Panel
	for _, at := range slices.Compact([]int{1, last}) {
		p := Panel{Title: fmt.Sprintf("%s, GOMAXPROCS %d", s.title, at), X: Axis{Label: "CPU time per fault", Format: Nanos}}
		for _, n := range d.barNames(results.Throughput, s.key, at) {
			place := d.lockPlace(n)
			if place == "" || d.control(n) {
				continue // no layout recorded, or no proposal for a place
			}
			r := rowOf(n, d.style[n], d.unitStat(results.Throughput, s.key, n, at, "cpu-ns/op"), d.get(results.Throughput, s.key, n, at))
			p.Rows = append(p.Rows, Row{Heading: place}, r)
		}
		p.rowScale()
		panels = append(panels, p)
	}
	return []*Figure{{
		ID: id, Section: secFootprint, Title: d.placeTitle(s.key, last, panels[len(panels)-1].Rows),
		Subtitle: "CPU time of a fault on one VMA that all workers share, beside the place of the lock in the structs; lower is better. Median with its 95 % interval.",
		Panels:   panels, Legend: d.legend(panels), Table: tableOfRows(panels, "panel", "CPU time/op"), Samples: []results.Kind{results.Throughput}, Command: d.command("hotvma"),
	}}
}

// placeTitle says whether the place of the lock made a difference with the most
// workers: a verdict between the least cost and the greatest, by paired trials.
func (d *data) placeTitle(scen string, procs int, rows []Row) string {
	places := map[string]string{}
	place, least := "", Row{Value: math.Inf(1)}
	for _, r := range rows {
		switch {
		case r.Heading != "":
			place = r.Heading
		case r.Failed == "" && finite(r.Value):
			places[r.Name] = place
			if r.Value < least.Value {
				least = r
			}
		}
	}
	var most *results.Delta
	for n := range places {
		x := d.delta(least.Name, scen, n, procs, "cpu-ns/op")
		if n != least.Name && x != nil && x.Better() < 0 && (most == nil || x.Ratio > most.Ratio) {
			most = x
		}
	}
	if most == nil {
		return "Where the lock lies was not shown to make a difference to a fault on a shared VMA"
	}
	n := most.New.Cell.Variant
	return fmt.Sprintf("A fault on a shared VMA costs %s with %s, %s; with %s, %s, it costs %s",
		Nanos.Write(least.Value), least.Name, places[least.Name], n, places[n], d.claim(most))
}
