package rwsem

import (
	"runtime"
	"sync"
	stdatomic "sync/atomic"
	"testing"
	"time"

	"vmabench/internal/atomic"
	"vmabench/vmm"
)

// crowd counts who is inside: 1 a reader, 10000 a writer. Any sum but n or
// 10000 shows that the lock let in whom it must not.
type crowd struct {
	inside stdatomic.Int64
	plain  int // written inside by writers: the race detector watches it

	twoReaders, kills, trylocks, downgrades stdatomic.Bool
}

const writerWeight = 10000

func (c *crowd) read(t *testing.T) {
	n := c.inside.Add(1)
	if n >= writerWeight {
		t.Errorf("a reader beside a writer: %d", n)
	}
	if n >= 2 {
		c.twoReaders.Store(true)
	}
	_ = c.plain
	runtime.Gosched()
	c.inside.Add(-1)
}

func (c *crowd) write(t *testing.T) {
	if n := c.inside.Add(writerWeight); n != writerWeight {
		t.Errorf("a writer beside others: %d", n)
	}
	c.plain++
	c.inside.Add(-writerWeight)
}

// member does every kind of operation in turn.
func (c *crowd) member(t *testing.T, s *RWSem, k *atomic.Task, i int) {
	switch i % 8 {
	case 0:
		s.DownWrite(k)
		c.write(t)
		s.UpWrite(k)
	case 1:
		s.DownWrite(k)
		c.write(t)
		c.inside.Add(1)
		s.DowngradeWrite(k)
		c.downgrades.Store(true)
		_ = c.plain
		c.inside.Add(-1)
		s.UpRead(k)
	case 2:
		if s.DownReadTrylock(k) {
			c.trylocks.Store(true)
			c.read(t)
			s.UpRead(k)
		}
	case 3:
		if err := s.DownWriteKillable(k); err == nil {
			c.write(t)
			s.UpWrite(k)
		} else if err == vmm.EINTR {
			c.kills.Store(true)
			k.ClearSignal()
		}
	case 4:
		if err := s.DownReadKillable(k); err == nil {
			c.read(t)
			s.UpRead(k)
		} else if err == vmm.EINTR {
			c.kills.Store(true)
			k.ClearSignal()
		}
	default:
		s.DownRead(k)
		c.read(t)
		s.UpRead(k)
	}
}

// TestStress runs until each thing that can happen has happened, and at least
// for some rounds.
func TestStress(t *testing.T) {
	for _, tt := range []struct {
		name           string
		procs, members int
		turns          int
	}{
		{"spinning", 2, 5, 1 << 15},
		{"short of patience", 4, 9, 8},
		{"one CPU", 1, 9, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			procs(t, tt.procs)
			limits(t, 20e3, 3, tt.turns)
			stress(t, tt.members, tt.procs > 1)
		})
	}
}

func stress(t *testing.T, members int, spins bool) {
	const round, minRounds = 250, 20
	var s RWSem
	var c crowd
	tasks := make([]*atomic.Task, members)
	for i := range tasks {
		tasks[i] = newTask(t)
	}
	seen := func() (missing []string) {
		var w atomic.WaitStats
		for _, k := range tasks {
			w.Parks += k.Waits.Parks
			w.ReadSteals += k.Waits.ReadSteals
			w.SpinLocks += k.Waits.SpinLocks
			w.Handoffs += k.Waits.Handoffs
		}
		for what, ok := range map[string]bool{
			"two readers at once":         c.twoReaders.Load(),
			"a killed wait":               c.kills.Load(),
			"a trylock that succeeds":     c.trylocks.Load(),
			"a downgrade":                 c.downgrades.Load(),
			"a sleep":                     w.Parks > 0,
			"a reader that steals":        w.ReadSteals > 0,
			"a hand-off":                  w.Handoffs > 0,
			"a write lock won by waiting": w.SpinLocks > 0 || !spins,
		} {
			if !ok {
				missing = append(missing, what)
			}
		}
		return missing
	}
	end := time.Now().Add(30 * time.Second)
	for n := 0; n < minRounds || len(seen()) > 0; n++ {
		if time.Now().After(end) {
			t.Fatalf("in 30 s never saw %q", seen())
		}
		var wg sync.WaitGroup
		for i, k := range tasks {
			wg.Go(func() {
				for j := range round {
					if j%50 == 49 {
						tasks[(i+1)%members].Kill()
					}
					c.member(t, &s, k, i+j*(i+1)+n)
				}
			})
		}
		wg.Wait()
		checkFree(t, &s)
		if t.Failed() {
			return
		}
	}
}
