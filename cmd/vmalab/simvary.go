//go:build vmasim

package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vmabench/manycore"
)

// varied is one parameter changed by a factor and what became of the ranking.
type varied struct {
	Parameter string
	Factor    float64
	OpsPerS   map[string]float64
	Ranking   []string
	Holds     bool
	GainPct   float64 // of the last design over the one before it
}

// vary changes every parameter by 30 % both ways where the designs differ most
// and says whether their ranking holds. It writes sensitivity.json.
func (s *simulation) vary(dir string) error {
	t := manycore.RateTables[0]
	designs := []string{"mmaponly", t.Base, t.New}
	point := func(d string, set map[string]float64) manycore.PointSpec {
		return manycore.PointSpec{Machine: t.Machine, Set: set, Design: d, Workload: t.Workload, CPUs: t.Rows[len(t.Rows)-1].Threads, Seed: 1}
	}
	changes := []varied{{Parameter: "none", Factor: 1}}
	for _, name := range manycore.Scalable() {
		changes = append(changes, varied{Parameter: name, Factor: 0.7}, varied{Parameter: name, Factor: 1.3})
	}
	var points []manycore.PointSpec
	for _, c := range changes {
		for _, d := range designs {
			set := map[string]float64{}
			if c.Factor != 1 {
				set[c.Parameter] = c.Factor
			}
			points = append(points, point(d, set))
		}
	}
	rs, err := s.pool.all(points)
	if err != nil {
		return err
	}
	for i := range changes {
		changes[i].fill(designs, rs[i*len(designs):])
		changes[i].Holds = sameOrder(designs, changes[0].OpsPerS, changes[i].OpsPerS)
	}
	printVaried(&t, changes)
	return writeJSON(dir, "sensitivity.json", changes)
}

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

func printVaried(t *manycore.RateTable, changes []varied) {
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
	fmt.Printf("Sensitivity, %s at %d threads on %s: every parameter by -30 %% and +30 %%\n", t.Workload, t.Rows[len(t.Rows)-1].Threads, t.Machine)
	fmt.Printf("ranking %s; gain of %s over %s %+.1f %%, from %+.1f %% (%s x %.1f) to %+.1f %% (%s x %.1f)\n",
		strings.Join(changes[0].Ranking, " > "), t.New, t.Base, changes[0].GainPct, lo.GainPct, lo.Parameter, lo.Factor, hi.GainPct, hi.Parameter, hi.Factor)
	if len(broken) == 0 {
		fmt.Printf("the ranking holds in all %d changes\n", len(changes)-1)
		return
	}
	fmt.Printf("the ranking changes with: %s\n", strings.Join(broken, "; "))
}

func writeJSON(dir, name string, v any) error {
	b, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name), append(b, '\n'), 0o666)
}
