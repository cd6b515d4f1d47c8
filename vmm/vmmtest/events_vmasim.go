//go:build vmasim

package vmmtest

import (
	"slices"
	"unsafe"

	"vmabench/internal/mm"
	"vmabench/vmm"
)

// mustReach are the lock events that a design can reach at all. A design that
// is not listed need only show those that every VMA lock has.
var mustReach = map[string][]vmm.Event{
	// Its trylock does not say why it failed, and RCU keeps a VMA that is
	// looked at from being recycled.
	"rwsem": {vmm.Success, vmm.AbortNoVMA, vmm.AbortWriteLocked, vmm.AbortWriterWaiting, vmm.AbortRange, vmm.Retry, vmm.Miss},
	"refcount": {vmm.Success, vmm.AbortNoVMA, vmm.AbortWriteLocked, vmm.AbortWriterWaiting, vmm.AbortLimit,
		vmm.AbortForeignMM, vmm.AbortRange, vmm.Retry, vmm.Miss},
	"": {vmm.Success, vmm.AbortNoVMA, vmm.AbortWriteLocked, vmm.Retry},
}

// scene is one deterministic way to an event, with the fault's right answer.
type scene struct {
	name   string
	config vmm.Config
	play   func(w *world, fault func(at vmm.Addr, access vmm.Access) *simThread)
	want   error
}

var scenes = []scene{
	{"nobody else", vmm.Config{}, sceneAlone, nil},
	{"nothing mapped", vmm.Config{}, sceneNothing, vmm.SEGV_MAPERR},
	{"a writer has the VMA", vmm.Config{}, sceneWriteLocked, nil},
	{"a writer waits for a reader", vmm.Config{}, sceneWriterWaits, nil},
	{"the VMA was cut under the lookup", vmm.Config{}, sceneCut, nil},
	{"the rest of the VMA was unmapped under the lookup", vmm.Config{}, sceneCutOff, nil},
	{"the VMA was unmapped under the lookup", vmm.Config{}, sceneUnmapped, vmm.SEGV_MAPERR},
	{"the object was recycled in the same mm", vmm.Config{}, sceneRecycledHere, vmm.SEGV_MAPERR},
	{"the object was recycled into another mm", vmm.Config{}, sceneRecycledThere, vmm.SEGV_MAPERR},
	{"the other mm exits around a stale reader", vmm.Config{}, sceneForeignExit, vmm.SEGV_MAPERR},
	{"the reader limit", vmm.Config{}, sceneLimit, nil},
	{"no anon_vma, mmap_lock held for write", vmm.Config{}, sceneAnon, nil},
	{"the page must be read", vmm.Config{Page: vmm.PageIO}, sceneIO, nil},
}

// checkEvents plays every scene: the fault's answer must be right in each, and
// together they must reach what the design can reach.
func checkEvents(d vmm.Design, _ Options) (vs []Violation) {
	var reached vmm.LockStats
	for _, sc := range scenes {
		found := newWorld(d, sc.config, func(w *world) {
			var err error
			var last *simThread
			sc.play(w, func(at vmm.Addr, access vmm.Access) *simThread {
				last = w.faulter("fault", w.v, at, access, &err)
				return last
			})
			w.expect(last, ended, "the fault")
			if err != sc.want {
				w.fail(WrongResult, "fault = %s, want %s", errText(err), errText(sc.want))
			}
			if e := w.v.Check(w.ctl); e != nil {
				w.fail(Invariant, "%v", e)
			}
			reached.Add(&last.task.Stats)
		})
		for i := range found {
			found[i].Detail = sc.name + ": " + found[i].Detail
		}
		vs = append(vs, found...)
	}
	must, known := mustReach[d.Name]
	if !known {
		must = mustReach[""]
	}
	for _, e := range must {
		if reached[e] == 0 {
			vs = append(vs, violation(Unreached, "%s was not reached", e)...)
		}
	}
	return vs
}

// counts accepts the access that would count a reader in a VMA: the first
// read-modify-write of the VMA, or of its lock object.
func counts(a access) bool {
	obj, _ := a.object()
	return obj != nil && a.op.RMW() && obj.isVMA()
}

type faultFunc = func(at vmm.Addr, access vmm.Access) *simThread

func sceneAlone(w *world, fault faultFunc) {
	w.expect(fault(simBase, vmm.AccessRead), ended, "the fault")
}

func sceneNothing(w *world, fault faultFunc) {
	w.expect(fault(simBase-vmm.PageSize, vmm.AccessRead), ended, "the fault")
}

func sceneWriteLocked(w *world, fault faultFunc) {
	holder := w.holdRow(lockRow{mmap: modeW, vma: modeW})
	w.expect(holder, stopped, "the writer")
	w.expect(fault(simBase, vmm.AccessRead), blocked, "a fault in a write-locked VMA")
	w.expect(holder, ended, "the writer")
}

func sceneWriterWaits(w *world, fault faultFunc) {
	reader := w.holdRow(lockRow{vma: modeR})
	w.expect(reader, stopped, "the reader")
	writer := w.holdRow(lockRow{mmap: modeW, vma: modeW})
	w.expect(writer, blocked, "a writer beside a reader")
	w.expect(fault(simBase, vmm.AccessRead), blocked, "a fault beside a waiting writer")
	w.expect(reader, ended, "the reader")
	w.expect(writer, stopped, "the writer, once the reader has left")
	w.expect(writer, ended, "the writer")
}

// stopped runs a fault until it is about to count itself in the VMA that it
// found.
func (w *world) stopAtCount(th *simThread) {
	if got := w.runUntil(th, counts); got != stopped {
		w.fail(Unreached, "a fault does not count itself in its VMA: %s", got)
	}
}

// other performs op on v in a thread of its own, to its end.
func (w *world) other(v vmm.VMM, op Op) {
	var r Result
	w.expect(w.thread("mapper", func(t *vmm.Task) { r = op.Do(v, t) }), ended, op.String())
	if r.Err != nil {
		w.fail(WrongResult, "%s = %s", op, errText(r.Err))
	}
}

func (w *world) unmap(v vmm.VMM, at vmm.Addr, pages uint64) {
	w.other(v, Op{Kind: Munmap, Addr: at, Len: pages << vmm.PageShift})
}

// sceneCut: the object stays with the part whose protection changes, and that is not
// the part of the fault.
func sceneCut(w *world, fault faultFunc) {
	th := fault(simBase, vmm.AccessRead)
	w.stopAtCount(th)
	w.other(w.v, Op{Kind: Mprotect, Addr: simBase + 2*vmm.PageSize, Len: (simPages - 2) * vmm.PageSize, Prot: vmm.ProtRead})
}

// sceneCutOff: an object goes with the part that is unmapped, so that a fault in what
// stays meets a detached VMA.
func sceneCutOff(w *world, fault faultFunc) {
	th := fault(simBase, vmm.AccessRead)
	w.stopAtCount(th)
	w.unmap(w.v, simBase+2*vmm.PageSize, simPages-2)
}

func sceneUnmapped(w *world, fault faultFunc) {
	th := fault(simBase, vmm.AccessRead)
	w.stopAtCount(th)
	w.unmap(w.v, simBase, simPages)
}

const elsewhere = simBase + 1<<30

func sceneRecycledHere(w *world, fault faultFunc) {
	sceneUnmapped(w, fault)
	w.other(w.v, Op{Kind: Mmap, Addr: elsewhere, Len: vmm.PageSize, Prot: vmm.ProtRead, Flags: vmm.MapFixed})
}

func sceneRecycledThere(w *world, fault faultFunc) {
	there := w.machine.NewVMM(w.ctl)
	sceneUnmapped(w, fault)
	w.other(there, Op{Kind: Mmap, Addr: simBase, Len: vmm.PageSize, Prot: vmm.ProtRead, Flags: vmm.MapFixed})
}

// sceneForeignExit lets the stale reader count itself in the other mm's VMA
// before that mm exits. The exit must wait for it, if the object really was
// recycled.
func sceneForeignExit(w *world, fault faultFunc) {
	there := w.machine.NewVMM(w.ctl)
	th := fault(simBase, vmm.AccessRead)
	w.stopAtCount(th)
	w.unmap(w.v, simBase, simPages)
	w.other(there, Op{Kind: Mmap, Addr: simBase, Len: vmm.PageSize, Prot: vmm.ProtRead, Flags: vmm.MapFixed})
	w.runUntil(th, func(access) bool { return true }) // it has counted itself
	exit := w.thread("exit", func(t *vmm.Task) { there.Exit(t) })
	recycled := w.run(exit) == blocked
	w.run(th)
	w.expect(exit, ended, "the other mm's exit")
	if th.task.Stats[vmm.AbortForeignMM] > 0 && !recycled {
		w.fail(NoExclusion, "an mm exited although a stale reader was counted in its VMA")
	}
}

// sceneLimit fills the count to its limit: as if by so many readers.
func sceneLimit(w *world, fault faultFunc) {
	word := w.lockWord("refcnt")
	if word == nil || !slices.Contains(mustReach[w.design], vmm.AbortLimit) {
		sceneAlone(w, fault)
		return
	}
	*word += readerLimit() - 1
	w.expect(fault(simBase, vmm.AccessRead), ended, "a fault at the reader limit")
	var err error
	move := w.thread("uffd", func(t *vmm.Task) { err = w.v.UffdMove(t, simBase, simBase+vmm.PageSize) })
	w.expect(move, ended, "uffdmove at the reader limit")
	if err != vmm.EAGAIN {
		w.fail(WrongResult, "uffdmove at the reader limit = %s, want EAGAIN", errText(err))
	}
	w.walkAtLimit()
	*word -= readerLimit() - 1
}

// walkAtLimit: a walk that cannot lock a VMA goes on under mmap_lock.
func (w *world) walkAtLimit() {
	var ms []vmm.Mapping
	var err error
	w.expect(w.thread("walk", func(t *vmm.Task) { ms, err = w.v.Maps(t, nil) }), ended, "a walk at the reader limit")
	if _, ok := covering(ms, simBase); err != nil || !ok {
		w.fail(WrongMaps, "a walk at the reader limit: %s, listed%s", errText(err), Result{Maps: ms}.Text(Maps))
	}
	if w.space().MM.Lock.IsLocked() {
		w.fail(WrongLock, "a walk at the reader limit left mmap_lock held")
	}
}

// readerLimit is the value above which the reference count does not go.
func readerLimit() uint32 {
	if mm.SeqMask == 7 { // the tiny build
		return 7
	}
	return 0x3fff_ffff
}

// lockWord returns the 32-bit field of that name in the VMA at simBase, nil if
// the design has none.
func (w *world) lockWord(name string) *uint32 {
	p := unsafe.Pointer(w.vma())
	obj, _ := w.find(p)
	if obj == nil {
		return nil
	}
	f, ok := obj.typ.FieldByName(name)
	if !ok {
		return nil
	}
	return (*uint32)(unsafe.Add(p, f.Offset))
}

// sceneAnon is a first write in a VMA while a mapper holds mmap_lock, but not
// this VMA: the fault may only try mmap_lock, fails, and starts again.
func sceneAnon(w *world, fault faultFunc) {
	w.must(w.mmap(w.v, elsewhere, 1))
	holder := w.hold(modeW)
	w.expect(holder, stopped, "the holder")
	w.expect(fault(elsewhere, vmm.AccessWrite), blocked, "a first write beside a mapper")
	w.expect(holder, ended, "the holder")
}

func sceneIO(w *world, fault faultFunc) {
	w.must(w.v.Madvise(w.ctl, simBase, vmm.PageSize, vmm.DontNeed))
	w.expect(fault(simBase, vmm.AccessRead), ended, "a fault that reads its page")
}

// checkLockRules are the rules of the lock steps that no table holds.
func checkLockRules(d vmm.Design, _ Options) (vs []Violation) {
	for _, rule := range []func(w *world){ruleSecondWrite, rulePopulate, ruleUnderMmapRead, ruleStartReadLocked, ruleForbiddenOrder} {
		vs = append(vs, newWorld(d, vmm.Config{}, rule)...)
	}
	return vs
}

// ruleSecondWrite: a second vma_start_write in one session does nothing.
func ruleSecondWrite(w *world) {
	s, v := w.space(), w.vma()
	s.WriteLock(w.ctl)
	s.Locks.StartWrite(w.ctl, v)
	writes := 0
	w.watch = func(a access) {
		if a.op.Writes() {
			writes++
		}
	}
	s.Locks.StartWrite(w.ctl, v)
	if err := s.Locks.StartWriteKillable(w.ctl, v); err != nil {
		w.fail(WrongResult, "a second vma_start_write_killable: %v", err)
	}
	w.watch = nil
	s.WriteUnlock(w.ctl)
	if writes > 0 {
		w.fail(WrongLock, "a second vma_start_write in a session writes %d times", writes)
	}
}

// rulePopulate: MAP_POPULATE faults its pages in under one hold of mmap_lock, after
// that of the mapping.
func rulePopulate(w *world) {
	const once = 4 // steps on mmap_lock's count: taken and released, for write and for read
	lock, steps := unsafe.Pointer(&w.space().MM.Lock), 0
	w.watch = func(a access) {
		if a.p == lock && a.op.Writes() {
			steps++
		}
	}
	_, err := w.v.Mmap(w.ctl, elsewhere, 8*vmm.PageSize, vmm.ProtRead|vmm.ProtWrite, vmm.MapFixed|vmm.MapPopulate, vmm.File{})
	w.watch = nil
	w.must(err)
	if steps > once {
		w.fail(WrongLock, "mmap of 8 pages with MAP_POPULATE takes %d steps on mmap_lock", steps)
	}
	for i := range vmm.Addr(8) {
		if !w.space().MM.Table.Lookup(elsewhere + i*vmm.PageSize).Present() {
			w.fail(WrongResult, "MAP_POPULATE left page %d out", i)
		}
	}
}

// ruleUnderMmapRead: lock_vma_under_rcu is legal under mmap_lock read, even if
// a writer already queues, because it never waits.
func ruleUnderMmapRead(w *world) {
	row := lockRow{mmap: modeR, vma: modeR}
	first := w.holdRow(lockRow{mmap: modeR})
	w.expect(first, stopped, "a reader of mmap_lock")
	writer := w.hold(modeW)
	w.expect(writer, blocked, "a writer behind it")
	s := w.space()
	inner := w.thread("inner", func(t *vmm.Task) {
		if v := s.Locks.Lookup(t, s.MM, simBase); v != nil {
			s.Locks.EndRead(t, v)
		}
	})
	w.expect(inner, ended, "lock_vma_under_rcu under mmap read, a writer queued")
	w.expect(first, ended, "the reader")
	w.expect(writer, stopped, "the writer")
	w.expect(writer, ended, "the writer")
	both := w.holdRow(row)
	w.expect(both, stopped, "mmap read, then the VMA read lock")
	w.expect(both, ended, "both put")
}

// ruleStartReadLocked: under mmap read it succeeds even where the VMA was
// write-locked a session ago, and keeps the next writer out.
func ruleStartReadLocked(w *world) {
	s, v := w.space(), w.vma()
	s.WriteLock(w.ctl)
	s.Locks.StartWrite(w.ctl, v)
	s.Downgrade(w.ctl)
	if !s.Locks.StartReadLocked(w.ctl, v) {
		w.fail(WrongLock, "vma_start_read_locked fails without contention")
	}
	s.ReadUnlock(w.ctl)
	writer := w.holdRow(lockRow{mmap: modeW, vma: modeW})
	w.expect(writer, blocked, "a writer beside vma_start_read_locked's reader")
	s.Locks.EndRead(w.ctl, v)
	w.expect(writer, stopped, "the writer, once the reader has left")
	w.expect(writer, ended, "the writer")
}

// ruleForbiddenOrder: waiting for mmap_lock with a VMA read lock held does
// deadlock beside a mapper, as the documents say; trying it does not.
func ruleForbiddenOrder(w *world) {
	s := w.space()
	wrong := w.thread("wrong", func(t *vmm.Task) {
		v := s.Locks.Lookup(t, s.MM, simBase)
		w.pause()
		if s.ReadTrylock(t) {
			panic("mmap_lock was tried successfully beside a writer")
		}
		s.ReadLock(t)
		s.Locks.EndRead(t, v)
	})
	w.expect(wrong, stopped, "the VMA reader")
	mapper := w.holdRow(lockRow{mmap: modeW, vma: modeW})
	w.expect(mapper, blocked, "a mapper beside it")
	if w.run(wrong) != blocked || w.run(mapper) != blocked || w.run(wrong) != blocked {
		w.fail(WrongLock, "the forbidden order did not deadlock: the locks exclude less than they must")
	}
}
