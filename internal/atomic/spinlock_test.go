package atomic

import (
	"sync"
	"testing"
)

func TestSpinLock(t *testing.T) {
	const tasks, rounds = 4, 5000
	var l SpinLock
	var plain Cell[int]
	var wg sync.WaitGroup
	for i := range tasks {
		k := newTask(t)
		wg.Go(func() {
			for n := range rounds {
				if (n+i)%4 != 0 || !l.TryLock() {
					l.Lock(k)
				}
				plain.Set(plain.Get() + 1)
				if n%64 == 0 {
					Yield()
				}
				l.Unlock()
			}
		})
	}
	wg.Wait()
	if got := plain.Get(); got != tasks*rounds {
		t.Errorf("counted %d under the lock, want %d", got, tasks*rounds)
	}
	if l.Locked() || !l.TryLock() || l.TryLock() || !l.Locked() {
		t.Error("a free lock is taken, or a taken one is free")
	}
}
