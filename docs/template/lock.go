package template

import (
	"reflect"
	"unsafe"

	"vmabench/internal/addrspace"
	"vmabench/internal/atomic"
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// Design is the line for the table in variants.
var Design = vmm.Design{
	Name: "template", Title: "a template", Since: "never proposed",
	Doc: "Readers count themselves in the VMA or fall back to mmap_lock; a writer sets a bit and waits awake until they have left.",
	New: newMachine, Extra: true, Layout: []reflect.Type{reflect.TypeFor[vma]()},
	Facts: facts,
}

type page struct {
	objs [vmm.PageSize / unsafe.Sizeof(vma{})]vma
} // of the slab

func newMachine(c vmm.Config) vmm.Machine {
	return addrspace.NewKit(c, addrspace.Parts[vma]{
		Objects: mm.NewSlab(func(p *page) []vma { return p.objs[:] }, addrspace.Flags(c, false)),
		Rest:    unsafe.Offsetof(vma{}.rest),
		Lookup:  lockVMAUnderRCU,
		New:     func() (vmm.VMM, *addrspace.Space) { s := new(space); return s, &s.Space },
	})
}

const writer = 1 << 31 // in word: a writer waits for readers, or marks the VMA

// vma is vm_area_struct: mm.VMA first, mm.Rest and the lock where you want them.
type vma struct {
	mm.VMA
	lockSeq  atomic.Uint32     // vm_lock_seq
	detached atomic.Cell[bool] // under the VMA lock
	_        [3]byte
	rest     mm.Rest
	word     atomic.Uint32 // readers, and the writer's bit
	_        [5]uint32
}

// Renew: word is 0 since the last life, which a grace period has ended.
func (v *vma) Renew() {
	v.detached.Set(true)
	atomic.StoreRelaxed32(&v.lockSeq, mm.SeqMask)
}

// StartRead is called inside an RCU section and ends it if it fails.
func (v *vma) StartRead(t *vmm.Task, m *mm.MM) vmm.Event {
	ev := vmm.AbortWriteLocked
	if !addrspace.Marked(&v.lockSeq, m) {
		ev = vmm.AbortWriterWaiting
		if v.enter() {
			switch {
			case addrspace.MarkedAcquire(&v.lockSeq, m):
				ev = vmm.AbortWriteLocked
			case v.detached.Get():
				ev = vmm.Miss
			default:
				return vmm.Success
			}
			v.EndRead(t)
		}
	}
	m.RCU.Unlock(&t.Task)
	return ev
}

// enter pairs, by acquire, with the release that ends StartWrite.
func (v *vma) enter() bool {
	for {
		c := atomic.LoadRelaxed32(&v.word)
		if c >= writer-1 {
			return false
		}
		if atomic.CompareAndSwapAcquire32(&v.word, c, c+1) {
			return true
		}
	}
}

func (v *vma) StartReadLocked(*vmm.Task) bool { return v.enter() }

// EndRead pairs, by release, with the look of the writer that waits.
func (v *vma) EndRead(*vmm.Task) { atomic.AddRelease32(&v.word, ^uint32(0)) }

// StartWrite waits awake: the simplest that is right.
func (v *vma) StartWrite(t *vmm.Task, killable bool) error {
	m := v.MM.Load()
	if addrspace.Marked(&v.lockSeq, m) {
		return nil
	}
	atomic.AddAcquire32(&v.word, writer)
	atomic.Until(&t.Task, func() bool { return v.word.Load() == writer || killable && t.FatalSignal() })
	alone := v.word.Load() == writer
	if alone {
		atomic.StoreRelaxed32(&v.lockSeq, atomic.LoadRelaxed32(&m.LockSeq))
	}
	atomic.AddRelease32(&v.word, writer) // takes the bit off again
	if !alone {
		return vmm.EINTR
	}
	return nil
}

func (v *vma) Attach()          { v.detached.Set(false) }
func (v *vma) Detach(*vmm.Task) { v.detached.Set(true) }

func (v *vma) State() addrspace.LockState {
	c := v.word.Load()
	return addrspace.LockState{
		Attached: !v.detached.Get(), WriteLocked: addrspace.Marked(&v.lockSeq, v.MM.Load()),
		WriterWaiting: c&writer != 0, Readers: int(c &^ writer),
	}
}
