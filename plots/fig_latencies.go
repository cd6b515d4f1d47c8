package plots

import (
	"fmt"
	"math"
)

// publishedLatency is an element of latencies.json: how long one operation takes
// beside others, as others measured it, and what the model says of the same.
type publishedLatency struct {
	Table struct {
		Name, Source, Machine, What, Role, Base, New string
		Readers                                      [][2]float64 // guesses of what was not described: ns a line, ns a page
		Rows                                         []struct {
			What      string // "median" or "maximum"
			Base, New [2]float64
		}
	}
	// Results are the base's and the new design's by guess, the likeliest first.
	Results []struct {
		Roles []struct {
			Role     string
			P50, Max float64
		}
	}
}

// modelled returns what the model says of a row: with the likeliest guess, and the
// least and the most with any.
func (t *publishedLatency) modelled(what string, newer bool) (v, lo, hi float64) {
	v, lo, hi = math.NaN(), math.Inf(1), 0
	for i := range t.Results {
		if i%2 == 1 != newer {
			continue
		}
		for _, r := range t.Results[i].Roles {
			if r.Role != t.Table.Role {
				continue
			}
			x := r.Max
			if what == "median" {
				x = r.P50
			}
			if i < 2 {
				v = x
			}
			lo, hi = math.Min(lo, x), math.Max(hi, x)
		}
	}
	return v, lo, hi
}

// figPublishedLatency draws published latencies beside the prediction: a panel a
// row, both designs, the likeliest guess and the range of all.
func figPublishedLatency(d *data) []*Figure {
	const id, title = "published-latency", "The model beside published latencies"
	var all []publishedLatency
	if err := d.readJSON(latenciesFile, &all); err != nil {
		return missing(id, secModels, title, absent(latenciesFile, "make simulate", err))
	}
	var panels []Panel
	var notes []string
	table := &Table{Head: []string{"operation", "design", "published", "modelled", "range over guesses", "off by"}, Left: 2}
	worst, where, agree, rows := 1.0, "", 0, 0
	for i := range all {
		t := &all[i]
		for j := range t.Table.Rows {
			p, off, who, same := d.waiting(t, j, table)
			panels = append(panels, p)
			rows++
			if same {
				agree++
			}
			if math.Abs(math.Log(off)) > math.Abs(math.Log(worst)) {
				worst, where = off, fmt.Sprintf("%s with %s", t.Table.Rows[j].What, who)
			}
		}
		notes = append(notes, fmt.Sprintf("%s: %s. One number was fitted: the operation's own time, to the median with %s, which so is no prediction. Source: %s.",
			t.Table.Name, t.Table.What, t.Table.New, t.Table.Source))
	}
	if len(panels) == 0 {
		return missing(id, secModels, title, latenciesFile+" has no table")
	}
	shareLogRows(panels)
	legend := d.legend(panels)
	for _, k := range legend {
		k.Modelled = true
		legend = append(legend, k)
	}
	claim := fmt.Sprintf("Modelled beside published latencies: who wins agrees in %d of %d", agree, rows)
	if where != "" {
		claim += fmt.Sprintf("; at worst %s of what was published (%s)", times(worst), where)
	}
	return []*Figure{{
		ID: id, Section: secModels, Title: claim,
		Subtitle: "How long an operation took, on a logarithmic axis; left is better. Solid: measured and published by others, on their machine; a line without a mark is the least and the greatest of their runs. " +
			"Hollow: modelled here; its whisker is the range over guesses of what the others' readers do, which is not described.",
		Panels: panels, Legend: legend, Notes: notes, Table: table, Command: "vmalab simulate",
	}}
}

// waiting is the panel of one row, by how much the model is off at worst and with
// whom, and whether the same design wins.
func (d *data) waiting(t *publishedLatency, row int, table *Table) (p Panel, off float64, who string, same bool) {
	r := &t.Table.Rows[row]
	p = Panel{Title: t.Table.Name + ": " + r.What, Dots: true, Modelled: true, X: Axis{Label: r.What + " of one operation", Scale: Log10, Format: Nanos}}
	off = 1
	var said [2]float64
	for i, v := range []struct {
		name string
		pub  [2]float64
	}{{t.Table.Base, r.Base}, {t.Table.New, r.New}} {
		x, lo, hi := t.modelled(r.What, i == 1)
		said[i] = x
		style := d.styleOf(v.name, t.Table.Base, t.Table.New)
		pub := Row{Label: "published", Name: v.name, Style: style, Value: v.pub[0], Lo: math.NaN(), Hi: math.NaN(), Text: Nanos.Write(v.pub[0])}
		if v.pub[0] != v.pub[1] {
			pub.Value, pub.Lo, pub.Hi, pub.Text = math.NaN(), v.pub[0], v.pub[1], interval(Nanos, v.pub[0], v.pub[1])
		}
		model := Row{Label: "modelled", Name: v.name, Style: style, Value: x, Lo: lo, Hi: hi, Hollow: true}
		p.Rows = append(p.Rows, Row{Heading: v.name}, pub, model)
		err := x / math.Min(math.Max(x, v.pub[0]), v.pub[1]) // against the nearer end
		note := times(err)
		if fitted := i == 1 && r.What == "median"; fitted {
			note = "fitted"
		} else if math.Abs(math.Log(err)) > math.Abs(math.Log(off)) {
			off, who = err, v.name
		}
		table.Rows = append(table.Rows, []string{r.What, v.name, pub.Text, Nanos.Write(x), interval(Nanos, lo, hi), note})
	}
	return p, off, who, said[1] < said[0] == (r.New[1] < r.Base[1])
}
