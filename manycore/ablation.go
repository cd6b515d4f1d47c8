//go:build vmasim

package manycore

import (
	"fmt"
	"slices"
	"strings"
)

// component is a part of the model that can be left out, to see what it does.
type component struct {
	name     string
	leaveOut func(m *Machine, s *Shared)
}

// components are in the order of the ablation table.
var components = []component{
	{"placement", func(m *Machine, _ *Shared) { m.Spread = false }},
	{"turbo", func(m *Machine, _ *Shared) { m.Turbo = 0 }},
	{"smt", func(m *Machine, _ *Shared) { m.SMTWork = 1 }},
	{"work in the lock", func(_ *Machine, s *Shared) { s.Inside = 0 }},
	{"bandwidth", func(m *Machine, _ *Shared) { m.Bandwidth = 0 }},
	{"page clearing", func(_ *Machine, s *Shared) { s.Clear = 0 }},
	{"zone lock", func(_ *Machine, s *Shared) { s.ZoneBatch = 0 }},
	{"lru lock", func(_ *Machine, s *Shared) { s.LRUBatch = 0 }},
	{"memcg", func(_ *Machine, s *Shared) { s.ChargeBatch, s.StatsBatch = 0, 0 }},
	{"rss and vmstat", func(_ *Machine, s *Shared) { s.RSSBatch, s.NodeBatch, s.TablePages = 0, 0, 0 }},
	{"local-first", func(m *Machine, _ *Shared) { m.LocalFirst = 1 }},
	{"store buffer", func(m *Machine, _ *Shared) { m.BufferedStores = false }},
	{"jitter", func(m *Machine, _ *Shared) { m.Jitter = 0 }},
}

// Components returns the names of what can be left out (PointSpec.Off). Without
// local-first every cluster that asks has the same chance.
func Components() []string {
	var names []string
	for _, c := range components {
		names = append(names, c.name)
	}
	return names
}

// Ablation is a published table modelled with one component left out.
type Ablation struct {
	Without    string
	Rows       []TableRow
	Score      Score
	BaseChange []float64 // of the base's rate against the full model, in per cent, by row
	GainChange []float64 // of the gain, in points
}

// AblationPoints returns Points with each component left out in turns.
func (t *RateTable) AblationPoints() []PointSpec {
	var out []PointSpec
	for _, c := range components {
		for _, p := range t.Points() {
			p.Off, p.WindowNS = []string{c.name}, bandWindowNS
			out = append(out, p)
		}
	}
	return out
}

// Ablate holds the results of AblationPoints against those of the full model.
func (t *RateTable) Ablate(full []TableRow, results []*PointResult) []Ablation {
	var out []Ablation
	for i, c := range components {
		a := Ablation{Without: c.name, Rows: t.Join(results[2*i*len(t.Rows):])}
		a.Score = ScoreTable(a.Rows)
		for j := range a.Rows {
			a.BaseChange = append(a.BaseChange, 100*(a.Rows[j].Base.OpsPerS/full[j].Base.OpsPerS-1))
			a.GainChange = append(a.GainChange, a.Rows[j].Predicted()-full[j].Predicted())
		}
		out = append(out, a)
	}
	return out
}

func leaveOut(name string, m *Machine, s *Shared) error {
	i := slices.IndexFunc(components, func(c component) bool { return c.name == name })
	if i < 0 {
		return fmt.Errorf("no component %q; one of %s", name, strings.Join(Components(), ", "))
	}
	components[i].leaveOut(m, s)
	return nil
}
