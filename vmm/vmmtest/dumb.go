package vmmtest

import (
	"fmt"

	"vmabench/internal/atomic"
	"vmabench/vmm"
)

// Dumb is the model behind one lock, as a design: the suite's own first
// subject, and the frame of those that are wrong on purpose. It is no proposal
// and no baseline of a measurement.
var Dumb = dumbDesign("dumb", "a page map behind one queue lock",
	dumbKind{lock: func() rwLock { return new(queueLock) }})

// dumbKind is how one Dumb design differs from another.
type dumbKind struct {
	lock          func() rwLock
	exclusiveRead bool // a fault takes the lock for write, and time inside it
}

func dumbDesign(name, doc string, k dumbKind) vmm.Design {
	return vmm.Design{
		Name: name, Title: name, Doc: doc, Control: true,
		New: func(c vmm.Config) vmm.Machine { return &dumbMachine{kind: k, config: c} },
	}
}

type dumbMachine struct {
	kind   dumbKind
	config vmm.Config
}

func (m *dumbMachine) NewVMM(*vmm.Task) vmm.VMM { return m.space(NewModel()) }
func (m *dumbMachine) Quiesce(*vmm.Task)        {}

func (m *dumbMachine) space(model *Model) *dumbVMM {
	v := &dumbVMM{machine: m, lock: m.kind.lock()}
	v.model.Store(model)
	return v
}

// dumbVMM keeps its model immutable: a writer replaces it. So a lock that
// excludes nobody loses updates, where it would otherwise tear Go's maps.
type dumbVMM struct {
	machine *dumbMachine
	lock    rwLock
	model   atomic.Pointer[Model]
}

// write performs op under the write lock.
func (v *dumbVMM) write(t *vmm.Task, op Op) (r Result) {
	if r.Err = v.lock.Lock(t); r.Err != nil {
		return r
	}
	defer v.lock.Unlock(t)
	m := v.model.Load().Clone()
	if r = m.Do(op, nil); v.tooMany(m) {
		if op.Kind == Madvise {
			return Result{Err: vmm.EAGAIN}
		}
		return Result{Err: vmm.ENOMEM}
	}
	v.model.Store(m)
	return r
}

func (v *dumbVMM) tooMany(m *Model) bool {
	limit := v.machine.config.MaxMapCount
	return limit > 0 && len(m.runs(false)) > limit
}

func (v *dumbVMM) Mmap(t *vmm.Task, addr vmm.Addr, length uint64, prot vmm.Prot, flags vmm.MapFlags, file vmm.File) (vmm.Addr, error) {
	r := v.write(t, Op{Kind: Mmap, Addr: addr, Len: length, Prot: prot, Flags: flags, File: file})
	return r.Addr, r.Err
}

func (v *dumbVMM) Munmap(t *vmm.Task, addr vmm.Addr, length uint64) error {
	return v.write(t, Op{Kind: Munmap, Addr: addr, Len: length}).Err
}

func (v *dumbVMM) Mprotect(t *vmm.Task, addr vmm.Addr, length uint64, prot vmm.Prot) error {
	return v.write(t, Op{Kind: Mprotect, Addr: addr, Len: length, Prot: prot}).Err
}

func (v *dumbVMM) Mremap(t *vmm.Task, old vmm.Addr, oldLen, newLen uint64, flags vmm.RemapFlags, newAddr vmm.Addr) (vmm.Addr, error) {
	r := v.write(t, Op{Kind: Mremap, Addr: old, Len: oldLen, Len2: newLen, Remap: flags, Addr2: newAddr})
	return r.Addr, r.Err
}

func (v *dumbVMM) Madvise(t *vmm.Task, addr vmm.Addr, length uint64, advice vmm.Advice) error {
	return v.write(t, Op{Kind: Madvise, Addr: addr, Len: length, Advice: advice}).Err
}

func (v *dumbVMM) Brk(t *vmm.Task, addr vmm.Addr) (vmm.Addr, error) {
	r := v.write(t, Op{Kind: Brk, Addr: addr})
	if r.Err != nil {
		return v.model.Load().brk, r.Err
	}
	return r.Addr, nil
}

// Fault reads under the read lock and, if the page must be made present,
// starts again under the write lock.
func (v *dumbVMM) Fault(t *vmm.Task, addr vmm.Addr, access vmm.Access) error {
	lock, unlock := v.lock.RLock, v.lock.RUnlock
	if v.machine.kind.exclusiveRead {
		lock, unlock = v.lock.Lock, v.lock.Unlock
	}
	if err := lock(t); err != nil {
		return err
	}
	p, ok := v.model.Load().pages[addr.Page()]
	if v.machine.kind.exclusiveRead {
		atomic.Yield()
	}
	unlock(t)
	switch {
	case !ok || p.here != present || p.cow && access == vmm.AccessWrite:
		return v.write(t, Op{Kind: Fault, Addr: addr, Access: access}).Err
	case !p.prot.Allows(access):
		return vmm.SEGV_ACCERR
	}
	return nil
}

func (v *dumbVMM) FaultKernel(t *vmm.Task, addr vmm.Addr, access vmm.Access) error {
	return v.Fault(t, addr, access)
}

func (v *dumbVMM) UffdMove(t *vmm.Task, dst, src vmm.Addr) error {
	return v.write(t, Op{Kind: UffdMove, Addr: dst, Addr2: src}).Err
}

func (v *dumbVMM) Fork(t *vmm.Task) (vmm.VMM, error) {
	if err := v.lock.Lock(t); err != nil {
		return nil, err
	}
	defer v.lock.Unlock(t)
	m := v.model.Load().Clone()
	child := m.fork()
	v.model.Store(m)
	return v.machine.space(child), nil
}

func (v *dumbVMM) Maps(t *vmm.Task, buf []vmm.Mapping) ([]vmm.Mapping, error) {
	if err := v.lock.RLock(t); err != nil {
		return buf, err
	}
	defer v.lock.RUnlock(t)
	return append(buf, v.model.Load().Maps()...), nil
}

func (v *dumbVMM) Peek(t *vmm.Task, addr vmm.Addr) (vmm.Mapping, error) {
	if err := v.lock.RLock(t); err != nil {
		return vmm.Mapping{}, err
	}
	defer v.lock.RUnlock(t)
	for _, m := range v.model.Load().Maps() {
		if m.Contains(addr) {
			return m, nil
		}
	}
	return vmm.Mapping{}, vmm.EFAULT
}

func (v *dumbVMM) Exit(t *vmm.Task) { v.model.Store(NewModel()) }

func (v *dumbVMM) Check(*vmm.Task) error {
	for n := range v.model.Load().pages {
		if n < minPage || n >= endPage {
			return fmt.Errorf("page %#x lies outside the address space", n)
		}
	}
	return nil
}

func (v *dumbVMM) Footprint() vmm.Footprint {
	return vmm.Footprint{VMAs: len(v.model.Load().runs(false))}
}
