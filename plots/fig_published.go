package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// published is an element of tables.json: a table that others measured, and
// what the model says of the same points.
type published struct {
	Table struct{ Name, Source, Machine, What, Workload, Base, New string }
	Rows  []struct {
		Threads           int
		BasePerS, NewPerS float64
		Base, New         *struct{ OpsPerS float64 }
	}
	Score struct {
		Signs, Of                    int
		PublishedKnee, PredictedKnee int
		WorstRate, WorstNew          float64 // the base's and the new design's rate, %
		WorstGain, MeanGain          float64 // points
	}
	// Bands are the table modelled with contended lines served in other ways.
	Bands []struct {
		Name              string
		BasePerS, NewPerS []float64
	}
	// Ablation is the table modelled with a component left out in turns.
	Ablation []struct {
		Without                string
		BaseChange, GainChange []float64
	}
}

// band returns the least and the most that the model says of row i under any
// arbitration, of what f takes from a base and a new rate.
func (t *published) band(i int, f func(base, new float64) float64) (lo, hi float64) {
	lo = f(modelRate(t.Rows[i].Base), modelRate(t.Rows[i].New))
	hi = lo
	for _, b := range t.Bands {
		if i < len(b.BasePerS) && i < len(b.NewPerS) {
			v := f(b.BasePerS[i], b.NewPerS[i])
			lo, hi = math.Min(lo, v), math.Max(hi, v)
		}
	}
	return lo, hi
}

// figPublished draws the published tables beside the prediction, with the
// error of the prediction.
func figPublished(d *data) []*Figure {
	const id, title = "published", "The model beside published measurements"
	var all []published
	if err := d.readJSON(tablesFile, &all); err != nil {
		return missing(id, secModels, title, absent(tablesFile, "make simulate", err))
	}
	var panels, ablated []Panel
	table := &Table{Head: []string{"table", "threads", "published", "", "modelled", "", "gain published", "gain modelled", "error, points"}, Left: 1}
	ablation := &Table{Head: []string{"table", "left out", "threads", "change of the base's rate, %", "change of the gain, points"}, Left: 2}
	var words []string
	for i := range all {
		t := &all[i]
		panels = append(panels, d.publishedRates(t), d.publishedGain(t, table))
		ablationRows(t, ablation)
		if p := ablationPanel(t); len(p.Rows) > 0 {
			ablated = append(ablated, p)
		}
		words = append(words, fmt.Sprintf("%s: the sign of the change agrees in %d of %d rows, the gain is off by up to %s points, the rate of %s by up to %s %%, of %s by up to %s %%. Source: %s.",
			t.Table.Name, t.Score.Signs, t.Score.Of, sig(t.Score.WorstGain, 2), t.Table.Base, sig(t.Score.WorstRate, 2), t.Table.New, sig(t.Score.WorstNew, 2), t.Table.Source))
	}
	if len(panels) == 0 {
		return missing(id, secModels, title, tablesFile+" has no table")
	}
	legend := d.legend(panels)
	for _, k := range d.legend(panels) {
		k.Modelled = true
		legend = append(legend, k)
	}
	return []*Figure{{
		ID: id, Section: secModels, Title: publishedTitle(all),
		Subtitle: "Operations a second, and their change, against threads. Solid: measured and published by others, on their machine. Dotted: modelled here; no parameter but an operation's own time was fitted to these tables. Band: modelled with contended lines served as on each machine whose contended counter is published, and with no preference for the near.",
		Panels:   panels, Legend: legend, Notes: words, Table: table, Command: "vmalab simulate",
	}, figAblation(ablation, ablated)}
}

// figAblation is the ablation's numbers.
func figAblation(t *Table, panels []Panel) *Figure {
	f := &Figure{ID: "ablation", Section: secModels, Title: "The model with one component left out", Table: t, Panels: panels, Command: "vmalab simulate -ablation",
		Subtitle: "Modelled: by how much the base's rate changes at the most threads of a published table when one component of the model is left out; the table below has all threads and the gain of the new design."}
	most := 0.0
	for i := range panels {
		for _, r := range panels[i].Rows {
			if math.Abs(r.Value) > math.Abs(most) {
				most = r.Value
				f.Title = fmt.Sprintf("The model %s: the base's rate changes by %s, the most of all (%s)", r.Label, r.Text, panels[i].Title)
			}
		}
	}
	if len(t.Rows) == 0 {
		f.Missing, f.Table = "the run has no ablation (vmalab simulate -ablation)", nil
	}
	return f
}

// ablationPanel is what the components are worth at the most threads.
func ablationPanel(t *published) Panel {
	last := len(t.Rows) - 1
	p := Panel{Modelled: true, Dots: true, Lines: []RefLine{{X: 0}}, X: Axis{Label: "change of the rate of " + t.Table.Base + ", % (modelled)", Format: Plain}}
	for _, a := range t.Ablation {
		if last < 0 || last >= len(a.BaseChange) {
			continue
		}
		v := a.BaseChange[last]
		p.Title = fmt.Sprintf("%s, %d threads", t.Table.Name, t.Rows[last].Threads)
		p.X.Min, p.X.Max = math.Min(p.X.Min, v), math.Max(p.X.Max, v)
		p.Rows = append(p.Rows, Row{Label: "without " + a.Without, Name: a.Without, Style: Style{Ink: InkMuted}, Value: v,
			Lo: math.NaN(), Hi: math.NaN(), Text: signed(v, 3) + " %", Hollow: true})
	}
	p.X.Min, p.X.Max = nice(p.X.Min-0.5, p.X.Max+0.5, 4)
	return p
}

func ablationRows(t *published, table *Table) {
	for _, a := range t.Ablation {
		for i := range t.Rows {
			if i < len(a.BaseChange) && i < len(a.GainChange) {
				table.Rows = append(table.Rows, []string{t.Table.Name, a.Without, fmt.Sprint(t.Rows[i].Threads), signed(a.BaseChange[i], 3), signed(a.GainChange[i], 3)})
			}
		}
	}
}

// publishedTitle says how well the model does over all tables, by its worst.
func publishedTitle(all []published) string {
	signs, rows, worst, where := 0, 0, 0.0, ""
	for i := range all {
		t := &all[i]
		signs, rows = signs+t.Score.Signs, rows+t.Score.Of
		if s := &t.Score; math.Max(s.WorstRate, s.WorstNew) > worst {
			worst, where = math.Max(s.WorstRate, s.WorstNew), t.Table.Base
			if s.WorstNew > s.WorstRate {
				where = t.Table.New
			}
			where += " in " + t.Table.Name
		}
	}
	return fmt.Sprintf("Modelled beside published: who wins agrees in %d of %d rows; a rate is off by up to %s %% (%s)", signs, rows, sig(worst, 2), where)
}

// publishedRates draws both designs' rates, published and modelled.
func (d *data) publishedRates(t *published) Panel {
	p := Panel{Title: fmt.Sprintf("%s on %s", t.Table.Workload, t.Table.Machine), Modelled: true, X: Axis{Label: "threads", Scale: Log2}, Y: Axis{Label: t.what() + "/s"}}
	for _, v := range []struct {
		name string
		of   func(i int) (pub, model float64)
		rate func(base, new float64) float64
	}{
		{t.Table.Base, func(i int) (float64, float64) { return t.Rows[i].BasePerS, modelRate(t.Rows[i].Base) },
			func(base, _ float64) float64 { return base }},
		{t.Table.New, func(i int) (float64, float64) { return t.Rows[i].NewPerS, modelRate(t.Rows[i].New) },
			func(_, new float64) float64 { return new }},
	} {
		m := Series{Name: v.name, Label: v.name, Style: d.look(t, v.name)}
		s := Series{Name: v.name, Label: v.name + ", modelled", Style: d.look(t, v.name), Modelled: true}
		for i := range t.Rows {
			pub, model := v.of(i)
			m.add(float64(t.Rows[i].Threads), stat{pub, math.NaN(), math.NaN(), 0}, false, "")
			s.add(float64(t.Rows[i].Threads), stat{model, math.NaN(), math.NaN(), 0}, false, "")
		}
		m.Lo, m.Hi, m.N, s.Lo, s.Hi, s.N = nil, nil, nil, nil, nil, nil
		s.bandOf(t, v.rate)
		p.Series = append(p.Series, m, s)
	}
	p.threads(t)
	one := []Panel{p}
	if lo, hi := reach(one); hi > 20*lo { // from zero the lower curve would lie on the axis
		one[0].Y.Scale, one[0].Y.Format = Log10, SI
		shareLog(one)
	} else {
		fromZero(one, SI)
	}
	return one[0]
}

// publishedGain draws the change of the new design over the base.
func (d *data) publishedGain(t *published, table *Table) Panel {
	p := Panel{Title: t.Table.New + " over " + t.Table.Base, Modelled: true, X: Axis{Label: "threads", Scale: Log2}, Y: Axis{Label: "change in " + t.what() + "/s"}}
	m := Series{Name: t.Table.New, Label: "published", Style: d.look(t, t.Table.New)}
	s := Series{Name: t.Table.New, Label: "modelled", Style: d.look(t, t.Table.New), Modelled: true}
	up, down := 1.04, 1.04
	for i := range t.Rows {
		r := &t.Rows[i]
		pub, model := r.NewPerS/r.BasePerS, modelRate(r.New)/modelRate(r.Base)
		m.X, m.Y = append(m.X, float64(r.Threads)), append(m.Y, pub)
		s.X, s.Y = append(s.X, float64(r.Threads)), append(s.Y, model)
		for _, v := range []float64{pub, model} {
			if finite(v) && v > 0 {
				up, down = math.Max(up, v), math.Max(down, 1/v)
			}
		}
		table.Rows = append(table.Rows, []string{t.Table.Name, fmt.Sprint(r.Threads), SI.Write(r.BasePerS), SI.Write(r.NewPerS),
			SI.Write(modelRate(r.Base)), SI.Write(modelRate(r.New)), Percent.Write(pub), Percent.Write(model), signed((model-pub)*100, 3)})
	}
	s.bandOf(t, func(base, new float64) float64 { return new / base })
	for i := range s.Lo {
		up, down = math.Max(up, s.Hi[i]), math.Max(down, 1/s.Lo[i])
	}
	p.Series = []Series{m, s}
	p.Y.Scale, p.Y.Format = Log10, Percent
	p.Y.Min, p.Y.Max, p.Y.Ticks = ratioAxis(down, up)
	p.Lines = []RefLine{{A: 1}}
	p.threads(t)
	return p
}

func modelRate(p *struct{ OpsPerS float64 }) float64 {
	if p == nil {
		return math.NaN()
	}
	return p.OpsPerS
}

// threads sets the x axis to the table's own counts.
func (p *Panel) threads(t *published) {
	for i := range t.Rows {
		n := float64(t.Rows[i].Threads)
		if i == 0 {
			p.X.Min = n
		}
		p.X.Max = math.Max(n, p.X.Min*1.01)
		p.X.Ticks = append(p.X.Ticks, Tick{n, fmt.Sprint(t.Rows[i].Threads)})
	}
}

// bandOf gives s the table's band, where it has one.
func (s *Series) bandOf(t *published, f func(base, new float64) float64) {
	if len(t.Bands) == 0 {
		return
	}
	for i := range t.Rows {
		lo, hi := t.band(i, f)
		s.Lo, s.Hi = append(s.Lo, lo), append(s.Hi, hi)
	}
}

// what is counted in the table.
func (t *published) what() string {
	if t.Table.What == "" {
		return "faults"
	}
	return t.Table.What
}

// look is the style of one of a table's designs.
func (d *data) look(t *published, name string) Style {
	return d.styleOf(name, t.Table.Base, t.Table.New)
}

// styleOf is the style of a design, also of one that the run does not have: as
// among these then.
func (d *data) styleOf(name string, among ...string) Style {
	if s, ok := d.style[name]; ok {
		return s
	}
	return styles(among, func(string) bool { return false })[name]
}

// sensitivity is an element of sensitivity.json: one parameter of the model
// changed, and what became of the ranking.
type sensitivity struct {
	Point     string
	Parameter string
	Factor    float64
	Ranking   []string
	Holds     bool
	GainPct   float64
}

// mostParameters is how many are drawn, those that matter most.
const mostParameters = 8

// figSensitivity draws what becomes of the newest design's gain when the
// model's parameters are changed.
func figSensitivity(d *data) []*Figure {
	const id, title = "sensitivity", "The model's parameters changed by 30 %"
	var all []sensitivity
	if err := d.readJSON(sensitivityFile, &all); err != nil {
		return missing(id, secModels, title, absent(sensitivityFile, "make simulate", err))
	}
	table := &Table{Head: []string{"point", "parameter", "factor", "ranking", "holds", "gain of the last over the one before"}, Left: 2}
	holds, base, cases := 0, 0.0, len(all)
	swing := map[string]float64{}
	var order []string
	for _, v := range all {
		word := "no"
		if v.Holds {
			holds, word = holds+1, "yes"
		}
		table.Rows = append(table.Rows, []string{v.Point, v.Parameter, sig(v.Factor, 2), strings.Join(v.Ranking, " > "), word, signed(v.GainPct, 3) + " %"})
	}
	all = slices.DeleteFunc(all, func(v sensitivity) bool { return v.Point != all[0].Point }) // drawn: the first
	for _, v := range all {
		if v.Factor == 1 {
			base = v.GainPct
		} else if !slices.Contains(order, v.Parameter) {
			order = append(order, v.Parameter)
		}
	}
	for _, v := range all {
		swing[v.Parameter] = math.Max(swing[v.Parameter], math.Abs(v.GainPct-base))
	}
	slices.SortStableFunc(order, func(a, b string) int { return cmp.Compare(swing[b], swing[a]) })
	f := &Figure{
		ID: id, Section: secModels, Title: fmt.Sprintf("%s: the ranking holds in %d of %d cases", title, holds, cases),
		Subtitle: "Modelled: each parameter of the simulated machine changed alone, both ways; what becomes of the newest design's gain over the one before it. The dotted line: nothing changed. Drawn are those that matter most, at the point of the published table; the table has all, and other points.",
		Table:    table, Command: "vmalab simulate -sensitivity",
	}
	if len(order) > mostParameters {
		f.Notes = []string{fmt.Sprintf("The other %d move the gain by %s points at most.", len(order)-mostParameters, sig(swing[order[mostParameters]], 2))}
		order = order[:mostParameters]
	}
	f.Panels = []Panel{sensitivityPanel(all, order, base)}
	return []*Figure{f}
}

func sensitivityPanel(all []sensitivity, order []string, base float64) Panel {
	p := Panel{Title: "gain by parameter", Modelled: true, Dots: true, Lines: []RefLine{{X: base}},
		X: Axis{Label: "gain, % (modelled)", Format: Plain, Min: base, Max: base}}
	add := func(v sensitivity) {
		shape := Triangle
		if v.Factor < 1 {
			shape = TriangleDown
		}
		p.X.Min, p.X.Max = math.Min(p.X.Min, v.GainPct), math.Max(p.X.Max, v.GainPct)
		p.Rows = append(p.Rows, Row{Label: "× " + sig(v.Factor, 2), Name: v.Parameter, Style: Style{Ink: InkMuted, Shape: shape}, Value: v.GainPct,
			Lo: math.NaN(), Hi: math.NaN(), Text: signed(v.GainPct, 3) + " %", Hollow: true})
	}
	for _, name := range order {
		p.Rows = append(p.Rows, Row{Heading: name})
		for _, v := range all {
			if v.Parameter == name {
				add(v)
			}
		}
	}
	if len(order) == 0 && len(all) > 0 {
		add(all[0])
	}
	p.X.Min, p.X.Max = nice(p.X.Min-0.5, p.X.Max+0.5, 4)
	return p
}
