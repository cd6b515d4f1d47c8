package plots

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"vmabench/results"
)

// data is a run arranged for drawing: cells by kind, scenario, variant and
// procs, in report order.
type data struct {
	folder    *results.Folder
	run       *results.Run
	designs   []string // report order; controls last
	baseline  string
	style     map[string]Style
	scenarios []scenario
	cells     map[cellKey]*cell
	order     []*cell                // report order
	inTurns   map[cellKey]*cell      // whose workers are goroutines: of the figure that is about them alone
	turnOrder []*cell                // these, in report order
	against   map[string]*comparison // by baseline
	gaps      []results.Gap
	drawn     []*Figure
	sampled   []block
	elsewhere func(id string) *elsewhere // of a site: the run that has a figure; else nil
}

// scenario is a workload with everything that its name varies beside the
// variant and the offered load.
type scenario struct {
	key      string // "mixed/write=1/vmas=1000"
	workload string // "mixed/write=1": the plan's name
	title    string // shortest form that is unique in the run
	params   []results.Param
}

type cellKey struct {
	kind     results.Kind
	scenario string
	load     string
	variant  string
	procs    int
	// goroutines is how many there are in the place of a thread for each of procs.
	goroutines int
}

// cell is the repetitions of one point.
type cell struct {
	*results.Cell
	key     cellKey
	trials  []*results.Trial // with values, by repetition
	failed  []string         // why, of those without
	oversub bool
	hists   []*results.MergedHist
}

// idle is the variant of the idle-loop control of latency trials.
const idle = "idle"

func newData(f *results.Folder) (*data, error) {
	d := &data{folder: f, run: f.Run, cells: map[cellKey]*cell{}, inTurns: map[cellKey]*cell{}, against: map[string]*comparison{}, gaps: f.Gaps()}
	for _, beside := range []bool{false, true} {
		for _, g := range d.run.Designs {
			if (g.Control || g.Real) == beside {
				d.designs = append(d.designs, g.Name)
			}
		}
	}
	for _, c := range f.Cells() {
		if err := d.add(c); err != nil {
			return nil, err
		}
		if v := c.Variant; v != idle && v != "" && !slices.Contains(d.designs, v) {
			d.designs = append(d.designs, v)
		}
	}
	d.style = styles(d.designs, d.control)
	d.baseline = d.run.Baseline
	if !slices.Contains(d.designs, d.baseline) && len(d.designs) > 0 {
		d.baseline = d.designs[0]
	}
	d.name()
	return d, nil
}

func (d *data) add(rc *results.Cell) error {
	k, s := keyOf(rc.Trials[0])
	c := &cell{Cell: rc, key: k, oversub: rc.Oversubscribed}
	for _, t := range rc.Trials {
		if t.Failed != "" {
			c.failed = append(c.failed, t.Failed)
		} else {
			c.trials = append(c.trials, t)
		}
	}
	if rc.Kind == results.Latency {
		var err error
		if c.hists, err = d.folder.Merged(rc); err != nil {
			return err
		}
	}
	if k.goroutines > 0 {
		d.inTurns[k], d.turnOrder = c, append(d.turnOrder, c)
	} else {
		d.cells[k], d.order = c, append(d.order, c)
	}
	if k.variant == idle {
		return nil
	}
	if !slices.ContainsFunc(d.scenarios, func(x scenario) bool { return x.key == s.key }) {
		d.scenarios = append(d.scenarios, s)
	}
	return nil
}

// around are the name parts that are no workload's own but say in what it ran.
var around = []string{"vmas", "touched", "layout", "page", "protocol", "machine", "modelled"}

func keyOf(t *results.Trial) (cellKey, scenario) {
	var s scenario
	var parts []string
	k := cellKey{kind: t.Kind, procs: t.Procs}
	for _, p := range t.Params {
		switch p.Key {
		case "variant":
			k.variant = p.Value
			continue
		case results.GoroutinesParam:
			k.goroutines = int(number(p.Value))
			continue
		case "load":
			k.load = p.Value
			continue
		case "workload":
			s.workload = p.Value
			parts = append(parts, p.Value)
			continue
		}
		if s.workload != "" && !slices.Contains(around, p.Key) {
			s.workload += "/" + p.Key + "=" + p.Value
		}
		s.params = append(s.params, p)
		parts = append(parts, p.Key+"="+p.Value)
	}
	s.key = strings.Join(parts, "/")
	k.scenario = s.key
	return k, s
}

// name gives scenarios their titles and their order: that of the plan, then of
// their appearance.
func (d *data) name() {
	order := map[string]int{}
	for i, w := range d.run.Plan.Workloads {
		order[w.Name] = i + 1
	}
	rank := func(s scenario) int {
		if n := order[s.workload]; n > 0 {
			return n
		}
		return 1 << 20
	}
	// Cells come in report order; scenarios keep it within a workload.
	slices.SortStableFunc(d.scenarios, func(a, b scenario) int {
		return cmp.Compare(rank(a), rank(b))
	})
	// A title says what tells a scenario from the others of its workload.
	seen := map[string][]string{} // group and key to values
	group := func(s *scenario) string { return s.workload + " " + s.param("modelled") }
	for i := range d.scenarios {
		s := &d.scenarios[i]
		for _, k := range around {
			if at := group(s) + " " + k; !slices.Contains(seen[at], s.param(k)) {
				seen[at] = append(seen[at], s.param(k))
			}
		}
	}
	for i := range d.scenarios {
		s := &d.scenarios[i]
		s.title = s.workload
		for _, p := range s.params {
			if slices.Contains(around, p.Key) && (len(seen[group(s)+" "+p.Key]) > 1 || s.workload == "") {
				s.title = strings.TrimSpace(s.title + " " + p.Key + "=" + p.Value)
			}
		}
	}
}

// of returns the scenarios that have trials of kind k.
func (d *data) of(k results.Kind, keep func(*scenario) bool) []scenario {
	has := map[string]bool{}
	for key := range d.cells {
		if key.kind == k {
			has[key.scenario] = true
		}
	}
	var out []scenario
	for i := range d.scenarios {
		if s := &d.scenarios[i]; has[s.key] && (keep == nil || keep(s)) {
			out = append(out, *s)
		}
	}
	return out
}

// procs returns the GOMAXPROCS values of kind k, rising.
func (d *data) procs(k results.Kind, scen string) []int {
	var out []int
	for key := range d.cells {
		if key.kind == k && (scen == "" || key.scenario == scen) && !slices.Contains(out, key.procs) {
			out = append(out, key.procs)
		}
	}
	slices.Sort(out)
	return out
}

// procsOf returns the GOMAXPROCS at which any of the scenarios was run, rising.
func (d *data) procsOf(k results.Kind, scens []scenario) (out []int) {
	for _, s := range scens {
		out = append(out, d.procs(k, s.key)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// loads returns the offered loads of a latency scenario, rising.
func (d *data) loads(scen string) []string {
	var out []string
	for key := range d.cells {
		if key.kind == results.Latency && key.scenario == scen && key.load != "" && !slices.Contains(out, key.load) {
			out = append(out, key.load)
		}
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Compare(number(a), number(b)) })
	return out
}

// ranked is the largest GOMAXPROCS of a throughput scenario that is not
// oversubscribed: where designs are compared. 0 is none.
func (d *data) ranked(scen string) int {
	best := 0
	for key, c := range d.cells {
		if key.kind == results.Throughput && key.scenario == scen && !c.oversub && len(c.trials) > 0 {
			best = max(best, key.procs)
		}
	}
	return best
}

// get returns the cell, nil where the run has none.
func (d *data) get(k results.Kind, scen, variant string, procs int) *cell {
	return d.cells[cellKey{kind: k, scenario: scen, variant: variant, procs: procs}]
}

// samples returns the cell's values of unit by repetition.
func (c *cell) samples(unit string) (xs []float64, reps []int) {
	if c == nil {
		return nil, nil
	}
	for _, t := range c.trials {
		if v, ok := t.Value(unit); ok {
			xs, reps = append(xs, v), append(reps, t.Rep)
		}
	}
	return xs, reps
}

func (d *data) design(name string) *results.DesignInfo {
	for i := range d.run.Designs {
		if d.run.Designs[i].Name == name {
			return &d.run.Designs[i]
		}
	}
	return &results.DesignInfo{Name: name, Title: name}
}

// control reports whether a subject stands beside the designs: a control, or
// the running kernel.
func (d *data) control(name string) bool {
	g := d.design(name)
	return g.Control || g.Real
}

// main returns the designs that are compared.
func (d *data) main() []string {
	var out []string
	for _, n := range d.designs {
		if !d.control(n) {
			out = append(out, n)
		}
	}
	return out
}

func (d *data) workload(name string) *results.WorkloadInfo {
	for i := range d.run.Plan.Workloads {
		if d.run.Plan.Workloads[i].Name == name {
			return &d.run.Plan.Workloads[i]
		}
	}
	return &results.WorkloadInfo{Name: name, Title: name}
}

func number(s string) float64 {
	v, _ := strconv.ParseFloat(s, 64)
	return v
}

// param returns the value of a name part, "" without it.
func (s *scenario) param(key string) string {
	for _, p := range s.params {
		if p.Key == key {
			return p.Value
		}
	}
	return ""
}
