//go:build vmasim

package vmmtest

import (
	"fmt"

	"vmabench/internal/addrspace"
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// simChecks are the checks that switch threads at a chosen access.
func simChecks() []check {
	return []check{
		{"sim-readers-overlap", checkReadersOverlap, nil},
		{"sim-exclusion-matrix", checkExclusionMatrix, hasSteps},
		{"sim-lock-states", checkLockStates, hasSteps},
		{"sim-events", checkEvents, hasVMALocks},
		{"sim-lock-rules", checkLockRules, hasVMALocks},
		{"sim-asserts", checkAsserts, hasVMALocks},
		{"sim-killed-waiter", checkKilledWaiter, hasSteps},
		{"sim-fields", checkFields, hasSteps},
		{"sim-preempt", checkPreempt, nil},
		{"sim-walk", checkWalkPreempt, nil},
	}
}

// simBase is where a world's mapping lies.
const simBase = vmm.Addr(0x2000_0000)

// world is a simulation with one address space of a design, in it one mapping
// of simPages resident pages at simBase.
type world struct {
	*sched
	design  string
	machine vmm.Machine
	v       vmm.VMM
	ctl     *vmm.Task // the controller's own task
	vs      []Violation
}

const simPages = 4

// newWorld runs body in a world and returns what it found; a panic of a thread
// is a finding too.
func newWorld(d vmm.Design, c vmm.Config, body func(w *world)) (vs []Violation) {
	w := &world{design: d.Name}
	defer func() {
		if e := recover(); e != nil {
			vs = append(w.vs, violation(WrongResult, "panic: %v", e)...)
		}
	}()
	simulate(func(s *sched) {
		w.sched, w.ctl = s, vmm.NewTask()
		defer w.ctl.Release()
		w.machine = d.New(c)
		w.v = w.machine.NewVMM(w.ctl)
		w.must(w.mmap(w.v, simBase, simPages))
		for i := range vmm.Addr(simPages) {
			w.must(w.v.Fault(w.ctl, simBase+i<<vmm.PageShift, vmm.AccessWrite))
		}
		body(w)
		for _, a := range s.asserts {
			w.fail(Invariant, "assertion failed: %s", a)
		}
	})
	return w.vs
}

func (w *world) mmap(v vmm.VMM, at vmm.Addr, pages uint64) error {
	_, err := v.Mmap(w.ctl, at, pages<<vmm.PageShift, vmm.ProtRead|vmm.ProtWrite, vmm.MapFixed, vmm.File{})
	return err
}

func (w *world) fail(kind, format string, args ...any) {
	w.vs = append(w.vs, violation(kind, format, args...)...)
}

func (w *world) must(err error) {
	if err != nil {
		panic(fmt.Sprintf("setting the scene: %v", err))
	}
}

// space returns the design's lock steps.
func (w *world) space() *addrspace.Space { return addrspace.Of(w.v) }

// lockSteps reports whether d is built on internal/addrspace, and whether it
// has VMA locks.
func lockSteps(d vmm.Design) (steps, vmaLocks bool) {
	t := vmm.NewTask()
	defer t.Release()
	s := addrspace.Of(d.New(vmm.Config{}).NewVMM(t))
	return s != nil, s != nil && s.Rules.VMALocks
}

// ranges returns the design's range lock, nil if it has none.
func (w *world) ranges() addrspace.RangeLocker {
	r, _ := w.space().Locks.(addrspace.RangeLocker)
	return r
}

func hasSteps(d vmm.Design) bool    { steps, _ := lockSteps(d); return steps }
func hasVMALocks(d vmm.Design) bool { _, locks := lockSteps(d); return locks }

func hasRanges(d vmm.Design) bool {
	t := vmm.NewTask()
	defer t.Release()
	s := addrspace.Of(d.New(vmm.Config{}).NewVMM(t))
	return s != nil && s.Rules.RangeLocks
}

// vma returns the VMA at simBase.
func (w *world) vma() *mm.VMA { return w.space().MM.Index.Find(simBase) }

// expect runs th and fails unless it ends as wanted.
func (w *world) expect(th *simThread, want state, what string) bool {
	if got := w.run(th); got != want {
		w.fail(kindOfState(want, got), "%s: %s, want %s", what, got, want)
		return false
	}
	return true
}

// kindOfState names what it means that a thread got to one state instead of
// another.
func kindOfState(want, got state) string {
	if got == blocked {
		return Deadlock
	}
	if want == blocked {
		return NoExclusion
	}
	return WrongResult
}

// faulter is a thread with one fault; its error is put into err.
func (w *world) faulter(name string, v vmm.VMM, at vmm.Addr, access vmm.Access, err *error) *simThread {
	*err = vmm.Errno(0)
	return w.thread(name, func(t *vmm.Task) { *err = v.Fault(t, at, access) })
}

// checkReadersOverlap stops a fault on a resident page in front of each of its
// accesses in turn and lets another run: it must never have to wait. (A lock
// that is not the kernel's may have a spin lock inside, and a range lock has:
// there it is a sleep that counts.)
func checkReadersOverlap(d vmm.Design, _ Options) []Violation {
	steps := hasSteps(d)
	for k := 1; ; k++ {
		last := false
		vs := newWorld(d, vmm.Config{}, func(w *world) {
			const far = simBase + 8<<20 // in the same VMA, under another page table's lock
			w.must(w.v.Munmap(w.ctl, simBase, simPages<<vmm.PageShift))
			w.must(w.mmap(w.v, simBase, uint64(far-simBase)>>vmm.PageShift+1))
			w.must(w.v.Fault(w.ctl, simBase, vmm.AccessWrite))
			w.must(w.v.Fault(w.ctl, far, vmm.AccessWrite))
			var errA, errB error
			n := 0
			a := w.faulter("A", w.v, simBase, vmm.AccessRead, &errA)
			last = w.runUntil(a, func(access) bool { n++; return n == k }) == ended
			b := w.faulter("B", w.v, far, vmm.AccessRead, &errB)
			if w.run(b) != ended && (steps && w.ranges() == nil || !b.task.OnCPU()) {
				w.fail(ReadersBlock, "a fault waits while another is in front of its access %d", k)
				return
			}
			w.expect(a, ended, "the stopped fault")
			w.expect(b, ended, "the fault beside it")
			if errA != nil || errB != nil {
				w.fail(WrongResult, "faults = %s, %s", errText(errA), errText(errB))
			}
		})
		if len(vs) > 0 || last {
			return vs
		}
	}
}

// checkKilledWaiter: a task that is killed while it waits for mmap_lock, or for a
// range above it, leaves with EINTR, and the address space is as before.
func checkKilledWaiter(d vmm.Design, _ Options) (vs []Violation) {
	vs = killWaiters(d, lockRow{mmap: modeW})
	vs = append(vs, killWaiters(d, lockRow{vma: modeW})...)
	return append(vs, newWorld(d, vmm.Config{}, killFork)...)
}

// killWaiters kills what waits for a holder of the row's locks; of VMAs or ranges
// only who waits for it killably.
func killWaiters(d vmm.Design, row lockRow) (vs []Violation) {
	for _, op := range []Op{
		{Kind: Munmap, Addr: simBase, Len: vmm.PageSize},
		{Kind: Mmap, Len: vmm.PageSize},
		{Kind: Mprotect, Addr: simBase, Len: vmm.PageSize},
		{Kind: Mremap, Addr: simBase, Len: vmm.PageSize, Len2: vmm.PageSize, Remap: 3, Addr2: simBase + 1<<20},
		{Kind: Brk, Addr: vmm.BrkBase + vmm.PageSize},
		{Kind: Madvise, Addr: simBase, Len: vmm.PageSize, Advice: vmm.DontFork},
		{Kind: FaultKernel, Addr: simBase},
	} {
		vs = append(vs, newWorld(d, vmm.Config{}, func(w *world) {
			switch ranges := w.ranges() != nil; {
			case !ranges && row.vma != 0, ranges && row.vma == 0 && op.Kind == FaultKernel:
				return // nobody waits for that
			}
			holder := w.holdRow(row)
			w.expect(holder, stopped, "the holder")
			var r Result
			waiter := w.thread("waiter", func(t *vmm.Task) { r = op.Do(w.v, t) })
			if !w.expect(waiter, blocked, op.String()) {
				return
			}
			waiter.task.Kill()
			w.expect(waiter, ended, "a killed waiter")
			w.expect(holder, ended, "the holder")
			if r.Err != vmm.EINTR {
				w.fail(WrongResult, "%s of a killed waiter = %s, want EINTR", op, r.Text(op.Kind))
			}
			if err := w.v.Check(w.ctl); err != nil {
				w.fail(Invariant, "after a killed waiter: %v", err)
			}
		})...)
	}
	return vs
}

// killFork kills a fork that waits for a reader of the parent's last VMA: what
// it has write-locked and copied until then must be as before.
func killFork(w *world) {
	if !w.space().Rules.ForkKillable || !w.space().Rules.VMALocks {
		return
	}
	w.must(w.mmap(w.v, simBase-1<<20, 1)) // a VMA before the one that is waited for
	reader := w.holdRow(lockRow{vma: modeR})
	w.expect(reader, stopped, "a reader")
	var err error
	fork := w.thread("fork", func(t *vmm.Task) { _, err = w.v.Fork(t) })
	if !w.expect(fork, blocked, "a fork beside a reader") {
		return
	}
	fork.task.Kill()
	w.expect(fork, ended, "a killed fork")
	if err != vmm.EINTR {
		w.fail(WrongResult, "a killed fork = %s, want EINTR", errText(err))
	}
	again := w.faulter("fault", w.v, simBase, vmm.AccessRead, &err)
	w.expect(again, ended, "a fault after a killed fork")
	if again.task.Stats[vmm.Success] != 1 {
		w.fail(NoExclusion, "a killed fork left a VMA that no reader gets into")
	}
	w.expect(reader, ended, "the reader")
	if err := w.v.Check(w.ctl); err != nil {
		w.fail(Invariant, "after a killed fork: %v", err)
	}
}

// checkAsserts: the vma_assert family holds where it must, fails where it must,
// and has the kernel's caveat: somebody else's lock satisfies vma_assert_locked.
func checkAsserts(d vmm.Design, _ Options) []Violation {
	return newWorld(d, vmm.Config{}, func(w *world) {
		s, v, t := w.space(), w.vma(), w.ctl
		fails := func(what string, want bool, assert func(*mm.VMA)) {
			assert(v)
			if got := len(w.asserts) > 0; got != want {
				w.fail(WrongLock, "%s fails: %t, want %t", what, got, want)
			}
			w.asserts = nil
		}
		fails("vma_assert_write_locked without a lock", true, s.AssertWriteLocked)
		fails("vma_assert_locked without a lock", true, s.AssertLocked)
		fails("vma_assert_stabilised without a lock", true, s.AssertStabilised)
		fails("vma_assert_attached of an attached VMA", false, s.AssertAttached)
		fails("vma_assert_detached of an attached VMA", true, s.AssertDetached)

		s.ReadLock(t)
		fails("vma_assert_stabilised under mmap read", false, s.AssertStabilised)
		fails("vma_assert_locked under mmap read alone", true, s.AssertLocked)
		s.ReadUnlock(t)

		reader := w.holdRow(lockRow{vma: modeR})
		w.expect(reader, stopped, "a reader")
		fails("vma_assert_locked under somebody else's read lock", false, s.AssertLocked)
		fails("vma_assert_stabilised under somebody else's read lock", false, s.AssertStabilised)
		fails("vma_assert_write_locked under a read lock", true, s.AssertWriteLocked)
		w.expect(reader, ended, "the reader")

		s.WriteLock(t)
		fails("vma_assert_write_locked under mmap write alone", true, s.AssertWriteLocked)
		s.Locks.StartWrite(t, v)
		fails("vma_assert_write_locked in the session", false, s.AssertWriteLocked)
		fails("vma_assert_locked in the session", false, s.AssertLocked)
		s.WriteUnlock(t)
		fails("vma_assert_write_locked after the session", true, s.AssertWriteLocked)
	})
}
