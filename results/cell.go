package results

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Cell is the trials of one benchmark over its repetitions: what a sample is
// drawn from. Cells that differ in the variant alone share a Row.
type Cell struct {
	Kind     Kind
	Name     string // the benchmark name, -N included
	Row      string // the name without its variant part
	Bench    string
	Variant  string // "" when the name has none
	Workload string
	Params   []Param // without variant
	Procs    int
	// Goroutines is how many workers there were that are plain goroutines; 0 is
	// a worker for each of GOMAXPROCS, with its own thread.
	Goroutines     int
	Oversubscribed bool     // more workers than CPUs, or than GOMAXPROCS
	Trials         []*Trial // by repetition, failed ones included
	family         string   // the plan's name of the workload
}

// Cells returns the run's cells in report order: kind, then points that have
// their CPUs before those that do not, workloads as planned, the other parts
// of the name, procs, and designs in table order.
func (f *Folder) Cells() []*Cell {
	byName := map[string]*Cell{}
	var cells []*Cell
	for i := range f.Trials {
		t := &f.Trials[i]
		key := string(t.Kind) + " " + t.Name()
		c := byName[key]
		if c == nil {
			c = newCell(t)
			byName[key] = c
			cells = append(cells, c)
		}
		c.Trials = append(c.Trials, t)
		c.Oversubscribed = c.Oversubscribed || f.oversubscribed(t)
	}
	for _, c := range cells {
		c.family = c.Workload
		if w := f.WorkloadInfo(c); w != nil {
			c.family = w.Name
		}
		slices.SortStableFunc(c.Trials, func(a, b *Trial) int { return a.Rep - b.Rep })
	}
	slices.SortStableFunc(cells, f.reportOrder())
	return cells
}

// Ranked reports whether the cell has a part in rankings, gates, verdicts, laws
// and means: every worker had a CPU for itself. Other points are shown.
func (c *Cell) Ranked() bool { return !c.Oversubscribed && c.Goroutines == 0 }

func newCell(t *Trial) *Cell {
	c := &Cell{Kind: t.Kind, Name: t.Name(), Bench: t.Bench, Procs: t.Procs,
		Variant: t.Param("variant"), Workload: t.Param("workload")}
	for _, p := range t.Params {
		if p.Key != "variant" {
			c.Params = append(c.Params, p)
		}
	}
	c.Goroutines, _ = strconv.Atoi(t.Param(GoroutinesParam))
	row := *t
	row.Params = c.Params
	c.Row = row.Name()
	return c
}

func (f *Folder) oversubscribed(t *Trial) bool {
	measured := t.Kind == Throughput || t.Kind == Latency
	return measured && (t.Guard.Oversubscribed || f.Run.Env.CPUs > 0 && t.Procs > f.Run.Env.CPUs)
}

var kindOrder = map[Kind]int{Throughput: 0, Latency: 1, Footprint: 2, Modelled: 3}

func (f *Folder) reportOrder() func(a, b *Cell) int {
	design := map[string]int{}
	for i, d := range f.Run.Designs {
		design[d.Name] = i - len(f.Run.Designs) // before names that the table lacks
	}
	return func(a, b *Cell) int {
		over := func(c *Cell) int {
			switch {
			case c.Goroutines > 0:
				return 2
			case c.Oversubscribed:
				return 1
			}
			return 0
		}
		return cmp.Or(
			cmp.Compare(over(a), over(b)),
			cmp.Compare(kindOrder[a.Kind], kindOrder[b.Kind]),
			cmp.Compare(f.workload(a), f.workload(b)),
			cmp.Compare(a.Workload, b.Workload),
			cmp.Compare(a.Bench, b.Bench),
			compareParams(a.Params, b.Params),
			cmp.Compare(a.Procs, b.Procs),
			cmp.Compare(design[a.Variant], design[b.Variant]),
			cmp.Compare(a.Variant, b.Variant))
	}
}

// workload returns the index of the cell's workload in the plan: of the entry
// whose name is the most parts of the cell's own; the plan's length if none is.
func (f *Folder) workload(c *Cell) int {
	ws := f.Run.Plan.Workloads
	best := len(ws)
	name := c.Workload
	for i := 0; ; i++ {
		if k := slices.IndexFunc(ws, func(w WorkloadInfo) bool { return w.Name == name }); k >= 0 {
			best = k
		}
		if i >= len(c.Params) {
			return best
		}
		if p := c.Params[i]; p.Key != "workload" {
			name += "/" + p.Key + "=" + p.Value
		}
	}
}

// WorkloadInfo returns what the plan says of the cell's workload, nil when it
// says nothing.
func (f *Folder) WorkloadInfo(c *Cell) *WorkloadInfo {
	if i := f.workload(c); i < len(f.Run.Plan.Workloads) {
		return &f.Run.Plan.Workloads[i]
	}
	return nil
}

// compareParams orders values that are numbers as numbers.
func compareParams(a, b []Param) int {
	return slices.CompareFunc(a, b, func(x, y Param) int {
		if c := cmp.Compare(x.Key, y.Key); c != 0 {
			return c
		}
		fx, ex := strconv.ParseFloat(x.Value, 64)
		fy, ey := strconv.ParseFloat(y.Value, 64)
		if ex == nil && ey == nil && fx != fy {
			return cmp.Compare(fx, fy)
		}
		return cmp.Compare(x.Value, y.Value)
	})
}

// Param returns the value of the name part key, "" without it.
func (c *Cell) Param(key string) string {
	for _, p := range c.Params {
		if p.Key == key {
			return p.Value
		}
	}
	return ""
}

// Label is the row's name for people: the workload and what tells it from the
// other rows, without the word "workload"; 16g is 16 goroutines.
func (c *Cell) Label() string {
	parts := []string{c.Bench}
	if c.Workload != "" {
		parts[0] = c.Workload
	}
	for _, p := range c.Params {
		switch p.Key {
		case "workload":
		case GoroutinesParam:
			parts = append(parts, p.Value+"g")
		default:
			parts = append(parts, p.Key+"="+p.Value)
		}
	}
	return strings.Join(parts, " ") + "-" + strconv.Itoa(c.Procs)
}

// Units returns the units of the cell's samples, headline unit first. Events
// are not among them.
func (c *Cell) Units() []string { return c.units(func(t *Trial) []Value { return t.Values }) }

// EventUnits returns the units of the cell's counters.
func (c *Cell) EventUnits() []string { return c.units(func(t *Trial) []Value { return t.Events }) }

func (c *Cell) units(of func(*Trial) []Value) []string {
	var units []string
	for _, t := range c.Trials {
		for _, v := range of(t) {
			if !slices.Contains(units, v.Unit) {
				units = append(units, v.Unit)
			}
		}
	}
	return units
}

// Sample returns the values of a unit by repetition; a failed trial has none.
func (c *Cell) Sample(unit string) []float64 {
	var out []float64
	for _, t := range c.Trials {
		if v, ok := t.Value(unit); ok && t.Failed == "" {
			out = append(out, v)
		}
	}
	return out
}

// byRep returns the values of a unit keyed by repetition.
func (c *Cell) byRep(unit string) map[int]float64 {
	out := map[int]float64{}
	for _, t := range c.Trials {
		if v, ok := t.Value(unit); ok && t.Failed == "" {
			out[t.Rep] = v
		}
	}
	return out
}

// Failed returns the trials that have no values.
func (c *Cell) Failed() (out []*Trial) {
	for _, t := range c.Trials {
		if t.Failed != "" {
			out = append(out, t)
		}
	}
	return out
}
