package rwsem

import (
	"testing"
	"testing/synctest"
	"time"
)

// overtaken makes a queued writer lose the lock to a stealing reader: the
// writer was woken, but the reader is there before it runs. False if the
// scheduler let the writer run first.
func overtaken(s *RWSem, holder, reader *actor) bool {
	if holder != nil {
		s.UpWrite(holder.Task)
	}
	steals := reader.Waits.ReadSteals
	if !s.DownReadTrylock(reader.Task) { // fails: somebody queues
		s.DownRead(reader.Task)
	}
	return reader.Waits.ReadSteals > steals
}

func TestReaderSteals(t *testing.T) {
	for range 100 {
		stolen := false
		bubble(t, func(t *testing.T, s *RWSem) {
			a := newActors(t, 4)
			a[0].downWrite(s)
			synctest.Wait()
			a[1].downWrite(s)
			synctest.Wait()
			a[2].downRead(s)
			wantBusy(t, "queue W R", a, "-ww-")
			a[3].start(func() { stolen = overtaken(s, a[0], a[3]) })
			synctest.Wait()
			if !stolen {
				s.UpWrite(a[1].Task)
				synctest.Wait()
			} else {
				wantBusy(t, "the writer lost", a, "-ww-")
			}
			s.UpRead(a[3].Task)
			synctest.Wait()
			if stolen {
				s.UpWrite(a[1].Task)
				synctest.Wait()
			}
			s.UpRead(a[2].Task)
		})
		if stolen {
			return
		}
	}
	t.Error("no reader stole the lock in 100 attempts")
}

// A writer that is overtaken after it has queued for 4 ms asks for a hand-off,
// after which nobody overtakes it.
func TestHandoffToWriter(t *testing.T) {
	for range 100 {
		done := false
		bubble(t, func(t *testing.T, s *RWSem) {
			a := newActors(t, 4)
			a[0].downWrite(s)
			synctest.Wait()
			a[1].downWrite(s)
			synctest.Wait()
			time.Sleep(time.Duration(handoffAfter) + 1)
			var stolen bool
			a[2].start(func() { stolen = overtaken(s, a[0], a[2]) })
			synctest.Wait()
			if !stolen {
				s.UpWrite(a[1].Task)
				synctest.Wait()
				s.UpRead(a[2].Task)
				return
			}
			if s.count.Load()&handoff == 0 || a[1].Waits.Handoffs != 1 {
				t.Fatalf("count %#x: no hand-off asked for after 4 ms", s.count.Load())
			}
			a[3].start(func() { // the holder leaves and comes back at once
				s.UpRead(a[2].Task)
				s.DownRead(a[3].Task)
			})
			wantBusy(t, "handed off", a, "---w")
			if !s.IsWriteLocked() || s.count.Load()&handoff != 0 {
				t.Errorf("count %#x: want the writer to have it and the request gone", s.count.Load())
			}
			s.UpWrite(a[1].Task)
			wantBusy(t, "after the writer", a, "----")
			s.UpRead(a[3].Task)
			done = true
		})
		if done {
			return
		}
	}
	t.Error("no writer was overtaken in 100 attempts")
}

// Before its 4 ms are over an overtaken writer asks for nothing.
func TestNoEarlyHandoff(t *testing.T) {
	bubble(t, func(t *testing.T, s *RWSem) {
		a := newActors(t, 2)
		a[0].downRead(s)
		synctest.Wait()
		a[1].downWrite(s)
		synctest.Wait()
		time.Sleep(time.Duration(handoffAfter) - 1)
		a[1].Unpark() // as a wake-up that came too late to be of use
		wantBusy(t, "held", a, "-w")
		if s.count.Load()&handoff != 0 {
			t.Error("hand-off asked for before 4 ms")
		}
		time.Sleep(2 * time.Nanosecond)
		a[1].Unpark()
		wantBusy(t, "held", a, "-w")
		if s.count.Load()&handoff == 0 {
			t.Error("no hand-off asked for after 4 ms")
		}
		s.UpRead(a[0].Task)
		synctest.Wait()
		s.UpWrite(a[1].Task)
	})
}

// A reader first in the queue asks for a hand-off too, when a waker finds that
// another writer was quicker.
func TestHandoffToReader(t *testing.T) {
	bubble(t, func(t *testing.T, s *RWSem) {
		a := newActors(t, 3)
		a[0].downWrite(s)
		synctest.Wait()
		a[1].downRead(s)
		synctest.Wait()
		before := s.count.Load()
		s.wake(a[2].Task, wakeAny)
		if s.count.Load() != before {
			t.Fatalf("count %#x after a wake-up in vain, want %#x", s.count.Load(), before)
		}
		time.Sleep(time.Duration(handoffAfter) + 1)
		s.wake(a[2].Task, wakeAny)
		if s.count.Load() != before|handoff {
			t.Fatalf("count %#x, want %#x", s.count.Load(), before|handoff)
		}
		s.UpWrite(a[0].Task)
		if s.tryWriteUnqueued(a[2].Task) {
			t.Fatal("a spinner went past a hand-off")
		}
		wantBusy(t, "granted", a, "---")
		s.UpRead(a[1].Task)
	})
}
