package harness

import (
	"runtime"
	"testing"
	"time"
)

func TestParseSchedstat(t *testing.T) {
	for in, want := range map[string]int64{
		"643813 5234 2\n": 5234,
		"0 0 0\n":         -1, // the kernel does not count
		"643813 5234":     -1,
		"a b c":           -1,
		"":                -1,
	} {
		got, ok := parseSchedstat([]byte(in))
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q: %d, want %d", in, got, want)
		}
	}
}

// TestRunQueue: a thread that has to share its CPU is in the run queue for a part
// of the time.
func TestRunQueue(t *testing.T) {
	type answer struct {
		known        bool
		queued, wall int64
	}
	done := make(chan answer)
	cpu := AllowedCPUs()[0]
	run := func() {
		runtime.LockOSThread() // not unlocked: the pinned thread ends with the goroutine
		q := OpenRunQueue()
		defer q.Close()
		if pin(cpu) != nil {
			done <- answer{}
			return
		}
		before, known := q.Waited()
		start := time.Now()
		for time.Since(start) < 100*time.Millisecond {
		}
		after, _ := q.Waited()
		done <- answer{known, after - before, int64(time.Since(start))}
	}
	go run()
	go run()
	a, b := <-done, <-done
	if !a.known || !b.known {
		t.Skip("the system does not say how long a thread waits for a CPU")
	}
	if !Robbed(a.queued, 0, a.wall) && !Robbed(b.queued, 0, b.wall) {
		t.Errorf("two threads of one CPU waited for %d and %d ns of %d", a.queued, b.queued, a.wall)
	}
}
