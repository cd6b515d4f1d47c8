package refcount

import (
	"vmabench/internal/addrspace"
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// Controls for benchmarks of this design: each leaves one thing out of the
// code that it is compared with, and nothing else.

// NoLock returns a machine of the design whose address spaces fault without a
// VMA lock and without an RCU section: lookup, access check and page table are
// what is left. It is a floor to measure against. A Fault beside a writer of
// the same address space is a data race there.
func NoLock(c vmm.Config) vmm.Machine {
	return machine(c, func() (vmm.VMM, *addrspace.Space) { s := new(noLockSpace); return s, &s.Space })
}

type noLockSpace struct{ addrspace.Space }

// Fault implements vmm.VMM, where nobody writes.
func (s *noLockSpace) Fault(t *vmm.Task, addr vmm.Addr, access vmm.Access) error {
	v := mm.ContainerOf[vma](s.MM.Index.Find(addr))
	if v == nil || addr < v.Start.Get() || addr >= v.End.Get() {
		return s.FaultSlow(t, addr, access)
	}
	o := addrspace.Handle(&s.Space, t, &v.VMA, &v.rest, addr, access, addrspace.UnderVMA)
	if o == addrspace.Done {
		t.Stats[vmm.Success]++
		return nil
	}
	return s.Finish(t, addr, access, o)
}

// FaultDirect performs n write faults on addrs, from the i-th on and round and
// round, on v, an address space of this design, without the interface between
// that all others are called through. It returns where it stopped, and how many
// faults failed.
func FaultDirect(v vmm.VMM, t *vmm.Task, addrs []vmm.Addr, i, n int) (next, failed int) {
	s := v.(*space)
	for range n {
		if s.Fault(t, addrs[i], vmm.AccessWrite) != nil {
			failed++
		}
		if i++; i == len(addrs) {
			i = 0
		}
	}
	return i, failed
}

// ReadPairs read-locks and unlocks n times the VMA of addr in v, an address
// space of this design, and returns how often that failed: the lock of a fault
// without the lookup, called as a fault calls it. Nobody writes.
func ReadPairs(v vmm.VMM, t *vmm.Task, addr vmm.Addr, n int) (failed int) {
	m := addrspace.Of(v).MM
	a := mm.ContainerOf[vma](m.Index.Find(addr))
	for range n {
		if a.StartRead(t, m) != vmm.Success {
			failed++
			continue
		}
		a.EndRead(t)
	}
	return failed
}

// WritePairs opens n write sessions in which the VMA of addr is write-locked:
// what an edit of one VMA pays beside mmap_lock. Nobody reads.
func WritePairs(v vmm.VMM, t *vmm.Task, addr vmm.Addr, n int) {
	m := addrspace.Of(v).MM
	a := mm.ContainerOf[vma](m.Index.Find(addr))
	for range n {
		m.BeginWrite()
		_ = a.StartWrite(t, false)
		m.EndWrite()
	}
}
