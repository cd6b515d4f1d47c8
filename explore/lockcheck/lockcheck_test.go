//go:build vmasim

package lockcheck

import (
	"maps"
	"testing"
	"time"

	"vmabench/explore"
)

// Every scenario that is not long reaches the verdict that it states; the long
// ones are for vmalab check.
func TestScenarios(t *testing.T) {
	for _, sc := range All() {
		if sc.Long || sc.Full {
			continue
		}
		r := sc.Run(explore.Options{Budget: 3 * time.Minute})
		if sc.Expected(r) && (r.Complete || sc.Breaks != "") {
			continue
		}
		t.Errorf("%s/%s: broken %q, expected %q, complete %v", sc.Design, sc.Name, sc.Broken(r.Failure), sc.Breaks, r.Complete)
		if r.Failure != nil {
			t.Logf("%v\n%s%s", r.Failure, r.Failure.Trace, r.Failure.Schedule)
		}
	}
}

// The reduction is proven on the very scenarios that it is used for: DPOR and
// plain sleep sets visit the same traces, and DPOR none twice.
func TestReductionOfScenarios(t *testing.T) {
	const most = 40000 // executions of the slower search
	compared, traces := 0, 0
	for _, sc := range All() {
		if sc.Long || sc.Full || sc.Breaks != "" || !compares(&sc) {
			continue
		}
		s := sc.Run(explore.Options{Mode: explore.Sleep, Traces: true, Max: most})
		if !s.Complete {
			continue
		}
		d := sc.Run(explore.Options{Traces: true})
		if !maps.Equal(s.Traces, d.Traces) {
			t.Errorf("%s/%s: %d traces by DPOR, %d by sleep sets", sc.Design, sc.Name, len(d.Traces), len(s.Traces))
		}
		for _, n := range d.Traces {
			if n != 1 {
				t.Errorf("%s/%s: a trace was visited %d times", sc.Design, sc.Name, n)
				break
			}
		}
		compared++
		traces += len(d.Traces)
	}
	t.Logf("%d scenarios, %d traces", compared, traces)
	if compared < 60 && !Tiny {
		t.Errorf("only %d scenarios were small enough to compare", compared)
	}
}

// compares leaves out designs whose scenarios are those of another one again.
func compares(sc *Scenario) bool {
	return sc.Design == "mmap_lock" || sc.Design == "mmaponly" || sc.Design == "rwsem" || sc.Design == "refcount"
}

// A mutant's text stands exactly once in the source, or the table is stale.
func TestMutantsFitTheSource(t *testing.T) {
	seen := map[string]bool{}
	for i := range Mutants {
		m := &Mutants[i]
		if _, err := m.Apply("../.."); err != nil {
			t.Error(err)
		}
		key := m.File + m.Old + m.New
		if seen[key] || m.Old == m.New {
			t.Errorf("mutant %q stands twice or changes nothing", m.Name)
		}
		seen[key] = true
	}
}
