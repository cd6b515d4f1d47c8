package results

import (
	"bytes"
	"math"
	"strings"
	"testing"
)

// shapeTrial is a throughput trial of ns nanoseconds an op.
func shapeTrial(variant, workload string, procs, rep int, ns float64, more ...Param) Trial {
	return Trial{Bench: "Fault", Kind: Throughput, Procs: procs, Rep: rep, Guard: Guard{OK: true},
		Params: append([]Param{{"variant", variant}, {"workload", workload}}, more...),
		Values: []Value{{Unit: "ns/op", Value: ns}}}
}

// TestShapes: responses with a known answer. The kernel gains 2 from a second
// CPU on pft and nothing on hotvma; its model gains 2 and loses half.
func TestShapes(t *testing.T) {
	f := &Folder{Run: &Run{Env: Env{CPUs: 2}, Plan: PlanInfo{Workloads: []WorkloadInfo{{Name: "pft"}, {Name: "hotvma"}, {Name: "mixed/write=0"}, {Name: "mixed/write=10"}}},
		Designs: []DesignInfo{{Name: "mmaponly"}, {Name: "refcount", Layout: []Struct{{Name: "VMA", Size: 192}}},
			{Name: "linux", Real: true, Model: "refcount", Slab: []Object{{"vm_area_struct", 200}, {"vma_lock", 40}}},
			{Name: "linux-other", Real: true, Model: "absent"}}}}
	vmas := Param{"vmas", "10"}
	for rep := range 10 {
		for _, x := range []struct {
			variant, workload string
			procs             int
			ns                float64
			write             string
		}{
			{"linux", "pft", 1, 400, ""}, {"linux", "pft", 2, 200, ""}, {"linux", "hotvma", 1, 400, ""}, {"linux", "hotvma", 2, 400, ""},
			{"refcount", "pft", 1, 40, ""}, {"refcount", "pft", 2, 20, ""}, {"refcount", "hotvma", 1, 40, ""}, {"refcount", "hotvma", 2, 80, ""},
			{"mmaponly", "pft", 1, 1, ""}, {"mmaponly", "pft", 2, 7, ""},
			{"linux", "pft", 4, 1, ""}, {"refcount", "pft", 4, 7, ""}, // more workers than CPUs
			{"linux", "mixed", 1, 100, "0"}, {"linux", "mixed", 1, 200, "10"}, {"refcount", "mixed", 1, 10, "0"}, {"refcount", "mixed", 1, 20, "10"},
		} {
			more := []Param{vmas}
			if x.write != "" {
				more = []Param{{"write", x.write}, vmas}
			}
			f.Trials = append(f.Trials, shapeTrial(x.variant, x.workload, x.procs, rep, x.ns, more...))
		}
	}
	for variant, bytes := range map[string]float64{"linux": 20, "refcount": 25, "mmaponly": 30} {
		f.Trials = append(f.Trials, Trial{Bench: "Footprint", Kind: Footprint, Procs: 1, Guard: Guard{OK: true},
			Params: []Param{{"variant", variant}, {"vmas", "40000"}}, Values: []Value{{Unit: "index-B/vma", Value: bytes}}})
	}
	shapes := Shapes(f)
	if len(shapes) != 1 {
		t.Fatalf("%d shapes, want that of linux alone", len(shapes))
	}
	s := shapes[0]
	got := map[string][3]float64{}
	sum := 0.0
	for _, p := range s.Points {
		got[p.Axis+" "+p.At] = [3]float64{p.Real, p.Model, p.Noise}
		sum += math.Log(p.Factor) * math.Log(p.Factor)
	}
	want := map[string][3]float64{
		"GOMAXPROCS pft: 2 over 1":                              {2, 2, 1},
		"GOMAXPROCS hotvma: 2 over 1":                           {1, .5, 1},
		"one hot VMA hotvma over pft, 1":                        {1, 1, 1},
		"one hot VMA hotvma over pft, 2":                        {.5, .25, 1},
		"share of mappers mixed/write=10 over mixed/write=0, 1": {.5, .5, 1},
	}
	if len(got) != len(want) {
		t.Errorf("points %v", got)
	}
	for k, w := range want {
		if got[k] != w {
			t.Errorf("%s: %v, want %v", k, got[k], w)
		}
	}
	// Two of five points are a factor 2 apart.
	if d := math.Exp(math.Sqrt(2 * math.Ln2 * math.Ln2 / 5)); math.Abs(s.Distance-d) > 1e-9 {
		t.Errorf("distance %v, want %v", s.Distance, d)
	}
	if len(s.Sizes) != 2 || s.Sizes[0] != (ShapeSize{"vm_area_struct", 200, 192}) || s.Sizes[1] != (ShapeSize{IndexPerVMA, 20, 25}) {
		t.Errorf("sizes %v", s.Sizes)
	}
	var b bytes.Buffer
	for _, tab := range ShapeTables(shapes) {
		if err := tab.WriteText(&b); err != nil {
			t.Fatal(err)
		}
	}
	for _, w := range []string{"linux and its model refcount", "×0.50", "bytes of vm area struct", "bytes of index by VMA", "distance ×1.55 over 5 points"} {
		if !strings.Contains(b.String(), w) {
			t.Errorf("no %q in\n%s", w, b.String())
		}
	}
}
