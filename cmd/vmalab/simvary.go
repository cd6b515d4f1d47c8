//go:build vmasim

package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"vmabench/manycore"
	"vmabench/results"
)

// varied is one parameter changed by a factor and what became of the ranking.
type varied struct {
	Point     string
	Parameter string
	Factor    float64
	OpsPerS   map[string]float64
	Ranking   []string
	Holds     bool
	GainPct   float64 // of the last design over the one before it
}

// sensitive are the points at which parameters are varied: where the designs
// differ on the published table's machine, and faults on one VMA and beside
// mappers on a larger one.
func sensitive() []manycore.PointSpec {
	t := &manycore.RateTables[0]
	last := t.Rows[len(t.Rows)-1].Threads
	return []manycore.PointSpec{
		{Machine: t.Machine, Workload: t.Workload, CPUs: last, Spread: t.Spread},
		{Machine: "skylake-8s", Workload: "hotvma", CPUs: 64},
		{Machine: "milan-2s", Workload: "mixed/write=1", CPUs: 32},
	}
}

// vary changes every parameter by 30 % both ways at each sensitive point and says
// whether the ranking of the designs holds. It writes sensitivity.json.
func (s *simulation) vary(dir string) error {
	designs := []string{"mmaponly", "rwsem", "refcount"}
	var all []varied
	for _, at := range sensitive() {
		changes := []varied{{Parameter: "none", Factor: 1}}
		for _, name := range manycore.Scalable() {
			changes = append(changes, varied{Parameter: name, Factor: 0.7}, varied{Parameter: name, Factor: 1.3})
		}
		var points []manycore.PointSpec
		for _, c := range changes {
			for _, d := range designs {
				p := at
				p.Design, p.Seed, p.WindowNS = d, 1, varyWindowNS
				if c.Factor != 1 {
					p.Set = map[string]float64{c.Parameter: c.Factor}
				}
				points = append(points, p)
			}
		}
		rs, err := s.pool.all(points)
		if err != nil {
			return err
		}
		for i := range changes {
			changes[i].Point = fmt.Sprintf("%s, %d CPUs, %s", at.Workload, at.CPUs, at.Machine)
			changes[i].fill(designs, rs[i*len(designs):])
			changes[i].Holds = sameOrder(designs, changes[0].OpsPerS, changes[i].OpsPerS)
		}
		printVaried(designs, changes)
		all = append(all, changes...)
	}
	return writeJSON(dir, "sensitivity.json", all)
}

// varyWindowNS is short, since there are some 150 points for each sensitive one.
const varyWindowNS = 700_000

// tie is the difference in per cent up to which two designs are not ranked.
const tie = 3

// sameOrder reports whether no two designs that differ in a have changed places
// in b.
func sameOrder(designs []string, a, b map[string]float64) bool {
	for i, x := range designs {
		for _, y := range designs[i+1:] {
			da, db := 100*(a[x]/a[y]-1), 100*(b[x]/b[y]-1)
			if da > tie && db < -tie || da < -tie && db > tie {
				return false
			}
		}
	}
	return true
}

func (v *varied) fill(designs []string, rs []*manycore.PointResult) {
	v.OpsPerS = map[string]float64{}
	for i, d := range designs {
		v.OpsPerS[d] = rs[i].OpsPerS
	}
	v.Ranking = slices.Clone(designs)
	slices.SortStableFunc(v.Ranking, func(a, b string) int { return cmp.Compare(v.OpsPerS[b], v.OpsPerS[a]) })
	n := len(designs)
	v.GainPct = 100 * (v.OpsPerS[designs[n-1]]/v.OpsPerS[designs[n-2]] - 1)
}

func printVaried(designs []string, changes []varied) {
	lo, hi, broken := changes[0], changes[0], []string{}
	for _, c := range changes {
		if c.GainPct < lo.GainPct {
			lo = c
		}
		if c.GainPct > hi.GainPct {
			hi = c
		}
		if !c.Holds {
			broken = append(broken, fmt.Sprintf("%s x %.1f (%s)", c.Parameter, c.Factor, strings.Join(c.Ranking, " > ")))
		}
	}
	n := len(designs)
	fmt.Printf("Sensitivity, %s: every parameter by -30 %% and +30 %%\n", changes[0].Point)
	fmt.Printf("ranking %s; gain of %s over %s %+.1f %%, from %+.1f %% (%s x %.1f) to %+.1f %% (%s x %.1f)\n",
		strings.Join(changes[0].Ranking, " > "), designs[n-1], designs[n-2], changes[0].GainPct, lo.GainPct, lo.Parameter, lo.Factor, hi.GainPct, hi.Parameter, hi.Factor)
	if len(broken) == 0 {
		fmt.Printf("the ranking holds in all %d changes\n\n", len(changes)-1)
		return
	}
	fmt.Printf("the ranking changes with: %s\n\n", strings.Join(broken, "; "))
}

// writeJSON writes a file of a run, whole or not at all.
func writeJSON(dir, name string, v any) error {
	b, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		return err
	}
	return results.ReplaceFile(filepath.Join(dir, name), append(b, '\n'))
}
