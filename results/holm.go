package results

import (
	"cmp"
	"math"
	"slices"
)

// Holm corrects p-values that are looked at together: the chance that any of
// the true null hypotheses among them falls below a level stays at that level,
// whatever the tests' dependence (Holm 1979). The order of p is kept.
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	out := make([]float64, len(p))
	least := 0.0
	for rank, i := range order {
		least = max(least, min(1, p[i]*float64(len(p)-rank)))
		out[i] = least
	}
	return out
}

// MinP returns the smallest p-value that a two-sided Mann-Whitney test of two
// samples of these sizes can reach: 2 over the number of ways to divide them.
func MinP(n1, n2 int) float64 {
	if n1 == 0 || n2 == 0 {
		return 1
	}
	ways := 1.0
	for i := 1; i <= n1; i++ {
		ways = ways * float64(n2+i) / float64(i)
	}
	return math.Min(1, 2/ways)
}
