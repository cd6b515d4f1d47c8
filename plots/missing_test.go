package plots

import (
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"vmabench/results"
)

// A run of which anything may be missing is drawn all the same: trials that
// failed or were never run, values of zero, samples too few for an interval.
func TestAnythingMissing(t *testing.T) {
	run := synthRun()
	run.Plan.Count, run.Plan.Workloads = 4, run.Plan.Workloads[:4]
	whole := synthOf(t, run).Trials
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 1))
		f := &results.Folder{Dir: t.TempDir(), Run: run}
		for _, x := range whole {
			switch r.IntN(8) {
			case 0, 1:
				continue
			case 2:
				x.Failed, x.Values, x.Events, x.Hists = "killed", nil, nil, nil
			case 3:
				x.Values = slices.Clone(x.Values)
				x.Values[r.IntN(len(x.Values))].Value = 0
			case 4:
				x.Values = x.Values[:1+r.IntN(len(x.Values))]
				x.Events = nil
			}
			f.Trials = append(f.Trials, x)
		}
		f.Trials = f.Trials[:r.IntN(len(f.Trials))]
		d := mustData(t, f)
		var page strings.Builder
		if err := d.writePage(&page); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
		for _, bad := range []string{"NaN", "+Inf", "-Inf", "ZgotmplZ", "%!"} {
			if i := strings.Index(page.String(), bad); i >= 0 {
				t.Errorf("seed %d: the page has %q", seed, page.String()[max(0, i-60):i+10])
			}
		}
		if err := d.writeMarkdown(io.Discard); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
		for _, fig := range d.figures() {
			if fig.Missing == "" && seed < 2 {
				if err := fig.WriteSVG(io.Discard, Dark); err != nil {
					t.Errorf("seed %d, %s: %v", seed, fig.ID, err)
				}
			}
		}
	}
}
