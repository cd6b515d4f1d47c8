package rwsem

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vmabench/internal/atomic"
)

// model is the semaphore as a specification of states at rest, without
// spinning: every task has the lock, queues for it, or neither.
type model struct {
	batch   int
	limit   int64
	now     int64
	readers []int
	writer  int // -1 if none
	queue   []modelWaiter
	handoff bool
}

type modelWaiter struct {
	id    int
	write bool
	since int64
}

func (m *model) free() bool { return m.writer < 0 && len(m.readers) == 0 }

func (m *model) lock(id int, write bool) {
	switch {
	case len(m.queue) > 0 || m.writer >= 0 || write && !m.free():
		m.queue = append(m.queue, modelWaiter{id, write, m.now})
		if m.writer < 0 && len(m.queue) > 1 {
			m.admitReaders() // a reader may stand first after a full batch
		}
	case write:
		m.writer = id
	default:
		m.readers = append(m.readers, id)
	}
}

func (m *model) unlock(id int) {
	if m.writer == id {
		m.writer = -1
	} else {
		m.readers = slices.DeleteFunc(m.readers, func(r int) bool { return r == id })
	}
	if m.free() {
		m.wake()
	}
}

func (m *model) downgrade() {
	m.readers, m.writer = []int{m.writer}, -1
	m.admitReaders()
}

func (m *model) kill(id int) {
	i := slices.IndexFunc(m.queue, func(w modelWaiter) bool { return w.id == id })
	if w := m.queue[i]; w.write && m.now-w.since > m.limit {
		m.handoff = true // it tries once more before it looks at the signal
	}
	m.queue = slices.Delete(m.queue, i, i+1)
	if len(m.queue) == 0 {
		m.handoff = false
	} else if i == 0 {
		m.wake()
	}
}

// wake gives the first in the queue its chance.
func (m *model) wake() {
	if len(m.queue) == 0 {
		return
	}
	first := m.queue[0]
	late := m.now-first.since > m.limit
	switch {
	case !first.write && m.writer < 0:
		m.admitReaders()
	case first.write && m.free():
		m.writer, m.handoff = first.id, false
		m.queue = m.queue[1:]
	case late:
		m.handoff = true
	}
}

// admitReaders lets the queued readers in if one stands first.
func (m *model) admitReaders() {
	if len(m.queue) == 0 || m.queue[0].write {
		return
	}
	n := 0
	m.queue = slices.DeleteFunc(m.queue, func(w modelWaiter) bool {
		if w.write || n == m.batch {
			return false
		}
		m.readers = append(m.readers, w.id)
		n++
		return true
	})
	m.handoff = false
}

// count is the word that the model's state must show.
func (m *model) count() int64 {
	c := int64(len(m.readers)) * readerBias
	if m.writer >= 0 {
		c |= writerLocked
	}
	if len(m.queue) > 0 {
		c |= hasWaiters
	}
	if m.handoff {
		c |= handoff
	}
	return c
}

func (m *model) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "writer %d readers %v queue", m.writer, m.readers)
	for _, w := range m.queue {
		fmt.Fprintf(&b, " %d(write %v)", w.id, w.write)
	}
	fmt.Fprintf(&b, " handoff %v", m.handoff)
	return b.String()
}

// holderStep is a step of actor i if it has the lock or waits for it: it lets it
// go, or is killed. "" if it does neither.
func holderStep(r *rand.Rand, m *model, s *RWSem, i int, x *actor) string {
	switch {
	case m.writer == i && r.IntN(3) == 0:
		s.DowngradeWrite(x.Task)
		m.downgrade()
		return "downgrade"
	case m.writer == i:
		s.UpWrite(x.Task)
		m.unlock(i)
		return "up_write"
	case slices.Contains(m.readers, i):
		s.UpRead(x.Task)
		m.unlock(i)
		return "up_read"
	case x.busy:
		x.Kill()
		synctest.Wait()
		x.ClearSignal()
		m.kill(i)
		return "kill"
	}
	return ""
}

// TestModel does random operations one at a time and compares the semaphore at
// rest with the model: who has it, who queues in which order, and the word.
func TestModel(t *testing.T) {
	const tasks, steps = 7, 400
	procs(t, 1)
	limits(t, handoffAfter, 2, spinTurns)
	saw := map[string]bool{}
	for seed := range uint64(30) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			m := &model{batch: maxReaderBatch, limit: handoffAfter, writer: -1}
			var s RWSem
			a := newActors(t, tasks)
			var log []string
			step := func(i int) string {
				if what := holderStep(r, m, &s, i, a[i]); what != "" {
					return what
				}
				return lockStep(t, r, m, &s, i, a[i])
			}
			for range steps {
				if r.IntN(10) == 0 {
					time.Sleep(time.Duration(handoffAfter) * 2 / 3)
					m.now += handoffAfter * 2 / 3
				}
				i := r.IntN(tasks)
				what := step(i)
				log = append(log, fmt.Sprintf("%d %s", i, what))
				saw[what] = true
				saw["handoff"] = saw["handoff"] || m.handoff
				synctest.Wait()
				if err := compare(m, &s, a); err != nil {
					t.Fatalf("seed %d: %v\nmodel: %v\nsteps: %s", seed, err, m, strings.Join(log, ", "))
				}
			}
			for !m.free() || len(m.queue) > 0 {
				for i := range a {
					if m.writer == i || slices.Contains(m.readers, i) {
						step(i)
						synctest.Wait()
					}
				}
			}
			checkFree(t, &s)
		})
	}
	for _, w := range []string{"downgrade", "up_write", "up_read", "kill", "handoff",
		"down_read", "down_write", "read_trylock true", "read_trylock false", "write_trylock true", "write_trylock false"} {
		if !saw[w] {
			t.Errorf("never saw %s", w)
		}
	}
}

// lockStep lets idle task i ask for the lock in one of four ways.
func lockStep(t *testing.T, r *rand.Rand, m *model, s *RWSem, i int, x *actor) string {
	can := len(m.queue) == 0 && m.writer < 0
	switch r.IntN(6) {
	case 0:
		ok := s.DownReadTrylock(x.Task)
		if ok != can {
			t.Fatalf("read trylock %v; model: %v", ok, m)
		}
		if ok {
			m.lock(i, false)
		}
		return fmt.Sprint("read_trylock ", ok)
	case 1:
		ok := s.DownWriteTrylock(x.Task)
		if ok != (can && m.free()) {
			t.Fatalf("write trylock %v; model: %v", ok, m)
		}
		if ok {
			m.lock(i, true)
		}
		return fmt.Sprint("write_trylock ", ok)
	case 2, 3:
		x.downWriteKillable(s)
		m.lock(i, true)
		return "down_write"
	}
	x.downReadKillable(s)
	m.lock(i, false)
	return "down_read"
}

func compare(m *model, s *RWSem, a []*actor) error {
	if c := s.count.Load(); c != m.count() {
		return fmt.Errorf("count %#x, want %#x", c, m.count())
	}
	i := 0
	for x := s.waiters.first(); x != nil; x = x.Waiter.Next.Get() {
		if i >= len(m.queue) || a[m.queue[i].id].Task != x || m.queue[i].write != x.Waiter.Write.Get() {
			return fmt.Errorf("queue differs at place %d", i)
		}
		i++
	}
	if i != len(m.queue) {
		return fmt.Errorf("%d queue, want %d", i, len(m.queue))
	}
	for j, x := range a {
		queues := slices.ContainsFunc(m.queue, func(w modelWaiter) bool { return w.id == j })
		if x.busy != queues {
			return fmt.Errorf("task %d waits: %v, want %v", j, x.busy, queues)
		}
	}
	if o, reader := s.Owner(); m.writer >= 0 && (reader || o != a[m.writer].Task) {
		return fmt.Errorf("owner is %s, want writer %d", name(o, reader), m.writer)
	}
	return nil
}

func name(o *atomic.Task, reader bool) string {
	if o == nil {
		return "unknown"
	}
	return fmt.Sprintf("task %d (reader %v)", o.ID(), reader)
}
