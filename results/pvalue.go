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

// SignedRank returns the two-sided p-value of Wilcoxon's signed-rank test that
// x is symmetric about zero (Wilcoxon 1945). Under the hypothesis that both
// designs of a block are the same, the logarithm of their ratio is. Zeros are
// dropped; ties share their ranks, and the distribution is exact for them too.
func SignedRank(x []float64) float64 {
	x = slices.DeleteFunc(slices.Clone(x), func(v float64) bool { return v == 0 || math.IsNaN(v) })
	n := len(x)
	if n == 0 {
		return 1
	}
	slices.SortFunc(x, func(a, b float64) int { return cmp.Compare(math.Abs(a), math.Abs(b)) })
	twice := make([]int, n) // ranks, doubled so that shared ones are whole
	w, total := 0, 0
	for i := 0; i < n; {
		j := i
		for j < n && math.Abs(x[j]) == math.Abs(x[i]) {
			j++
		}
		for k := i; k < j; k++ {
			twice[k] = i + j + 1
			total += twice[k]
			if x[k] > 0 {
				w += twice[k]
			}
		}
		i = j
	}
	return signedRankP(twice, min(w, total-w), total)
}

// signedRankP returns twice the probability that the signs, each a fair coin,
// sum the doubled ranks of the heads to at most w.
func signedRankP(twice []int, w, total int) float64 {
	if len(twice) > 100 { // the normal approximation, continuity corrected
		squares := 0.0
		for _, r := range twice {
			squares += float64(r) * float64(r)
		}
		z := (float64(w) + 1 - float64(total)/2) / math.Sqrt(squares/4)
		return min(1, math.Erfc(-z/math.Sqrt2))
	}
	p := make([]float64, w+1) // p[s]: the heads so far sum to s
	p[0] = 1
	for _, r := range twice {
		for s := w; s >= 0; s-- {
			p[s] /= 2
			if s >= r {
				p[s] += p[s-r] / 2
			}
		}
	}
	sum := 0.0
	for _, v := range p {
		sum += v
	}
	return min(1, 2*sum)
}

// MinPairedP returns the smallest p-value that SignedRank can reach on n blocks.
func MinPairedP(n int) float64 { return math.Min(1, math.Pow(2, float64(1-n))) }
