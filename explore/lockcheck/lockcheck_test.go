//go:build vmasim

package lockcheck

import (
	"testing"
	"time"

	"vmabench/explore"
)

func TestScenarios(t *testing.T) {
	for _, sc := range All() {
		if sc.Long && testing.Short() {
			continue
		}
		t.Run(sc.Design+"/"+sc.Name, func(t *testing.T) {
			r := sc.Run(explore.Options{Budget: 20 * time.Second})
			t.Logf("%d executions, %d awaits, %d pruned, %d steps, longest %d, complete %v, %v, %.1f M/s",
				r.Executions, r.Awaits, r.Pruned, r.Steps, r.Longest, r.Complete, r.Elapsed.Round(time.Millisecond),
				float64(r.Steps)/r.Elapsed.Seconds()/1e6)
			if !sc.Expected(r) {
				t.Errorf("broken: %q, expected %q", sc.Broken(r.Failure), sc.Breaks)
				if r.Failure != nil {
					t.Logf("%v\n%s%s", r.Failure, r.Failure.Trace, r.Failure.Schedule)
				}
			}
		})
	}
}
