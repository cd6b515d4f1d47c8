package addrspace

import (
	"cmp"

	"vmabench/internal/atomic"
	"vmabench/internal/mm"
	"vmabench/vmm"
)

// MapsWalk is a reader of /proc/PID/maps. Each read(2) prints a page of text at
// most (fs/seq_file.c): one page a hold of mmap_lock, where that is held.
type MapsWalk struct {
	Buf  []vmm.Mapping // what was listed
	from vmm.Addr      // where the next page goes on: the end of the last line's mapping
	room int           // bytes that a page holds
	used int           // of those
}

// Lengths of a line, its end included, as show_map_vma prints it
// (fs/proc/task_mmu.c): without a name where mappings lie by default, and with one,
// which begins in column 73. The path of a model's file is taken to be as long as
// a shared library's.
const (
	anonLine   = len("7f1234567000-7f1234568000 rw-p 00000000 00:00 0 \n")
	nameColumn = 25 + 6*8
	fileLine   = nameColumn + len("/usr/lib/x86_64-linux-gnu/libc.so.6\n")
	sharedLine = nameColumn + len("/dev/zero (deleted)\n")
)

// print adds m to the page if its line fits; the first of a page always does. The
// byte that a full page keeps free is the kernel's.
func (w *MapsWalk) print(m vmm.Mapping) bool {
	n := anonLine
	switch {
	case m.File.ID != 0:
		n = fileLine
	case m.Shared:
		n = sharedLine
	}
	if w.used > 0 && w.used+n >= w.room {
		return false
	}
	w.Buf, w.from, w.used = append(w.Buf, m), m.End, w.used+n
	return true
}

// Maps implements vmm.VMM.
func (s *Space) Maps(t *vmm.Task, buf []vmm.Mapping) ([]vmm.Mapping, error) {
	w := s.NewMapsWalk(buf)
	for {
		more, err := s.MapsPage(t, &w)
		if !more {
			return w.Buf, err
		}
		atomic.Work(s.Config.MapsPageNS)
	}
}

// NewMapsWalk returns a walk from the first mapping on that appends to buf.
func (s *Space) NewMapsWalk(buf []vmm.Mapping) MapsWalk {
	return MapsWalk{Buf: buf, room: cmp.Or(s.Config.MapsBuffer, vmm.PageSize)}
}

// MapsPage prints a page. It reports whether a line did not fit: that one was
// printed for nothing, as in the kernel, and is the next page's first.
func (s *Space) MapsPage(t *vmm.Task, w *MapsWalk) (more bool, err error) {
	w.used = 0
	if s.Rules.MapsVMA {
		if more, err = s.mapsByVMA(t, w); err != vmm.EAGAIN {
			return more, err
		}
		s.ReadLock(t) // fallback_to_mmap_lock, for the rest of the page
	} else if err = s.ReadLockKillable(t); err != nil {
		return false, err
	}
	defer s.ReadUnlock(t)
	for {
		v, _ := s.MM.Index.FindFrom(w.from)
		if v == nil {
			return false, nil
		}
		if !w.print(s.mapping(v)) {
			return true, nil
		}
	}
}

// mapsByVMA is MapsPage with one VMA locked at a time. vmm.EAGAIN: the lock of the
// next one has as many readers as it can count.
func (s *Space) mapsByVMA(t *vmm.Task, w *MapsWalk) (more bool, err error) {
	for {
		v, err := s.lockNext(t, w.from)
		if v == nil {
			return false, err
		}
		m := s.mapping(v)
		s.Locks.EndRead(t, v)
		if !w.print(m) {
			return true, nil
		}
	}
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
