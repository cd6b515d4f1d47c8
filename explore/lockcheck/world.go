//go:build vmasim

package lockcheck

import (
	"fmt"

	"vmabench/explore"
	"vmabench/internal/addrspace"
	"vmabench/internal/atomic"
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// Where the scenarios' VMAs lie, a page each, not mergeable.
const (
	addrA vmm.Addr = 0x10000 + iota*0x10000
	addrB
	addrC
)

// world is an address space of one design and the steps that scenarios are
// made of.
type world struct {
	*explore.S
	machine vmm.Machine
	vmm     vmm.VMM
	space   *addrspace.Space
	locks   addrspace.Locks
	mm      *mm.MM
}

// newWorld returns an address space with VMAs at the addresses given.
func newWorld(s *explore.S, d vmm.Design, c vmm.Config, at ...vmm.Addr) *world {
	m := d.New(c)
	w := (&world{S: s, machine: m}).sibling()
	for _, a := range at {
		w.mapAt(s.Task(), a)
	}
	return w
}

// sibling returns another address space of the same machine.
func (w *world) sibling() *world {
	v := w.machine.NewVMM(w.Task())
	sp := addrspace.Of(v)
	return &world{S: w.S, machine: w.machine, vmm: v, space: sp, locks: sp.Locks, mm: sp.MM}
}

func (w *world) mapAt(t *vmm.Task, a vmm.Addr) {
	_, err := w.vmm.Mmap(t, a, vmm.PageSize, vmm.ProtRead|vmm.ProtWrite, vmm.MapFixed|vmm.MapShared, vmm.File{ID: 1, Off: uint64(a)})
	w.must(err)
}

func (w *world) mapPrivate(t *vmm.Task, a vmm.Addr) {
	_, err := w.vmm.Mmap(t, a, vmm.PageSize, vmm.ProtRead|vmm.ProtWrite, vmm.MapFixed, vmm.File{})
	w.must(err)
}

// at returns the VMA of a, for a holder of mmap_lock.
func (w *world) at(a vmm.Addr) *mm.VMA { return w.mm.Index.Find(a) }

// session runs f with mmap_lock held for write.
func (w *world) session(t *vmm.Task, f func()) {
	w.space.WriteLock(t)
	f()
	w.space.WriteUnlock(t)
}

// change write-locks v and writes to it. Every reader that is inside races.
func (w *world) change(t *vmm.Task, v *mm.VMA) {
	w.locks.StartWrite(t, v)
	touch(v)
}

func touch(v *mm.VMA) { v.Flags.Set(v.Flags.Get() ^ mm.FlagExec) }

// read is a reader section on the VMA of a; it reports whether it got in.
func (w *world) read(t *vmm.Task, a vmm.Addr) bool {
	v := w.locks.Lookup(t, w.mm, a)
	if v == nil {
		return false
	}
	w.inside(v, a)
	w.locks.EndRead(t, v)
	return true
}

// inside is what a reader may rely on, from its lock to its put.
func (w *world) inside(v *mm.VMA, a vmm.Addr) {
	v.Flags.Get()
	atomic.Assert(v.MM.Load() == w.mm, "I4: a reader's VMA belongs to another mm")
	atomic.Assert(v.Start.Get() <= a && a < v.End.Get(), "I4: a reader's VMA does not cover the address")
}

// drop takes the VMA of a out: write-locked, detached, unlinked, freed.
func (w *world) drop(t *vmm.Task, a vmm.Addr) {
	v := w.at(a)
	w.locks.StartWrite(t, v)
	w.locks.Detach(t, v)
	w.mm.Index.Store(vmm.Range{Start: a, End: a + vmm.PageSize}, nil)
	touch(v)
	w.locks.Free(t, v)
}

// add makes a VMA at a, write-locked until the session ends.
func (w *world) add(t *vmm.Task, a vmm.Addr) {
	v := w.locks.Alloc(t, w.mm)
	w.locks.StartWrite(t, v)
	v.Start.Set(a)
	v.End.Set(a + vmm.PageSize)
	v.Flags.Set(mm.FlagRead)
	w.locks.Attach(v)
	w.mm.Index.Store(vmm.Range{Start: a, End: a + vmm.PageSize}, v)
}

// idle checks, at the end, that nothing of the lock is left behind.
func (w *world) idle() {
	w.Check(func() error {
		if w.mm.Lock.IsLocked() || w.mm.Lock.IsContended() {
			return fmt.Errorf("I2: mmap_lock is left locked")
		}
		if w.mm.WriterWait.Load() != nil {
			return fmt.Errorf("I2: the writer's wait pointer is left")
		}
		var err error
		w.mm.Index.All(func(r vmm.Range, v *mm.VMA) bool {
			if st := w.locks.State(v); !st.Attached || st.WriterWaiting || st.Readers != 0 {
				err = fmt.Errorf("I2: the lock of %v is left as %+v", r, st)
			}
			return err == nil
		})
		return err
	})
}

// writers and readers add threads by role.
func (w *world) writer(f func(t *vmm.Task)) *vmm.Task { return w.Go("writer", f) }

func (w *world) readers(n int, a vmm.Addr) {
	for range n {
		w.Go("reader", func(t *vmm.Task) { w.read(t, a) })
	}
}
