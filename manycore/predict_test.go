//go:build vmasim

package manycore

import (
	"reflect"
	"testing"

	"vmabench/variants"
)

func predict(t *testing.T, p PointSpec) *PointResult {
	t.Helper()
	r, err := p.Predict(variants.Lookup)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestPredictAll: every design runs every workload, works, and names its lines.
func TestPredictAll(t *testing.T) {
	for _, wl := range Workloads {
		for _, d := range variants.All() {
			p := PointSpec{Machine: "broadwell-2s", Design: d.Name, Workload: wl, CPUs: 4, Seed: 1, WindowNS: 200_000}
			if wl == "fork-storm" {
				p.WindowNS = 4_000_000 // a fork is long
			}
			r := predict(t, p)
			if r.Ops == 0 || r.Failed > r.Ops/2 || len(r.Lines) == 0 {
				t.Errorf("%s, %s: %d ops, %d failed, %d lines", wl, d.Name, r.Ops, r.Failed, len(r.Lines))
			}
		}
	}
}

// TestPredictSame: a point is the same bit for bit in one process.
func TestPredictSame(t *testing.T) {
	p := PointSpec{Machine: "milan-2s", Design: "rwsem", Workload: "mixed/write=1", CPUs: 16, Seed: 3, WindowNS: 200_000}
	a, b := predict(t, p), predict(t, p)
	if !reflect.DeepEqual(a, b) {
		t.Errorf("two predictions of one point differ:\n%+v\n%+v", a, b)
	}
}

// TestShape holds the model to what is known on every machine: a shared
// mmap_lock does not scale, a VMA of one's own does.
func TestShape(t *testing.T) {
	rate := func(design string, cpus int) float64 {
		return predict(t, PointSpec{Machine: "skylake-8s", Design: design, Workload: "pft", CPUs: cpus, Seed: 1, WindowNS: 300_000}).OpsPerS
	}
	if one, many := rate("refcount", 1), rate("refcount", 28); many < 20*one {
		t.Errorf("refcount, own VMAs: 28 CPUs do %.1f times the work of one", many/one)
	}
	if ref, global := rate("refcount", 112), rate("mmaponly", 112); ref < 3*global {
		t.Errorf("112 CPUs: refcount is %.1f times mmaponly", ref/global)
	}
}

// TestWindowGrows: where hundreds of threads wait for one mmap_lock, a default window
// is made so long that each gets its turn a few times.
func TestWindowGrows(t *testing.T) {
	p := PointSpec{Machine: "skylake-8s", Design: "mmaponly", Workload: "mixed/write=1", CPUs: 224, Seed: 1}
	if r := predict(t, p); r.Ops < fewOps*int64(p.CPUs) {
		t.Errorf("%d operations of %d threads", r.Ops, p.CPUs)
	}
	p.WindowNS = windowNS
	if r := predict(t, p); r.Ops >= fewOps*int64(p.CPUs) || r.Ops == 0 {
		t.Errorf("%d operations of %d threads in a window of that length: not the point to test this with", r.Ops, p.CPUs)
	}
}

// TestPublishedTables: the sign and the knee of the published tables come out,
// from parameters that were not fitted to them.
func TestPublishedTables(t *testing.T) {
	limits := map[string]struct{ gain, newRate float64 }{"refcount-series": {10, 70}, "uprobe-speculation": {1e9, 15}}
	for i := range RateTables {
		tab := &RateTables[i]
		var rs []*PointResult
		for _, p := range tab.Points() {
			p.WindowNS = 2_000_000
			rs = append(rs, predict(t, p))
		}
		rows := tab.Join(rs)
		for i := range rows {
			r := &rows[i]
			t.Logf("%2d threads: %+.1f %%, published %+.1f %%; %s %.2f M/s, published %.2f", r.Threads, r.Predicted(), r.Gain(), tab.Base, r.Base.OpsPerS/1e6, r.BasePerS/1e6)
		}
		s, l := ScoreTable(rows), limits[tab.Name]
		if s.KneeSteps > 1 || s.Signs < s.Of-2 || s.WorstGain > l.gain || s.WorstNew > l.newRate {
			t.Errorf("%s: %+v", tab.Name, s)
		}
	}
}

// TestPublishedLatencies: a mapper waits less where readers of the mappings lock one
// VMA at a time, whatever a reader is guessed to do.
func TestPublishedLatencies(t *testing.T) {
	for i := range LatencyTables {
		tab := &LatencyTables[i]
		points := tab.Points()
		for j := 0; j < len(points); j += 2 {
			points[j].WindowNS, points[j+1].WindowNS = 20_000_000, 20_000_000
			base, new := predict(t, points[j]), predict(t, points[j+1])
			for k := range tab.Rows {
				r := &tab.Rows[k]
				t.Logf("line %.0f, page %.0f ns: %s %.0f ns, then %.0f; published up to %.0f, then %.0f", points[j].LineNS, points[j].PageNS, r.What, tab.Of(r, base), tab.Of(r, new), r.Base[1], r.New[1])
			}
			if n := tab.Signs(base, new); n != len(tab.Rows) || base.Failed+new.Failed > 0 {
				t.Errorf("%s: sign right in %d rows, %d operations failed", tab.Name, n, base.Failed+new.Failed)
			}
		}
	}
}

// TestAblation: every component can be left out, and a name that is none is an
// error.
func TestAblation(t *testing.T) {
	p := PointSpec{Machine: "broadwell-2s", Design: "refcount", Workload: "pft-shared", CPUs: 8, Seed: 1, WindowNS: 100_000, Spread: true}
	full, changed := predict(t, p), 0
	for _, name := range Components() {
		p.Off = []string{name}
		if predict(t, p).Ops != full.Ops {
			changed++
		}
	}
	if changed < len(Components())-3 {
		t.Errorf("%d of %d components change anything", changed, len(Components()))
	}
	p.Off = []string{"luck"}
	if _, err := p.Predict(variants.Lookup); err == nil {
		t.Error("a component that does not exist is left out")
	}
}

// TestSwitches: threads that share a CPU, and CPUs that are taken away, do less.
func TestSwitches(t *testing.T) {
	p := PointSpec{Machine: "broadwell-2s", Design: "rwsem", Workload: "mprotect-disjoint", CPUs: 8, Seed: 1, WindowNS: 1_000_000}
	calm := predict(t, p)
	p.PreemptEvery, p.PreemptFor = 100_000, 100_000
	if r := predict(t, p); r.OpsPerS > 0.8*calm.OpsPerS {
		t.Errorf("%.0f operations a second with half of the time taken away, %.0f without", r.OpsPerS, calm.OpsPerS)
	}
	p.PreemptEvery, p.Share = 0, 2
	if r := predict(t, p); len(r.Roles[0].Workers) != 16 || r.OpsPerS > 1.2*calm.OpsPerS {
		t.Errorf("two threads a CPU: %d workers, %.0f operations a second, %.0f with one", len(r.Roles[0].Workers), r.OpsPerS, calm.OpsPerS)
	}
}
