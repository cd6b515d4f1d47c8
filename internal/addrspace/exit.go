package addrspace

import "vmabench/vmm"

// Exit implements vmm.VMM: exit_mmap and the last mmdrop.
func (s *Space) Exit(t *vmm.Task) {
	idx := &s.MM.Index
	s.ReadLock(t) // unmap_vmas: the out-of-memory reaper may run beside it
	for v, at := idx.FindFrom(0); v != nil; v, at = idx.FindFrom(at.End) {
		s.MM.Table.Zap(&t.Task, at)
	}
	s.ReadUnlock(t)

	s.WriteLock(t) // free_pgtables, then tear_down_vmas
	for v, at := idx.FindFrom(0); v != nil; v, at = idx.FindFrom(at.End) {
		s.Locks.StartWrite(t, v)
	}
	s.MM.Table.Release(&t.Task)
	for v, at := idx.FindFrom(0); v != nil; v, at = idx.FindFrom(at.End) {
		s.Locks.Detach(t, v) // waits for stale readers of other address spaces
		s.Locks.Free(t, v)
	}
	idx.Store(vmm.Range{End: vmm.TaskSize}, nil)
	s.MM.MapCount.Set(0)
	s.WriteUnlock(t)
	s.MM.Drop()
}
