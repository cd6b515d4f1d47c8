package addrspace

import (
	"vmabench/internal/atomic"
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// Maps implements vmm.VMM.
func (s *Space) Maps(t *vmm.Task, buf []vmm.Mapping) ([]vmm.Mapping, error) {
	if !s.Rules.MapsVMA {
		return s.mapsUnderMmap(t, buf)
	}
	from := vmm.Addr(0)
	for n := 1; ; n++ {
		v, err := s.lockNext(t, from)
		if v == nil {
			return buf, err
		}
		m := s.mapping(v)
		s.Locks.EndRead(t, v)
		buf = append(buf, m)
		from = m.End
		if s.Config.MapsLines > 0 && n%s.Config.MapsLines == 0 {
			atomic.Work(s.Config.MapsPageNS)
		}
	}
}

func (s *Space) mapsUnderMmap(t *vmm.Task, buf []vmm.Mapping) ([]vmm.Mapping, error) {
	for from, more := vmm.Addr(0), true; more; {
		if err := s.ReadLockKillable(t); err != nil {
			return buf, err
		}
		buf, from, more = s.mapsFrom(buf, from)
		s.ReadUnlock(t)
		if more {
			atomic.Work(s.Config.MapsPageNS)
		}
	}
	return buf, nil
}

// mapsFrom appends what one hold of mmap_lock lists from an address on, and returns
// where to go on if there may be more.
func (s *Space) mapsFrom(buf []vmm.Mapping, from vmm.Addr) ([]vmm.Mapping, vmm.Addr, bool) {
	n := 0
	for v, at := s.MM.Index.FindFrom(from); v != nil; v, at = s.MM.Index.FindFrom(at.End) {
		if n++; s.Config.MapsLines > 0 && n > s.Config.MapsLines {
			return buf, at.Start, true
		}
		buf = append(buf, s.mapping(v))
	}
	return buf, 0, false
}

// lockNext is lock_next_vma: the first VMA that ends above from, read-locked,
// or nil if there is none.
func (s *Space) lockNext(t *vmm.Task, from vmm.Addr) (*mm.VMA, error) {
	m := s.MM
	for {
		seq, quiet := m.SpeculateBegin()
		m.RCU.Lock(&t.Task)
		v, _ := m.Index.FindFrom(from)
		if v == nil {
			m.RCU.Unlock(&t.Task)
			return nil, nil
		}
		switch s.Locks.StartRead(t, m, v) {
		case vmm.Success:
		case vmm.Miss:
			continue // each walk starts at the root: no node outlives its section
		default:
			return s.lockNextSlow(t, from)
		}
		r := rangeOf(v)
		ok := from < r.End
		if ok && from < r.Start && (!quiet || m.SpeculateRetry(seq)) {
			// A gap, or a VMA that came between: look again, now that v is stable.
			again, _ := m.Index.FindFrom(from)
			ok = again == v
		}
		m.RCU.Unlock(&t.Task)
		if ok {
			return v, nil
		}
		s.Locks.EndRead(t, v)
		return s.lockNextSlow(t, from)
	}
}

// lockNextSlow is lockNext under mmap read, which it drops.
func (s *Space) lockNextSlow(t *vmm.Task, from vmm.Addr) (*mm.VMA, error) {
	if err := s.ReadLockKillable(t); err != nil {
		return nil, err
	}
	defer s.ReadUnlock(t)
	v, _ := s.MM.Index.FindFrom(from)
	if v != nil && !s.Locks.StartReadLocked(t, v) {
		return nil, vmm.EAGAIN
	}
	return v, nil
}
