package rwsem

import (
	"sync"
	"testing"
	"unsafe"

	"vmabench/internal/atomic"
)

func TestSmoke(t *testing.T) {
	if unsafe.Sizeof(RWSem{}) != 40 {
		t.Fatal(unsafe.Sizeof(RWSem{}))
	}
	var s RWSem
	var v int
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			var k atomic.Task
			k.Init()
			defer k.Release()
			for j := range 20000 {
				switch (i + j) % 5 {
				case 0:
					s.DownWrite(&k)
					v++
					if j%3 == 0 {
						s.DowngradeWrite(&k)
						_ = v
						s.UpRead(&k)
					} else {
						s.UpWrite(&k)
					}
				default:
					s.DownRead(&k)
					_ = v
					s.UpRead(&k)
				}
			}
			t.Logf("%+v", k.Waits)
		}()
	}
	wg.Wait()
	if c := s.count.Load(); c != 0 || s.osq.Load() != 0 {
		t.Fatalf("%#x", c)
	}
}
