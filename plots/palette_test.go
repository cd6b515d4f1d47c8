package plots

import (
	"image/color"
	"math"
	"slices"
	"testing"
)

// luminance is the relative luminance of WCAG 2.
func luminance(c color.NRGBA) float64 {
	lin := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*lin(c.R) + 0.7152*lin(c.G) + 0.0722*lin(c.B)
}

func contrast(a, b color.NRGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// Design names are written in their colours, so text contrast holds for them;
// what is only drawn needs three to one.
func TestContrast(t *testing.T) {
	for _, th := range []Theme{Light, Dark} {
		if len(th.inks) != int(InkData)+numData+numControl {
			t.Fatalf("%s has %d inks", th.Name, len(th.inks))
		}
		need := map[Ink]float64{InkText: 7, InkMuted: 4.5, InkBad: 4.5, InkIdeal: 3, InkPart1: 3}
		for i := range numData + numControl {
			need[InkData+Ink(i)] = 4.5
		}
		for i, min := range need {
			if got := contrast(th.Color(i), th.Color(InkGround)); got < min {
				t.Errorf("%s: ink %d has contrast %.2f, want %v", th.Name, i, got, min)
			}
			if got := contrast(th.Color(i), th.Color(InkShade)); min == 4.5 && i != InkBad && got < 3.5 {
				t.Errorf("%s: ink %d has contrast %.2f on the shade", th.Name, i, got)
			}
		}
	}
}

// seen is a colour as an eye without one kind of cone sees it (Machado,
// Oliveira, Fernandes 2009, severity 1), in linear light.
func seen(c color.NRGBA, m [9]float64) [3]float64 {
	v := [3]float64{}
	for i, x := range []uint8{c.R, c.G, c.B} {
		v[i] = math.Pow(float64(x)/255, 2.2)
	}
	var out [3]float64
	for i := range 3 {
		s := m[3*i]*v[0] + m[3*i+1]*v[1] + m[3*i+2]*v[2]
		out[i] = math.Pow(math.Max(0, s), 1/2.2)
	}
	return out
}

// The three designs that the suite is about stay apart without red or green
// cones. Markers and dashes tell all of them apart beside that.
func TestColourBlind(t *testing.T) {
	kinds := map[string][9]float64{
		"protan": {0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998},
		"deutan": {0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881},
	}
	for _, th := range []Theme{Light, Dark} {
		for name, m := range kinds {
			for i := range 3 {
				for j := range i {
					a, b := seen(th.Color(InkData+Ink(i)), m), seen(th.Color(InkData+Ink(j)), m)
					d := math.Sqrt(sq(a[0]-b[0]) + sq(a[1]-b[1]) + sq(a[2]-b[2]))
					if d < 0.15 {
						t.Errorf("%s, %s: colours %d and %d are %.3f apart", th.Name, name, j, i, d)
					}
				}
			}
		}
	}
}

func sq(x float64) float64 { return x * x }

// A design looks the same whatever else ran, and no two look alike.
func TestStylesAreStable(t *testing.T) {
	control := func(n string) bool { return n == "nolock" || n == "rwmutex" }
	all := styles([]string{"mmaponly", "rwsem", "refcount", "offset", "twobit", "seqlock", "sketch", "rangelock", "nolock", "rwmutex"}, control)
	few := styles([]string{"refcount", "rangelock", "offset"}, control)
	for n, s := range few {
		if all[n].Ink != s.Ink || all[n].Shape != s.Shape || !slices.Equal(all[n].Dash, s.Dash) {
			t.Errorf("%s looks otherwise in a smaller run", n)
		}
	}
	for a, x := range all {
		for b, y := range all {
			if a != b && x.Ink == y.Ink && x.Shape == y.Shape {
				t.Errorf("%s and %s look alike", a, b)
			}
		}
	}
	if !all["nolock"].Hollow || all["refcount"].Hollow {
		t.Error("controls are hollow, designs are not")
	}
}
