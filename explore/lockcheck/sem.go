//go:build vmasim

package lockcheck

import (
	"fmt"

	"vmabench/explore"
	"vmabench/internal/atomic"
	"vmabench/internal/rwsem"
	"vmabench/vmm"
)

// sem is a rw_semaphore and what it protects.
type sem struct {
	rwsem.RWSem
	data atomic.Cell[int]
}

func newSem(s *explore.S) *sem {
	m := new(sem)
	atomic.Name(m, "sem")
	s.Check(func() error {
		if m.IsLocked() || m.IsContended() || !m.Idle() {
			return fmt.Errorf("I2: the semaphore is left locked or contended")
		}
		return nil
	})
	return m
}

func (m *sem) read(t *vmm.Task) {
	m.DownRead(&t.Task)
	m.data.Get()
	m.UpRead(&t.Task)
}

func (m *sem) write(t *vmm.Task) {
	m.DownWrite(&t.Task)
	m.data.Set(m.data.Get() + 1)
	m.UpWrite(&t.Task)
}

// wrote checks that the number of writes is n.
func (m *sem) wrote(s *explore.S, n int) {
	s.Check(func() error {
		if got := m.data.Get(); got != n {
			return fmt.Errorf("I1: %d writes of %d are left", got, n)
		}
		return nil
	})
}

// semList collects scenarios of the rw_semaphore alone.
type semList []Scenario

func (l *semList) add(name, checks, doc string, o explore.Options, body func(*explore.S, *sem)) *Scenario {
	*l = append(*l, Scenario{Name: name, Design: "mmap_lock", Doc: doc, Checks: checks, Options: o,
		Body: func(s *explore.S) { body(s, newSem(s)) }})
	return &(*l)[len(*l)-1]
}

// mix is so many writers and readers, each with one turn.
func mix(writers, readers int) func(*explore.S, *sem) {
	return func(s *explore.S, m *sem) {
		for range writers {
			s.Go("writer", m.write)
		}
		for range readers {
			s.Go("reader", m.read)
		}
		m.wrote(s, writers)
	}
}

var (
	plain  = explore.Options{}
	spin   = explore.Options{Spin: true}
	clocks = explore.Options{Clocks: true}
)

// semScenarios explore the rw_semaphore alone.
func semScenarios() []Scenario {
	var l semList
	l.mixes()
	l.ways()
	return append(l, killSemScenarios()...)
}

// mixes are writers and readers under each of the engine's options.
func (l *semList) mixes() {
	for _, n := range [][2]int{{1, 1}, {2, 0}, {1, 2}, {2, 1}, {3, 0}, {2, 2}} {
		sc := l.add(fmt.Sprintf("%dw%dr", n[0], n[1]), "I1 I2 I6", "writers and readers, asleep where they wait", plain, mix(n[0], n[1]))
		sc.Full = n[0]+n[1] > 3
	}
	for _, n := range [][2]int{{1, 1}, {2, 0}, {2, 1}, {3, 0}, {2, 2}} {
		sc := l.add(fmt.Sprintf("spin-%dw%dr", n[0], n[1]), "I1 I2 I6", "writers that spin before they sleep, past the queue", spin, mix(n[0], n[1]))
		sc.Long, sc.Full = n[0]+n[1] > 2, n[0] > 2 || n[0]+n[1] > 3
	}
	for _, n := range [][2]int{{2, 0}, {2, 1}} {
		sc := l.add(fmt.Sprintf("handoff-%dw%dr", n[0], n[1]), "I1 I2 I6", "any wait may have lasted 4 ms: hand-off", clocks, mix(n[0], n[1]))
		sc.Long = n[0]+n[1] > 2
	}
	l.add("batch", "I1 I2 I6", "readers woken in batches of one", plain, mix(1, 2)).Limits = rwsem.Limits{MaxReaderBatch: 1}
}

// ways are the other ways to take the lock and to let it go.
func (l *semList) ways() {
	l.add("grant-spin", "I1 I2 I6", "readers are granted together while a writer spins for the lock", spin, func(s *explore.S, m *sem) {
		m.DownWrite(&s.Task().Task)
		s.Go("holder", func(t *vmm.Task) { m.UpWrite(&t.Task) })
		s.Go("reader", m.read)
		s.Go("reader", m.read)
		s.Go("writer", m.write)
		m.wrote(s, 1)
	}).Full = true
	l.add("downgrade", "I1 I2 I6", "a writer turns reader beside a reader and a writer", plain, func(s *explore.S, m *sem) {
		s.Go("down", func(t *vmm.Task) {
			m.DownWrite(&t.Task)
			m.data.Set(m.data.Get() + 1)
			m.DowngradeWrite(&t.Task)
			m.data.Get()
			m.UpRead(&t.Task)
		})
		s.Go("writer", m.write)
		s.Go("reader", m.read)
		m.wrote(s, 2)
	})
	l.add("trylock", "I1 I2 I6", "tries succeed or leave no trace", plain, func(s *explore.S, m *sem) {
		s.Go("writer", m.write)
		s.Go("try-write", func(t *vmm.Task) {
			if m.DownWriteTrylock(&t.Task) {
				m.data.Set(m.data.Get())
				m.UpWrite(&t.Task)
			}
		})
		s.Go("try-read", func(t *vmm.Task) {
			if m.DownReadTrylock(&t.Task) {
				m.data.Get()
				m.UpRead(&t.Task)
			}
		})
		m.wrote(s, 1)
	})
}

// killSemScenarios kill a waiter: first, last or in the middle of the queue.
func killSemScenarios() []Scenario {
	var l semList
	type waiter struct {
		wait  func(*sem, *vmm.Task) error
		after func(*sem, *vmm.Task)
	}
	reader := waiter{func(m *sem, t *vmm.Task) error { return m.DownReadKillable(&t.Task) },
		func(m *sem, t *vmm.Task) { m.data.Get(); m.UpRead(&t.Task) }}
	writer := waiter{func(m *sem, t *vmm.Task) error { return m.DownWriteKillable(&t.Task) },
		func(m *sem, t *vmm.Task) { m.data.Set(1); m.UpWrite(&t.Task) }}
	kill := func(name, doc string, o explore.Options, w waiter, rest func(*explore.S, *sem)) *Scenario {
		return l.add(name, "I1 I2 I6 I7", doc, o, func(s *explore.S, m *sem) {
			victim := s.Go("victim", func(t *vmm.Task) {
				if w.wait(m, t) == nil {
					w.after(m, t)
				}
			})
			s.Go("signal", func(*vmm.Task) { victim.Kill() })
			rest(s, m)
		})
	}
	one := func(s *explore.S, m *sem) { s.Go("writer", m.write) }
	both := func(s *explore.S, m *sem) { s.Go("writer", m.write); s.Go("reader", m.read) }
	two := func(s *explore.S, m *sem) { s.Go("writer", m.write); s.Go("writer", m.write) }
	kill("kill-reader", "a reader is killed in the queue", plain, reader, one)
	kill("kill-writer", "a writer is killed in the queue", plain, writer, one)
	kill("kill-handoff", "a writer is killed that may have asked for a hand-off", clocks, writer, one)
	kill("kill-reader-queue", "the same between two writers", plain, reader, two).Long = true
	kill("kill-writer-queue", "the same before a reader, who must be woken then", plain, writer, both).Long = true
	return l
}
