package rwsem

import (
	"sync"
	stdatomic "sync/atomic"
	"testing"

	"vmabench/internal/atomic"
)

// BenchmarkRead compares a read pair with the two atomic instructions that it
// consists of and with the standard library's lock, one lock per goroutine
// (own) or one for all (same). Read the ratios within one run.
func BenchmarkRead(b *testing.B) {
	type pair struct {
		s     RWSem
		std   sync.RWMutex
		count stdatomic.Int64
		_     [64]byte
	}
	for _, sharing := range []string{"own", "same"} {
		for _, tt := range []struct {
			name string
			op   func(*pair, *atomic.Task)
		}{
			{"cas+xadd", func(p *pair, _ *atomic.Task) {
				for c := int64(0); !p.count.CompareAndSwap(c, c+readerBias); {
					c = p.count.Load()
				}
				p.count.Add(-readerBias)
			}},
			{"xadd+xadd", func(p *pair, _ *atomic.Task) { p.count.Add(readerBias); p.count.Add(-readerBias) }},
			{"trylock", func(p *pair, k *atomic.Task) { p.s.DownReadTrylock(k); p.s.UpRead(k) }},
			{"lock", func(p *pair, k *atomic.Task) { p.s.DownRead(k); p.s.UpRead(k) }},
			//lint:ignore SA2001 the pair is what is measured
			{"sync.RWMutex", func(p *pair, _ *atomic.Task) { p.std.RLock(); p.std.RUnlock() }},
		} {
			b.Run("sharing="+sharing+"/lock="+tt.name, func(b *testing.B) {
				shared := new(pair)
				b.RunParallel(func(pb *testing.PB) {
					p, k := shared, newTask(b)
					if sharing == "own" {
						p = new(pair)
					}
					for pb.Next() {
						tt.op(p, k)
					}
				})
			})
		}
	}
}

// BenchmarkMixed has one write in every hundred operations.
func BenchmarkMixed(b *testing.B) {
	var s RWSem
	var std sync.RWMutex
	for _, tt := range []struct {
		name        string
		read, write func(*atomic.Task)
	}{
		{"rwsem", func(k *atomic.Task) { s.DownRead(k); s.UpRead(k) },
			func(k *atomic.Task) { s.DownWrite(k); s.UpWrite(k) }},
		//lint:ignore SA2001 the pairs are what is measured
		{"sync.RWMutex", func(*atomic.Task) { std.RLock(); std.RUnlock() },
			//lint:ignore SA2001 the pairs are what is measured
			func(*atomic.Task) { std.Lock(); std.Unlock() }},
	} {
		b.Run("lock="+tt.name, func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				k := newTask(b)
				for i := 0; pb.Next(); i++ {
					if i%100 == 0 {
						tt.write(k)
					} else {
						tt.read(k)
					}
				}
			})
		})
	}
}
