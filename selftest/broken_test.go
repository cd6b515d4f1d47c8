package selftest

import "testing"

// TestHung: what hangs a trial is named by what its workers do.
func TestHung(t *testing.T) {
	const coordinator = "sync.WaitGroup.Wait in harness.(*trial).perform"
	for why, want := range map[string]string{
		"hung for 6s and was killed (" + coordinator + "; chan receive, locked to thread in a; chan receive, locked to thread in b)": "lost-wake-up",
		"hung for 6s and was killed (" + coordinator + "; runnable, locked to thread in a; chan receive, locked to thread in b)":     "writer-starved",
		"fatal error: all goroutines are asleep - deadlock! (" + coordinator + "; sync.Mutex.Lock, locked to thread in a)":           "lost-wake-up",
		"the trial's process died": "",
	} {
		if got := hung(why); got != want {
			t.Errorf("%q: %q, want %q", why, got, want)
		}
	}
}
