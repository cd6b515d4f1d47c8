//go:build vmasim

package manycore

import (
	"unsafe"

	"vmabench/internal/atomic"
)

// Threads runs n simulated threads of m and returns the simulation when all
// have ended.
func Threads(m *Machine, seed uint64, n int, body func(i int, t *atomic.Task)) (*Sim, error) {
	s := New(m, seed)
	tasks := make([]atomic.Task, n)
	for i := range tasks {
		t := &tasks[i]
		t.Init()
		defer t.Release()
		s.Go(t, func() { body(i, t) })
	}
	return s, s.Run()
}

// Elapsed returns the simulated nanoseconds until the last thread ended.
func (s *Sim) Elapsed() float64 {
	var end tick
	for _, th := range s.threads {
		end = max(end, th.now)
	}
	return float64(end) / ps
}

// alone is a word on a cache line, and a pair of lines, of its own.
type alone struct {
	_ [128 - unsafe.Sizeof(atomic.Uint64{})]byte
	v atomic.Uint64
	_ [128]byte
}

// Counter returns the nanoseconds that one of n CPUs needs for an add to a word
// that all of them add to.
func Counter(m *Machine, n int) (float64, error) {
	ops := max(200, 20000/n)
	c := new(alone)
	s, err := Threads(m, 1, n, func(int, *atomic.Task) {
		for range ops {
			c.v.Add(1)
		}
	})
	return s.Elapsed() / float64(ops), err
}

// ReadLock returns the nanoseconds that one of n CPUs needs to take and release for
// reading a lock that all of them so use, as a pthread rwlock does it: an add, then
// an exchange that is tried until it succeeds.
func ReadLock(m *Machine, n int) (float64, error) {
	ops := max(60, 6000/n)
	c := new(alone)
	s, err := Threads(m, 1, n, func(int, *atomic.Task) {
		for range ops {
			c.v.Add(1)
			for r := c.v.Load(); !c.v.CompareAndSwap(r, r-1); r = c.v.Load() {
			}
		}
	})
	return s.Elapsed() / float64(ops), err
}

// PingPong returns the one-way latency in nanoseconds between two CPUs at that
// distance: each waits for the other's write and answers it.
func PingPong(m *Machine, d Distance) (float64, error) {
	const rounds = 500
	pair := *m
	pair.Hold = 0 // nobody else wants the line
	c := new(alone)
	a, b := pairAt(m, d)
	s := New(&pair, 1)
	var tasks [2]atomic.Task
	for i := range tasks {
		t := &tasks[i]
		t.Init()
		defer t.Release()
		s.goOn([]int{a, b}[i], t, func() {
			for r := range rounds {
				for !c.v.CompareAndSwap(uint64(2*r+i), uint64(2*r+i+1)) {
				}
			}
		})
	}
	err := s.Run()
	return s.Elapsed() / (2 * rounds), err
}

// pairAt returns two CPUs at distance d.
func pairAt(m *Machine, d Distance) (int, int) {
	for b := range m.CPUs() {
		if m.Distance(0, b) == d {
			return 0, b
		}
	}
	return 0, 0
}

// ReadBurst returns the mean nanoseconds of one read by each of n-1 CPUs at the
// same moment of a line that the n-th has written.
func ReadBurst(m *Machine, n int) (float64, error) {
	c := new(alone)
	return bursts(m, n, func(i, round int) (waited bool) {
		if i == 0 {
			c.v.Store(uint64(round))
			return false
		}
		meet(round)
		c.v.Load()
		return true
	})
}

// Burst returns the mean nanoseconds of one write by each of n CPUs at the same
// moment to one line.
func Burst(m *Machine, n int) (float64, error) {
	c := new(alone)
	return bursts(m, n, func(_, round int) (waited bool) {
		meet(round)
		c.v.Add(1)
		return true
	})
}

const (
	burstRounds = 20
	burstNS     = 1_000_000 // a round, long enough for the last to be served
)

// meet waits for the round's moment.
func meet(round int) { atomic.Work(int64(round+1)*burstNS - atomic.Now()) }

// bursts returns the mean time after its moment at which what access does has been
// done, over all CPUs and rounds in which it says that it waited. The first round,
// which finds the line in no cache, does not count.
func bursts(m *Machine, n int, access func(i, round int) (waited bool)) (float64, error) {
	steady := *m
	steady.Jitter = 0.00002 // arrivals in random order, within 40 ns
	steady.Turbo = 0
	var waited, count int64
	_, err := Threads(&steady, 1, n, func(i int, _ *atomic.Task) {
		for round := range burstRounds {
			from := int64(round+1) * burstNS
			if access(i, round) && round > 0 {
				waited += max(0, atomic.Now()-from)
				count++
			}
			meet(round) // whoever did not wait
			atomic.Work(burstNS / 2)
		}
	})
	return float64(waited) / float64(max(1, count)), err
}
