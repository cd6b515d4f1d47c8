package plots

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"vmabench/results"
)

// modelledOn is "modelled on" the simulated machines of a run that has modelled
// trials alone, which says nothing of the CPU that computed them; "" of any
// other run.
func (d *data) modelledOn() string {
	var on []string
	for i := range d.folder.Trials {
		t := &d.folder.Trials[i]
		if t.Kind != results.Modelled {
			return ""
		}
		if m := cmp.Or(t.Param("machine"), "a simulated machine"); !slices.Contains(on, m) {
			on = append(on, m)
		}
	}
	if len(on) == 0 {
		return ""
	}
	return "modelled on " + list(on)
}

// simulate is the command that makes modelled trials again.
func (d *data) simulate() string {
	if d.modelledOn() != "" {
		return d.run.Command
	}
	return "make simulate"
}

// alsoMeasured says of the modelled lock code where else it stands.
func (d *data) alsoMeasured() string {
	if d.modelledOn() != "" {
		return "that vmabench measures; here nothing was measured"
	}
	return "that was measured above"
}

// mdModelled writes the modelled rates: a row a scenario and number of CPUs, a
// column a design.
func (d *data) mdModelled(b *bytes.Buffer) {
	f := figModelled(d)[0]
	if f.Missing != "" {
		return
	}
	fmt.Fprintf(b, "\n## Modelled, not measured\n\n")
	head := []string{"scenario", "CPUs"}
	for _, k := range f.Legend {
		name, _, _ := strings.Cut(k.Label, ":")
		head = append(head, name)
	}
	at := map[string]int{} // scenario and CPUs to row
	var grid [][]string
	for i := range f.Panels {
		p := &f.Panels[i]
		for j := range p.Series {
			s := &p.Series[j]
			for k := range s.X {
				cpus := p.X.word(s.X[k])
				n, ok := at[p.Title+" "+cpus]
				if !ok {
					n = len(grid)
					at[p.Title+" "+cpus] = n
					grid = append(grid, append([]string{p.Title, cpus}, slices.Repeat([]string{"–"}, len(head)-2)...))
				}
				if c := slices.Index(head[2:], s.Name); c >= 0 && finite(s.Y[k]) {
					grid[n][2+c] = p.Y.Format.Write(s.Y[k])
				}
			}
		}
	}
	mdTable(b, head, grid, 1)
	fmt.Fprintf(b, "\n%s. A model is good for shapes and knees, not for percentages.\n", f.Panels[0].Y.Label)
}
