package harness

import (
	"context"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"vmabench/results"
)

// TestOutOfMemory: a child that the kernel kills, one that runs out of memory
// and one that hangs are records that say so, and the run goes on after each.
func TestOutOfMemory(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil || runtime.GOOS == "windows" {
		t.Skip("no shell")
	}
	if raced {
		t.Skip("the race detector needs more addresses than the limit leaves")
	}
	limited := append(Command{"sh", "-c", `ulimit -v 3000000 && exec "$@"`, "sh"}, child(t, "trial")...)
	w := preset(t, "ownvma")
	p := &Plan{}
	for i, d := range []string{"killed", "greedy", "hang", "fake"} {
		s := quick(results.Throughput, d, w, 2)
		s.Rep, s.Group = i, 1 // together: one must not take the others with it
		p.Trials = append(p.Trials, *s)
	}
	var got []*results.Trial
	r := Runner{
		Spawn: func(ctx context.Context, group []*TrialSpec) (out []Outcome) {
			var members []Member
			for _, s := range group {
				members = append(members, Member{Command: limited, Spec: s, Timeout: 3 * time.Second})
			}
			return Together(ctx, members)
		},
		Sink: func(_ *TrialSpec, t *results.Trial) error { got = append(got, t); return nil },
	}
	sum, err := r.Run(context.Background(), p, nil)
	if err != nil || sum.Done != 4 || sum.Failed != 3 {
		t.Fatalf("summary %+v, error %v", sum, err)
	}
	for i, want := range []string{"died (signal: killed)", "out of memory", "hung for 3s", ""} {
		if f := got[i].Failed; !strings.Contains(f, want) || (want == "") != (f == "") || strings.Contains(f, "\n") {
			t.Errorf("trial %d: %q, want %q in one line", i, f, want)
		}
	}
}
