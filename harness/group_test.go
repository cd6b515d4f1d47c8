package harness

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"vmabench/results"
	"vmabench/workload"
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

// TestLate: a child that ignores its watchdog, and one that stops itself while
// the watchdog asks it, are killed and waited for: no process is left.
func TestLate(t *testing.T) {
	if !canStop {
		t.Skip("processes cannot be stopped here")
	}
	for script, want := range map[string]string{
		`trap "" QUIT; exec sleep 60`:                           "hung for 100ms and was killed",
		`trap "" QUIT; sleep 0.6; kill -STOP $$; exec sleep 60`: "not done after 100ms and was killed",
	} {
		var o Outcome
		s := quick(results.Throughput, "fake", preset(t, "ownvma"), 1)
		p, err := (&Member{Command: Command{"sh", "-c", script}, Spec: s, Timeout: 100 * time.Millisecond}).start(&o, true)
		if err != nil {
			t.Fatal(err)
		}
		if more := p.turn(context.Background()); more || o.Err == nil || o.Err.Error() != want {
			t.Errorf("%s: more turns %v, %v", script, more, o.Err)
		}
		if b, err := os.ReadFile("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/stat"); err == nil {
			t.Errorf("%s: it is still there: %s", script, b)
			p.kill()
		}
	}
}

// TestUsedUp: a child that stopped just as its time was up is no hang.
func TestUsedUp(t *testing.T) {
	c := &process{Member: &Member{Timeout: time.Second}, used: time.Second}
	for range 20 {
		events := make(chan event, 1)
		events <- event{stopped: true}
		if e, came := c.await(context.Background(), events); !came || !e.stopped {
			t.Fatal("the stop was not seen")
		}
	}
}

// ownTime is how long the trials of parent may take in their turns.
const ownTime = 3 * time.Second

// parent runs two trials in turns and says what was wrong with them.
func parent() {
	runtime.LockOSThread()
	w, _ := workload.Find("ownvma")
	exe, _ := os.Executable()
	var group []Member
	for _, d := range []string{"fake", "other"} {
		s := quick(results.Throughput, d, w, 1)
		s.Timing.Slices = 200
		group = append(group, Member{Command: Command{"/usr/bin/env", childEnv + "=trial", exe}, Spec: s, Timeout: ownTime})
	}
	for _, o := range Together(context.Background(), group) {
		if o.Err != nil {
			fmt.Println(o.Err)
		}
	}
	os.Exit(0)
}

// TestParentStops: a run that is stopped and continued, as by Ctrl-Z and fg, finds
// no hang in the time that it slept.
func TestParentStops(t *testing.T) {
	if !canStop {
		t.Skip("processes cannot be stopped here")
	}
	c := child(t, "parent")
	cmd := exec.Command(c[0], c[1:]...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(ownTime / 10)
	pause(cmd.Process)
	time.Sleep(ownTime + time.Second)
	resume(cmd.Process)
	if err := cmd.Wait(); err != nil || out.Len() > 0 {
		t.Errorf("%v\n%s", err, out.String())
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
