package results

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestFitUSL(t *testing.T) {
	n := []int{1, 2, 4, 8, 16, 32, 64, 128, 256, 512}
	for _, truth := range []USL{
		{Lambda: 1e6, Sigma: 0.05, Kappa: 0.0002},
		{Lambda: 3e7, Sigma: 0, Kappa: 0},
		{Lambda: 10, Sigma: 0.4, Kappa: 0},
		{Lambda: 10, Sigma: 0, Kappa: 0.01},
	} {
		var x []float64
		for _, k := range n {
			x = append(x, truth.At(float64(k)))
		}
		u, err := FitUSL(n, x)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(u.Lambda/truth.Lambda-1) > 1e-6 || math.Abs(u.Sigma-truth.Sigma) > 1e-6 || math.Abs(u.Kappa-truth.Kappa) > 1e-6 || u.RMS > 1e-6 {
			t.Errorf("of %+v: %+v", truth, u)
		}
		if truth.Kappa > 0 && math.Abs(u.Peak/math.Sqrt((1-truth.Sigma)/truth.Kappa)-1) > 1e-4 {
			t.Errorf("peak of %+v at %v", truth, u.Peak)
		}
	}
}

// Noise never makes a coefficient negative, and the residuals show a law that
// does not hold.
func TestUSLResiduals(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	n := []int{1, 2, 3, 4, 6, 8}
	for range 200 {
		var x []float64
		for _, k := range n {
			x = append(x, float64(k)*(1+0.1*rng.NormFloat64()))
		}
		u, err := FitUSL(n, x)
		if err != nil || u.Sigma < 0 || u.Kappa < 0 || u.RMS > 0.3 {
			t.Fatalf("%v: %+v %v", x, u, err)
		}
	}
	u, err := FitUSL(n, []float64{1, 2, 3, 1, 6, 8}) // a hole at 4
	if err != nil || u.RMS < 0.2 || u.Points[3].Residual > -0.4 {
		t.Errorf("%+v %v", u, err)
	}
}

func TestUSLRefuses(t *testing.T) {
	for _, c := range []struct {
		n []int
		x []float64
	}{
		{[]int{1, 2, 4}, []float64{1, 2, 3}},
		{[]int{1, 1, 1, 2, 2, 2, 4}, []float64{1, 1, 1, 2, 2, 2, 3}},
		{[]int{1, 2, 3, 4, 5, 6}, []float64{1, 2, 0, 4, 5, 6}},
		{[]int{0, 2, 3, 4, 5, 6}, []float64{1, 2, 3, 4, 5, 6}},
		{[]int{1, 2, 3, 4, 5, 6}, []float64{1, 2, math.NaN(), 4, 5, 6}},
	} {
		if u, err := FitUSL(c.n, c.x); err == nil || !strings.Contains(err.Error(), "no fit") {
			t.Errorf("%v %v: %+v, %v", c.n, c.x, u, err)
		}
	}
	for _, s := range Scalings(synthFolder(t)) {
		if s.Fit != nil || !strings.Contains(s.WhyNoFit, "2 settings of GOMAXPROCS") || len(s.Cells) != 2 {
			t.Errorf("%s of %s: %+v", s.Label, s.Variant, s)
		}
	}
}
