package results

import (
	"cmp"
	"math"
	"slices"
)

// Geomean is the geometric mean of a design's ratios in one unit over all
// ranked rows. It hides how they differ: Best and Worst go with it always.
type Geomean struct {
	Kind        Kind
	Unit        string
	Variant     string
	Rows        int
	Ratio       float64
	Lo, Hi      float64 // least and greatest ratio among the rows
	Best, Worst *Delta  // by the unit's better way
	// SD is the geometric standard deviation of the ratios over the rows, a
	// factor: 1 when all rows agree.
	SD float64
}

func geomeans(deltas []Delta) []Geomean {
	type key struct {
		kind          Kind
		unit, variant string
	}
	var order []key
	group := map[key][]*Delta{}
	for i := range deltas {
		d := &deltas[i]
		isRatio := isTime(d.Unit) || isRate(d.Unit) || isBytes(d.Unit) // of a fairness index, a mean means nothing
		if !d.Ranked || !isRatio || !(d.Ratio > 0) || math.IsInf(d.Ratio, 0) {
			continue
		}
		k := key{d.New.Cell.Kind, d.Unit, d.New.Cell.Variant}
		if group[k] == nil {
			order = append(order, k)
		}
		group[k] = append(group[k], d)
	}
	var out []Geomean
	for _, k := range order {
		g := geomean(group[k])
		g.Kind, g.Unit, g.Variant = k.kind, k.unit, k.variant
		out = append(out, g)
	}
	return out
}

func geomean(ds []*Delta) Geomean {
	g := Geomean{Rows: len(ds), Lo: math.Inf(1), Hi: math.Inf(-1), SD: 1}
	sum, squares := 0.0, 0.0
	for _, d := range ds {
		l := math.Log(d.Ratio)
		sum += l
		squares += l * l
		g.Lo, g.Hi = min(g.Lo, d.Ratio), max(g.Hi, d.Ratio)
	}
	n := float64(len(ds))
	g.Ratio = math.Exp(sum / n)
	if n > 1 {
		g.SD = math.Exp(math.Sqrt(max(0, squares-sum*sum/n) / (n - 1)))
	}
	byRatio := slices.Clone(ds)
	slices.SortStableFunc(byRatio, func(a, b *Delta) int { return cmp.Compare(a.Ratio, b.Ratio) })
	g.Best, g.Worst = byRatio[0], byRatio[len(byRatio)-1]
	if BetterOf(ds[0].Unit) == Higher {
		g.Best, g.Worst = g.Worst, g.Best
	}
	return g
}
