package addrspace

import (
	"vmabench/internal/atomic"
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// Peek implements vmm.VMM: find_active_uprobe_rcu without the uprobes.
func (s *Space) Peek(t *vmm.Task, addr vmm.Addr) (vmm.Mapping, error) {
	if s.Rules.SeqAtLock {
		if m, ok := s.speculate(t, addr); ok {
			return m, nil
		}
	}
	t.Stats[vmm.MmapRead]++
	s.ReadLock(t)
	defer s.ReadUnlock(t)
	v, at := s.MM.Index.FindFrom(addr)
	if v == nil || at.Start > addr {
		return vmm.Mapping{}, vmm.EFAULT
	}
	return s.mapping(v), nil
}

// speculate looks without a lock and believes what it saw if no write session
// ran meanwhile. That nothing is mapped it leaves to be found out under
// mmap_lock, as the kernel does. The VMA may be somebody else's by now: it is
// memory of a VMA still, since the section began before it could be given back.
func (s *Space) speculate(t *vmm.Task, addr vmm.Addr) (m vmm.Mapping, ok bool) {
	seq, quiet := s.MM.SpeculateBegin()
	if !quiet {
		return m, false
	}
	s.MM.RCU.Lock(&t.Task)
	v, at := s.MM.Index.FindFrom(addr)
	if ok = v != nil && at.Start <= addr; ok {
		rest := s.Rest(v)
		r := vmm.Range{Start: v.Start.Peek(), End: v.End.Peek()}
		m = mappingOf(r, v.Flags.Peek(), rest.File.Peek(), rest.Pgoff.Peek())
		ok = !s.MM.SpeculateRetry(seq)
	}
	s.MM.RCU.Unlock(&t.Task)
	return m, ok
}

// mapping is v's line; v is stable.
func (s *Space) mapping(v *mm.VMA) vmm.Mapping {
	if ns := s.Config.MapsLineNS; ns > 0 {
		atomic.Work(ns)
	}
	rest := s.Rest(v)
	return mappingOf(rangeOf(v), v.Flags.Get(), rest.File.Get(), rest.Pgoff.Get())
}

func mappingOf(r vmm.Range, f mm.Flags, file, pgoff uint64) vmm.Mapping {
	m := vmm.Mapping{
		Range:     r,
		Prot:      f.Prot(),
		Shared:    f&mm.FlagShared != 0,
		GrowsDown: f&mm.FlagGrowsDown != 0,
		DontFork:  f&mm.FlagDontFork != 0,
	}
	if file != 0 {
		m.File = vmm.File{ID: uint32(file), Off: pgoff << vmm.PageShift}
	}
	return m
}
