package rwsem

import (
	"vmabench/internal/addrspace"
	"vmabench/internal/mm"
	"vmabench/vmm"
)

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
