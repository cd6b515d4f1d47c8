package results

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
)

func histOf(t *testing.T, values ...int64) Hist {
	t.Helper()
	h := hdrhistogram.New(1, 1e9, 3)
	for _, v := range values {
		if err := h.RecordValue(v); err != nil {
			t.Fatal(err)
		}
	}
	v2, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		t.Fatal(err)
	}
	return Hist{Role: "faulter", Op: "fault", Timed: "intended", RateHz: 100, Count: h.TotalCount(), MaxNS: slices.Max(values), V2: string(v2)}
}

// Percentiles are of all samples together: one bad trial among three moves the
// p99, where an average of three p99s would show a value that nobody waited.
func TestMergedIsNotAveraged(t *testing.T) {
	trial := func(slow int) *Trial {
		var v []int64
		for i := range 1000 {
			v = append(v, 50)
			if i < slow {
				v[i] = 100_000
			}
		}
		return &Trial{Kind: Latency, Bench: "A", Procs: 1, Hists: []Hist{histOf(t, v...)}}
	}
	f := &Folder{Run: synthRun()}
	ms, err := f.Merged(&Cell{Trials: []*Trial{trial(0), trial(0), trial(60)}})
	if err != nil || len(ms) != 1 {
		t.Fatal(ms, err)
	}
	m := ms[0]
	if m.Trials != 3 || m.Count != 3000 || m.MaxNS != 100_000 {
		t.Errorf("%+v", m)
	}
	for q, want := range map[float64]Quantile{
		0.5:    {NS: 50},
		0.97:   {NS: 50},
		0.985:  {NS: 100_000},
		0.9999: {NS: 100_000, Few: true},
		1:      {NS: 100_000},
	} {
		want.Q = q
		if got := m.At(q); got != want {
			t.Errorf("p%v: %+v, want %+v", 100*q, got, want)
		}
	}
	f.Run.Env.ClockNS = 50
	ms, _ = f.Merged(&Cell{Trials: []*Trial{trial(60)}})
	if !ms[0].At(0.5).Floor || ms[0].At(0.99).Floor {
		t.Error("the clock's floor is 50 ns: p50 is on it, p99 above")
	}
	curve := ms[0].Curve(10)
	for i := 1; i < len(curve); i++ {
		if curve[i].Q <= curve[i-1].Q || curve[i].NS < curve[i-1].NS || curve[i].Few {
			t.Errorf("curve %+v", curve)
		}
	}
	if curve[0].Q != 0.5 || curve[len(curve)-1].Q != 1 || len(curve) < 15 {
		t.Errorf("curve of %d points: %+v", len(curve), curve)
	}
}

// Histograms that differ in what they are of stay apart.
func TestMergedApart(t *testing.T) {
	a, b, c := histOf(t, 1), histOf(t, 2), histOf(t, 3)
	b.Timed = "actual"
	c.RateHz = 200
	f := &Folder{Run: synthRun()}
	ms, err := f.Merged(&Cell{Trials: []*Trial{{Hists: []Hist{a, b, c}}, {Hists: []Hist{a, b, c}}, {Failed: "x", Hists: []Hist{a}}}})
	if err != nil || len(ms) != 3 || ms[0].Count != 2 || ms[1].Timed != "actual" || ms[2].RateHz != 200 {
		t.Errorf("%v %+v", err, ms)
	}
}

func TestBrokenHist(t *testing.T) {
	good := histOf(t, 1, 2, 3)
	f := &Folder{Dir: "run", Run: synthRun()}
	for _, spoil := range []func(*Hist){
		func(h *Hist) { h.V2 = h.V2[:20] },
		func(h *Hist) { h.V2 = "not base64!" },
		func(h *Hist) { h.V2 = "" },
		func(h *Hist) { h.Count = 4 },
	} {
		h := good
		spoil(&h)
		_, err := f.Merged(&Cell{Trials: []*Trial{{Bench: "A", Procs: 1, Hists: []Hist{h}}}})
		if err == nil || !strings.Contains(err.Error(), "A-1") || strings.Contains(err.Error(), "\n") {
			t.Errorf("want one line that names the trial, got %v", err)
		}
	}
}

// The logs are read by HdrHistogram's own reader, one line a cell, and hold
// the merged samples.
func TestHistLogs(t *testing.T) {
	f := synthDir(t)
	for _, d := range synthDesigns {
		data, err := os.ReadFile(filepath.Join(f.Dir, "latency-"+d+".hlog"))
		if err != nil {
			t.Fatal(err)
		}
		r := hdrhistogram.NewHistogramLogReader(bytes.NewReader(data))
		h, err := r.NextIntervalHistogram()
		if err != nil || h == nil {
			t.Fatalf("%s: %v", d, err)
		}
		want := "FaultLatency/variant=" + d + "/workload=local/vmas=1000-2:faulter:fault:intended:20000Hz"
		if h.TotalCount() != 20000 || h.Tag() != want {
			t.Errorf("%s: %d samples, tag %q", d, h.TotalCount(), h.Tag())
		}
		if next, _ := r.NextIntervalHistogram(); next != nil {
			t.Errorf("%s: a second line", d)
		}
	}
}
