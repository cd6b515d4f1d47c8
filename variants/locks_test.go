package variants_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"vmabench/internal/addrspace"
	"vmabench/internal/mm"
	"vmabench/variants"
	"vmabench/vmm"
)

// subject is one design's lock steps on an address space, and a second space of
// the same machine.
type subject struct {
	*testing.T
	design   string
	k        *vmm.Task
	s, other *addrspace.Space
}

// eachLock runs f once per design that has VMA locks.
func eachLock(t *testing.T, f func(b *subject)) {
	for _, d := range variants.All() {
		k := vmm.NewTask()
		m := d.New(vmm.Config{})
		s, other := addrspace.Of(m.NewVMM(k)), addrspace.Of(m.NewVMM(k))
		if !s.Rules.VMALocks {
			continue
		}
		t.Run(d.Name, func(t *testing.T) {
			f(&subject{t, d.Name, k, s, other})
			for _, s := range []*addrspace.Space{s, other} {
				if err := s.Check(k); err != nil {
					t.Error(err)
				}
			}
		})
		k.Release()
	}
}

var (
	here  = vmm.Range{Start: 0x100000, End: 0x104000}
	there = vmm.Range{Start: 0x200000, End: 0x204000}
)

// place makes a VMA in a write session of its own.
func (b *subject) place(s *addrspace.Space, r vmm.Range) *mm.VMA {
	s.WriteLock(b.k)
	v := s.Place(b.k, r, rw)
	s.WriteUnlock(b.k)
	return v
}

// TestHeld: a process that hangs can say who holds what.
func TestHeld(t *testing.T) {
	eachLock(t, func(b *subject) {
		says := func(want string) {
			b.Helper()
			if got := strings.Join(b.s.Held(), "; "); got != want {
				b.Errorf("%q, want %q", got, want)
			}
		}
		v := b.place(b.s, here)
		says("")
		b.s.WriteLock(b.k)
		says(fmt.Sprintf("mmap_lock is held for write by task %d", b.k.ID()))
		b.s.WriteUnlock(b.k)
		b.s.ReadLock(b.k)
		says(fmt.Sprintf("mmap_lock is held for read 1 times, at last by task %d", b.k.ID()))
		b.s.ReadUnlock(b.k)
		if got := b.s.Locks.Lookup(b.k, b.s.MM, here.Start); got != v {
			b.Fatal("the VMA is not to be had")
		}
		says(fmt.Sprintf("VMA %v has 1 readers", here))
		b.s.Locks.EndRead(b.k, v)
		says("")
	})
}

// TestWaits: it can also say who waits for what.
func TestWaits(t *testing.T) {
	eachLock(t, func(b *subject) {
		v := b.place(b.s, here)
		asleep := func(want string, wait func(*vmm.Task)) (ended chan struct{}) {
			k, ended := vmm.NewTask(), make(chan struct{})
			go func() { wait(k); close(ended) }()
			b.until("a task that "+want, func() bool { return b.s.Waits(k) == want })
			return ended
		}
		b.s.WriteLock(b.k)
		reader := asleep("waits to read mmap_lock", func(k *vmm.Task) { b.s.ReadLock(k); b.s.ReadUnlock(k) })
		writer := asleep("waits to write mmap_lock", func(k *vmm.Task) { b.s.WriteLock(k); b.s.WriteUnlock(k) })
		b.s.WriteUnlock(b.k)
		<-reader
		<-writer
		want := "waits to write a VMA"
		switch b.design {
		case "rwsem", "rwseminline", "rwsemmin":
			want = fmt.Sprintf("waits to write VMA %v", here)
		case "refcount", "twobit", "offset", "sketch":
		default:
			return // waits in a way of its own
		}
		if b.s.Locks.Lookup(b.k, b.s.MM, here.Start) != v {
			b.Fatal("the VMA is not to be had")
		}
		mapper := asleep(want, func(k *vmm.Task) {
			b.s.WriteLock(k)
			b.s.Locks.StartWrite(k, v)
			b.s.WriteUnlock(k)
		})
		b.s.Locks.EndRead(b.k, v)
		<-mapper
	})
}

func (b *subject) remove(s *addrspace.Space, v *mm.VMA) {
	s.WriteLock(b.k)
	s.Remove(b.k, v)
	s.WriteUnlock(b.k)
}

// startRead tries v as a walker of s would that found it a moment ago.
func (b *subject) startRead(v *mm.VMA) vmm.Event {
	b.s.MM.RCU.Lock(&b.k.Task)
	ev := b.s.Locks.StartRead(b.k, b.s.MM, v)
	if ev == vmm.Success {
		b.s.MM.RCU.Unlock(&b.k.Task)
	}
	return ev
}

func (b *subject) wantRead(v *mm.VMA, want vmm.Event) {
	b.Helper()
	if got := b.startRead(v); got != want {
		b.Fatalf("start_read = %v, want %v", got, want)
	}
}

// until waits for what another goroutine is about to do.
func (b *subject) until(what string, cond func() bool) {
	b.Helper()
	for end := time.Now().Add(10 * time.Second); !cond(); runtime.Gosched() {
		if time.Now().After(end) {
			b.Fatalf("after 10 s still not: %s", what)
		}
	}
}

func TestReadersShare(t *testing.T) {
	eachLock(t, func(b *subject) {
		v := b.place(b.s, here)
		b.wantRead(v, vmm.Success)
		b.wantRead(v, vmm.Success)
		if n := b.s.Locks.State(v).Readers; n != 2 {
			b.Errorf("%d readers, want 2", n)
		}
		b.s.Locks.EndRead(b.k, v)
		b.s.Locks.EndRead(b.k, v)
	})
}

// TestWriteSession: the write lock lasts until the session ends, is recursive,
// is per VMA, and nobody waits.
func TestWriteSession(t *testing.T) {
	eachLock(t, func(b *subject) {
		v, w := b.place(b.s, here), b.place(b.s, there)
		for _, downgrade := range []bool{false, true} {
			b.s.WriteLock(b.k)
			b.s.Locks.StartWrite(b.k, v)
			b.s.Locks.StartWrite(b.k, v)
			b.wantRead(v, vmm.AbortWriteLocked)
			b.wantRead(w, vmm.Success)
			b.s.Locks.EndRead(b.k, w)
			if !b.s.Locks.State(v).WriteLocked || b.s.Locks.State(w).WriteLocked {
				b.Error("write lock not where it should be")
			}
			if downgrade {
				b.s.Downgrade(b.k)
				// The order that is legal: mmap read, then a VMA read lock.
				b.wantRead(v, vmm.Success)
				b.s.Locks.EndRead(b.k, v)
				b.s.ReadUnlock(b.k)
			} else {
				b.s.WriteUnlock(b.k)
			}
			b.wantRead(v, vmm.Success)
			b.s.Locks.EndRead(b.k, v)
		}
	})
}

// TestWriterWaits: a writer waits for the reader inside, repels new ones
// meanwhile, and goes on when the last has left.
func TestWriterWaits(t *testing.T) {
	eachLock(t, func(b *subject) {
		v := b.place(b.s, here)
		b.wantRead(v, vmm.Success)
		done := make(chan bool)
		go func() {
			k := vmm.NewTask()
			defer k.Release()
			b.s.WriteLock(k)
			b.s.Locks.StartWrite(k, v)
			if n := b.s.Locks.State(v).Readers; n != 0 {
				b.Errorf("%d readers inside beside the writer", n)
			}
			b.s.WriteUnlock(k)
			close(done)
		}()
		b.until("a writer waits", func() bool { return b.s.Locks.State(v).WriterWaiting })
		b.wantRead(v, vmm.AbortWriterWaiting)
		select {
		case <-done:
			b.Error("the writer did not wait")
		default:
		}
		b.s.Locks.EndRead(b.k, v)
		<-done
		b.wantRead(v, vmm.Success)
		b.s.Locks.EndRead(b.k, v)
	})
}

// TestKilledWriter: a fatal signal ends a killable write lock, and leaves the
// lock as it was.
func TestKilledWriter(t *testing.T) {
	eachLock(t, func(b *subject) {
		v := b.place(b.s, here)
		b.wantRead(v, vmm.Success)
		k := vmm.NewTask()
		defer k.Release()
		got := make(chan error)
		go func() {
			b.s.WriteLock(k)
			err := b.s.Locks.StartWriteKillable(k, v)
			b.s.WriteUnlock(k)
			got <- err
		}()
		b.until("a writer waits", func() bool { return b.s.Locks.State(v).WriterWaiting })
		k.Kill()
		wantErr(b.T, <-got, vmm.EINTR)
		if st := b.s.Locks.State(v); st.WriterWaiting || st.Readers != 1 {
			b.Errorf("left behind: %+v", st)
		}
		b.wantRead(v, vmm.Success)
		b.s.Locks.EndRead(b.k, v)
		b.s.Locks.EndRead(b.k, v)
		b.s.WriteLock(b.k)
		b.s.Locks.StartWrite(b.k, v)
		b.s.WriteUnlock(b.k)
	})
}

// TestDetachedIsMissed: a walker that still holds a pointer to a VMA that was
// removed is told to look again.
func TestDetachedIsMissed(t *testing.T) {
	eachLock(t, func(b *subject) {
		v := b.place(b.s, here)
		b.remove(b.s, v) // under RCU the object is still there
		b.wantRead(v, vmm.Miss)
		if b.s.Locks.Lookup(b.k, b.s.MM, here.Start) != nil {
			b.Error("lookup found a removed VMA")
		}
	})
}

// TestRecycledElsewhere: the object of a removed VMA serves another mm. Only a
// design that frees without a grace period can meet that.
func TestRecycledElsewhere(t *testing.T) {
	eachLock(t, func(b *subject) {
		v := b.place(b.s, here)
		b.remove(b.s, v)
		w := b.place(b.other, there)
		if w != v {
			b.Skip("the object is not reused before a grace period")
		}
		b.wantRead(v, vmm.AbortForeignMM)
		if n := b.other.MM.Count.Load(); n != 1 {
			b.Errorf("the foreign mm's count is %d", n)
		}
		if st := b.other.Locks.State(w); st.Readers != 0 {
			b.Errorf("left behind: %+v", st)
		}
		b.remove(b.other, w)
	})
}

// TestRecycledHere: the object serves the same mm at another range; the caller
// finds out by the range.
func TestRecycledHere(t *testing.T) {
	eachLock(t, func(b *subject) {
		v := b.place(b.s, here)
		b.remove(b.s, v)
		if b.place(b.s, there) != v {
			b.Skip("the object is not reused before a grace period")
		}
		b.wantRead(v, vmm.Success)
		if v.Start.Get() != there.Start {
			b.Errorf("starts at %#x", v.Start.Get())
		}
		b.s.Locks.EndRead(b.k, v)
	})
}

// TestReadLockedUnderMmap: vma_start_read_locked, and a lookup, are legal under
// mmap read.
func TestReadLockedUnderMmap(t *testing.T) {
	eachLock(t, func(b *subject) {
		v := b.place(b.s, here)
		b.s.ReadLock(b.k)
		if !b.s.Locks.StartReadLocked(b.k, v) {
			b.Error("failed without a reason")
		}
		w := b.s.Locks.Lookup(b.k, b.s.MM, here.Start)
		if w != v {
			b.Error("lookup under mmap read failed")
		}
		b.s.ReadUnlock(b.k)
		b.s.Locks.EndRead(b.k, v)
		b.s.Locks.EndRead(b.k, w)
	})
}
