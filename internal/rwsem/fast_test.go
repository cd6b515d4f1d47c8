package rwsem

import "testing"

// No operation allocates: not on its fast path, and not when it queues.
func TestNoAllocation(t *testing.T) {
	var s RWSem
	k, holder := newTask(t), newTask(t)
	for name, f := range map[string]func(){
		"read":           func() { s.DownRead(k); s.UpRead(k) },
		"read killable":  func() { _ = s.DownReadKillable(k); s.UpRead(k) },
		"read trylock":   func() { s.DownReadTrylock(k); s.UpRead(k) },
		"write":          func() { s.DownWrite(k); s.UpWrite(k) },
		"write killable": func() { _ = s.DownWriteKillable(k); s.UpWrite(k) },
		"downgrade":      func() { s.DownWrite(k); s.DowngradeWrite(k); s.UpRead(k) },
		"queue and give up": func() { // a killed task queues, but does not sleep
			s.DownWrite(holder)
			k.Kill()
			if s.DownReadKillable(k) == nil || s.DownWriteKillable(k) == nil {
				t.Error("a killed task got a lock that was held")
			}
			k.ClearSignal()
			s.UpWrite(holder)
		},
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	checkFree(t, &s)
}
