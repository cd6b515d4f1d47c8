package plots

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
)

// A panel in words, and its data in full, for who cannot see it.

// describe is the panel for who cannot see it: what it shows and each line's
// last value; of a curve the last that the crosshair stops at.
func (p *Panel) describe(f *Figure) string {
	var parts []string
	for i := range p.Series {
		s := &p.Series[i]
		for k := len(s.X) - 1; k >= 0; k-- {
			if finite(s.Y[k]) && (s.Probe == nil || s.Probe[k]) {
				parts = append(parts, fmt.Sprintf("%s %s at %s", called(s.Name, s.Label), p.Y.Format.Write(s.Y[k]), p.X.word(s.X[k])))
				break
			}
		}
	}
	for i := range p.Rows {
		if r := &p.Rows[i]; r.Heading != "" {
			parts = append(parts, r.Heading)
		} else {
			parts = append(parts, called(r.Name, r.Label)+" "+p.rowText(r))
		}
	}
	if p.Bytes != nil {
		for _, b := range p.Bytes.Boxes {
			if b.Lock {
				parts = append(parts, fmt.Sprintf("%s, %d bytes at offset %d", b.Name, b.Size, b.Offset))
			}
		}
	}
	var what []string
	for _, label := range []string{p.Y.Label, p.X.Label} {
		if label != "" {
			what = append(what, label)
		}
	}
	return strings.Join(what, " against ") + ": " + strings.Join(parts, "; ") + ". The table below has all values."
}

// called is what a line or a bar is called in full: its design, and what tells it
// from another of that.
func called(name, label string) string {
	switch {
	case label == "" || strings.Contains(label, name):
		return cmp.Or(label, name)
	case strings.Contains(name, label):
		return name
	}
	return name + ", " + label
}

// csv is the figure's data in full precision; of one that is no lines and no bars
// its table.
func (f *Figure) csv() string {
	var out [][]string
	for i := range f.Panels {
		p := &f.Panels[i]
		for j := range p.Series {
			s := &p.Series[j]
			if len(out) == 0 {
				out = append(out, []string{"panel", p.X.Label, "design", "value", "lo", "hi", "n", "note"})
			}
			for k := range s.X {
				n, note := "", ""
				if s.N != nil && s.N[k] > 0 {
					n = strconv.Itoa(s.N[k])
				}
				switch {
				case s.Failed != nil && s.Failed[k] != "":
					note = s.Failed[k]
				case s.Modelled:
					note = "modelled"
				case s.Hollow != nil && s.Hollow[k]:
					note = "oversubscribed"
				}
				out = append(out, []string{p.Title, full(s.X[k]), called(s.Name, s.Label), full(s.Y[k]), full(at(s.Lo, k)), full(at(s.Hi, k)), n, note})
			}
		}
		group := ""
		for j := range p.Rows {
			r := &p.Rows[j]
			if r.Heading != "" {
				group = r.Heading
				continue
			}
			if len(out) == 0 {
				out = append(out, []string{"panel", "group", "design", "value", "lo", "hi", "n", "note"})
			}
			n := ""
			if r.N > 0 {
				n = strconv.Itoa(r.N)
			}
			out = append(out, []string{p.Title, group, called(r.Name, r.Label), full(r.Value), full(r.Lo), full(r.Hi), n, r.Failed})
		}
	}
	if len(out) == 0 && f.Table != nil {
		out = append([][]string{f.Table.Head}, f.Table.Rows...)
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.WriteAll(out) // a Builder takes everything
	return b.String()
}

func full(v float64) string {
	if !finite(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}
