package rwsem

import (
	"testing"
	"testing/synctest"

	"vmabench/vmm"
)

// bubble runs f in a bubble without spinning: each operation either is done or
// sleeps when synctest.Wait returns.
func bubble(t *testing.T, f func(t *testing.T, s *RWSem)) {
	procs(t, 1)
	synctest.Test(t, func(t *testing.T) {
		var s RWSem
		f(t, &s)
		synctest.Wait()
		checkFree(t, &s)
	})
}

// wantBusy fails the test unless exactly those actors wait whose letter in
// want is 'w'.
func wantBusy(t *testing.T, when string, as []*actor, want string) {
	t.Helper()
	synctest.Wait()
	got := make([]byte, len(as))
	for i, a := range as {
		got[i] = '-'
		if a.busy {
			got[i] = 'w'
		}
	}
	if string(got) != want {
		t.Fatalf("%s: waiting %s, want %s", when, got, want)
	}
}

func TestWritersAreFIFO(t *testing.T) {
	bubble(t, func(t *testing.T, s *RWSem) {
		a := newActors(t, 4)
		for _, x := range a {
			x.downWrite(s)
			synctest.Wait()
		}
		wantBusy(t, "first holds", a, "-www")
		s.UpWrite(a[0].Task)
		wantBusy(t, "second holds", a, "--ww")
		s.UpWrite(a[1].Task)
		wantBusy(t, "third holds", a, "---w")
		s.UpWrite(a[2].Task)
		wantBusy(t, "fourth holds", a, "----")
		s.UpWrite(a[3].Task)
	})
}

// One queued waiter sends new readers to sleep and makes the trylocks fail.
func TestWaiterRepelsReaders(t *testing.T) {
	bubble(t, func(t *testing.T, s *RWSem) {
		a := newActors(t, 3)
		a[0].downRead(s)
		wantBusy(t, "a reader", a, "---")
		if s.IsContended() || s.Readers() != 1 || s.IsWriteLocked() {
			t.Error("one reader and no waiter look otherwise")
		}
		a[1].downWrite(s)
		wantBusy(t, "a writer queues", a, "-w-")
		if !s.IsContended() {
			t.Error("not contended with a queued writer")
		}
		if s.DownReadTrylock(a[2].Task) || s.DownWriteTrylock(a[2].Task) {
			t.Fatal("a trylock went past a waiter")
		}
		a[2].downRead(s)
		wantBusy(t, "a reader behind it", a, "-ww")
		s.UpRead(a[0].Task)
		wantBusy(t, "the writer's turn", a, "--w")
		if o, reader := s.Owner(); o != a[1].Task || reader {
			t.Errorf("owner is %v (reader %v), want the writer", o, reader)
		}
		s.UpWrite(a[1].Task)
		wantBusy(t, "the reader's turn", a, "---")
		s.UpRead(a[2].Task)
	})
}

// Readers wherever they stand in the queue get the lock together; the writers
// between them keep their place.
func TestReaderBatchSkipsWriters(t *testing.T) {
	bubble(t, func(t *testing.T, s *RWSem) {
		a := newActors(t, 6)
		a[0].downWrite(s)
		synctest.Wait()
		for i, x := range a[1:] {
			if i%2 == 0 {
				x.downRead(s)
			} else {
				x.downWrite(s)
			}
			synctest.Wait()
		}
		wantBusy(t, "queue R W R W R", a, "-wwwww")
		s.UpWrite(a[0].Task)
		wantBusy(t, "readers run", a, "--w-w-")
		if s.Readers() != 3 {
			t.Errorf("%d readers, want 3", s.Readers())
		}
		s.UpRead(a[1].Task)
		s.UpRead(a[3].Task)
		wantBusy(t, "one reader left", a, "--w-w-")
		s.UpRead(a[5].Task)
		wantBusy(t, "first writer", a, "----w-")
		s.UpWrite(a[2].Task)
		wantBusy(t, "second writer", a, "------")
		s.UpWrite(a[4].Task)
	})
}

func TestReaderBatchIsBounded(t *testing.T) {
	bubble(t, func(t *testing.T, s *RWSem) {
		a := newActors(t, maxReaderBatch+2)
		a[0].downWrite(s)
		synctest.Wait()
		for _, x := range a[1:] {
			x.downRead(s)
		}
		synctest.Wait()
		s.UpWrite(a[0].Task)
		synctest.Wait()
		if s.Readers() != maxReaderBatch || !s.IsContended() {
			t.Fatalf("%d readers at once, contended %v, want %d and one waiting",
				s.Readers(), s.IsContended(), maxReaderBatch)
		}
		var holders, waiting []*actor
		for _, x := range a[1:] {
			if x.busy {
				waiting = append(waiting, x)
			} else {
				holders = append(holders, x)
			}
		}
		for _, x := range holders {
			s.UpRead(x.Task) // the last lets the other in
		}
		wantBusy(t, "the next batch", waiting, "-")
		s.UpRead(waiting[0].Task)
	})
}

func TestDowngradeWakesReaders(t *testing.T) {
	bubble(t, func(t *testing.T, s *RWSem) {
		a := newActors(t, 4)
		a[0].downWrite(s)
		synctest.Wait()
		a[1].downRead(s)
		synctest.Wait()
		a[2].downWrite(s)
		synctest.Wait()
		a[3].downRead(s)
		wantBusy(t, "queue R W R", a, "-www")
		s.DowngradeWrite(a[0].Task)
		wantBusy(t, "downgraded", a, "--w-")
		if s.IsWriteLocked() || s.Readers() != 3 {
			t.Errorf("write-locked %v, %d readers, want 3 readers", s.IsWriteLocked(), s.Readers())
		}
		for _, i := range []int{0, 1, 3} {
			s.UpRead(a[i].Task)
		}
		wantBusy(t, "writer", a, "----")
		s.UpWrite(a[2].Task)
	})
}

// A downgrade with a writer first in the queue lets nobody in: D excludes D.
func TestDowngradeBeforeWriter(t *testing.T) {
	bubble(t, func(t *testing.T, s *RWSem) {
		a := newActors(t, 3)
		a[0].downWrite(s)
		synctest.Wait()
		a[1].downWrite(s)
		synctest.Wait()
		a[2].downRead(s)
		synctest.Wait()
		s.DowngradeWrite(a[0].Task)
		wantBusy(t, "downgraded", a, "-ww")
		s.UpRead(a[0].Task)
		wantBusy(t, "writer", a, "--w")
		s.UpWrite(a[1].Task)
		wantBusy(t, "reader", a, "---")
		s.UpRead(a[2].Task)
	})
}

// A killed waiter leaves the queue from any place and the others keep theirs.
func TestKill(t *testing.T) {
	for _, tt := range []struct {
		name   string
		writer bool // the lock is held by a writer
		kinds  string
		kill   int
		after  string // who waits after the kill, the holder first
	}{
		{"only reader", true, "r", 1, "--"},
		{"only writer", false, "w", 1, "--"},
		{"first", true, "rwr", 1, "--ww"},
		{"middle", true, "rwr", 2, "-w-w"},
		{"last", true, "rwr", 3, "-ww-"},
		{"first writer lets readers in", false, "wrr", 1, "----"},
		{"middle reader before readers", false, "wrr", 2, "-w-w"},
		{"first of two writers", false, "wwr", 1, "--ww"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, s *RWSem) {
				a := newActors(t, 1+len(tt.kinds))
				if tt.writer {
					a[0].downWrite(s)
				} else {
					a[0].downRead(s)
				}
				synctest.Wait()
				for i, k := range tt.kinds {
					if k == 'r' {
						a[i+1].downReadKillable(s)
					} else {
						a[i+1].downWriteKillable(s)
					}
					synctest.Wait()
				}
				a[tt.kill].Kill()
				wantBusy(t, "after the kill", a, tt.after)
				if err := a[tt.kill].err; err != vmm.EINTR {
					t.Fatalf("killed wait returned %v, want EINTR", err)
				}
				drain(t, s, a, tt.writer, tt.kinds, tt.kill)
			})
		})
	}
}

// drain releases the lock as long as somebody gets it, and checks that all do.
func drain(t *testing.T, s *RWSem, a []*actor, writer bool, kinds string, killed int) {
	t.Helper()
	if writer {
		s.UpWrite(a[0].Task)
	} else {
		s.UpRead(a[0].Task)
	}
	had := map[int]bool{killed: true}
	for range kinds {
		synctest.Wait()
		var holders []int // all of them, before a release lets others in
		for i := 1; i < len(a); i++ {
			if !a[i].busy && !had[i] {
				holders = append(holders, i)
			}
		}
		for _, i := range holders {
			had[i] = true
			if a[i].err != nil {
				t.Errorf("waiter %d: %v", i, a[i].err)
			}
			if kinds[i-1] == 'r' {
				s.UpRead(a[i].Task)
			} else {
				s.UpWrite(a[i].Task)
			}
		}
	}
	if len(had) != len(kinds) {
		t.Errorf("%d of %d waiters got the lock", len(had)-1, len(kinds)-1)
	}
}

// A fatal signal ends no wait that is not killable, and a free lock is taken
// in spite of one.
func TestKillOnlyKillableWaits(t *testing.T) {
	bubble(t, func(t *testing.T, s *RWSem) {
		a := newActors(t, 2)
		a[1].Kill()
		if err := s.DownWriteKillable(a[1].Task); err != nil {
			t.Fatalf("free lock: %v", err)
		}
		s.UpWrite(a[1].Task)
		a[0].downWrite(s)
		synctest.Wait()
		a[1].downRead(s)
		wantBusy(t, "killed, not killable", a, "-w")
		s.UpWrite(a[0].Task)
		wantBusy(t, "granted", a, "--")
		s.UpRead(a[1].Task)
	})
}

// The kernel lets another task release: what counts is the word.
func TestNonOwnerUnlock(t *testing.T) {
	bubble(t, func(t *testing.T, s *RWSem) {
		a := newActors(t, 3)
		s.DownRead(a[0].Task)
		s.UpRead(a[1].Task)
		s.DownWrite(a[0].Task)
		a[2].downWrite(s)
		wantBusy(t, "held", a, "--w")
		s.UpWrite(a[1].Task)
		wantBusy(t, "released by another", a, "---")
		s.UpWrite(a[2].Task)
	})
}

// No reader is woken where there are too many already.
func TestGuardBitWakesNobody(t *testing.T) {
	queued := func(s *RWSem) int {
		n := 0
		for x := s.waiters.first(); x != nil; x = x.Waiter.Next.Get() {
			n++
		}
		return n
	}
	bubble(t, func(t *testing.T, s *RWSem) {
		a := newActors(t, 2)
		a[0].downWrite(s)
		synctest.Wait()
		a[1].downRead(s)
		synctest.Wait()
		s.count.Add(guard)
		s.DowngradeWrite(a[0].Task)
		wantBusy(t, "guard bit set", a, "-w")
		if queued(s) != 1 {
			t.Error("the reader left the queue")
		}
		s.count.Add(guard) // wraps: the bit is off again
		s.UpRead(a[0].Task)
		wantBusy(t, "guard bit gone", a, "--")
		s.UpRead(a[1].Task)
	})
}

// The guard bit sends readers into the slow path, and there they sleep.
func TestGuardBit(t *testing.T) {
	bubble(t, func(t *testing.T, s *RWSem) {
		a := newActors(t, 2)
		s.DownRead(a[0].Task)
		s.count.Add(guard)
		if s.DownReadTrylock(a[1].Task) {
			t.Fatal("trylock with the guard bit set")
		}
		if s.owner.Load()&nonspinnable != 0 {
			t.Fatal("a failed trylock marks nobody")
		}
		c := s.count.Add(readerBias)
		s.downReadSlow(a[1].Task, c, false) // keeps its bias: nobody queues
		if s.owner.Load()&nonspinnable == 0 {
			t.Error("spinning goes on with the guard bit set")
		}
		s.count.Add(-guard - 2*readerBias)
	})
}
