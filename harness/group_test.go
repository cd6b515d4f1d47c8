package harness

import (
	"context"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"vmabench/results"
)

// TestTogether: the processes of a group measure in turns: each has stopped
// between its slices, none of them used the CPU meanwhile, and one that dies or
// hangs does not take the others with it.
func TestTogether(t *testing.T) {
	if !canStop {
		t.Skip("processes cannot be stopped here")
	}
	w := preset(t, "ownvma")
	var group []Member
	for _, d := range []string{"fake", "exit", "hang", "other", "panic"} {
		s := quick(results.Throughput, d, w, 1)
		timeout := time.Minute
		if d == "hang" {
			timeout = time.Second
		}
		group = append(group, Member{Command: child(t, "trial"), Spec: s, Timeout: timeout})
	}
	for i, o := range Together(context.Background(), group) {
		want := []string{"", "ended with status 7", "hung for 1s", "", "lost its mind"}[i]
		if (o.Err == nil) != (want == "") || o.Err != nil && !strings.Contains(o.Err.Error(), want) {
			t.Errorf("%s: error %v, want %q", group[i].Spec.Design, o.Err, want)
		}
		if o.Err == nil && o.Trial.Guard.Slices < group[i].Spec.Timing.Slices {
			t.Errorf("%s: %d slices", group[i].Spec.Design, o.Trial.Guard.Slices)
		}
	}
}

// TestTurn: a child is stopped whenever it is not its turn, and ends when the
// context does.
func TestTurn(t *testing.T) {
	if !canStop {
		t.Skip("processes cannot be stopped here")
	}
	var o Outcome
	m := Member{Command: child(t, "trial"), Spec: quick(results.Throughput, "fake", preset(t, "ownvma"), 2), Timeout: time.Minute}
	p, err := m.start(&o, true)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	for n := 1; n <= 3; n++ {
		if !p.turn(ctx) {
			t.Fatalf("it ended in turn %d: %+v", n, o)
		}
		before := cpuOf(t, p.cmd.Process.Pid)
		time.Sleep(50 * time.Millisecond)
		if state, cpu := stateOf(t, p.cmd.Process.Pid), cpuOf(t, p.cmd.Process.Pid); state != "T" || cpu != before {
			t.Errorf("turn %d: state %s, %d ticks of CPU since", n, state, cpu-before)
		}
	}
	cancel()
	if p.turn(ctx) || o.Err != context.Canceled {
		t.Errorf("after the interrupt: %+v", o)
	}
}

func stat(t *testing.T, pid int) []string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
}

func stateOf(t *testing.T, pid int) string { return stat(t, pid)[0] }

func cpuOf(t *testing.T, pid int) int {
	f := stat(t, pid)
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return user + system
}

// TestSetup: a repetition draws where things lie, and all designs of its block
// draw the same.
func TestSetup(t *testing.T) {
	a := &TrialSpec{Design: "a", VMAs: 3, Seed: 1}
	same := &TrialSpec{Design: "b", VMAs: 3, Seed: 1}
	next := &TrialSpec{Design: "a", VMAs: 3, Seed: 2}
	start := func(s *TrialSpec) uint64 {
		l, err := s.layout()
		if err != nil {
			t.Fatal(err)
		}
		return uint64(l.Mappings[0].Start)
	}
	size := func(s *TrialSpec) (n int) {
		for _, b := range s.scatter() {
			n += len(b)
		}
		return n
	}
	if a.padding() != same.padding() || start(a) != start(same) || size(a) != size(same) {
		t.Error("two designs of one block are set up differently")
	}
	if a.padding() == next.padding() || start(a) == start(next) || size(a) == size(next) {
		t.Error("two repetitions are set up alike")
	}
}

// TestBusy: busy loops compute in their turns and stand still between them.
func TestBusy(t *testing.T) {
	if !canStop {
		t.Skip("processes cannot be stopped here")
	}
	b, err := StartBusy(child(t, "spin"), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for _, run := range []bool{true, false} {
		b.Turn(run)
		before := cpuOf(t, b.cmds[0].Process.Pid)
		time.Sleep(300 * time.Millisecond)
		if ran := cpuOf(t, b.cmds[0].Process.Pid) > before; ran != run {
			t.Errorf("running %v, computed %v", run, ran)
		}
	}
}
