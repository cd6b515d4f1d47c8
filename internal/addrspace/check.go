package addrspace

import (
	"errors"
	"fmt"
	"unsafe"

	"vmabench/internal/mm"
	"vmabench/internal/pgtable"
	"vmabench/vmm"
)

// Check implements vmm.VMM.
func (s *Space) Check(*vmm.Task) error {
	if err := s.checkLocks(); err != nil {
		return err
	}
	if err := s.MM.Index.Check(); err != nil {
		return err
	}
	if err := s.MM.Table.Check(); err != nil {
		return err
	}
	var err error
	vmas, pages := 0, 0
	s.MM.Index.All(func(at vmm.Range, v *mm.VMA) bool {
		vmas++
		pages += s.MM.Table.Present(at)
		if e := s.checkVMA(at, v); e != nil {
			err = fmt.Errorf("VMA %v: %w", at, e)
		}
		return err == nil
	})
	if err != nil {
		return err
	}
	if n := s.MM.MapCount.Get(); n != vmas {
		return fmt.Errorf("map_count is %d, the index has %d VMAs", n, vmas)
	}
	if n := s.MM.Table.Present(vmm.Range{End: vmm.TaskSize}); n != pages {
		return fmt.Errorf("%d pages are present, of which %d lie in VMAs", n, pages)
	}
	return nil
}

func (s *Space) checkLocks() error {
	m := s.MM
	switch {
	case m.Lock.IsLocked():
		return errors.New("mmap_lock is held")
	case m.Lock.IsContended():
		return errors.New("mmap_lock has waiters")
	case m.AnonLock.Locked():
		return errors.New("page_table_lock is held")
	case m.WriterWait.Load() != nil:
		return errors.New("a writer waits for VMA readers")
	case s.Rules.SeqAtLock && m.LockSeq.Load()&1 != 0:
		return fmt.Errorf("mm_lock_seq is odd: %d", m.LockSeq.Load())
	case m.Count.Load() != 1:
		return fmt.Errorf("mm_count is %d", m.Count.Load())
	}
	return nil
}

func (s *Space) checkVMA(at vmm.Range, v *mm.VMA) error {
	switch {
	case rangeOf(v) != at:
		return fmt.Errorf("its own range is %v", rangeOf(v))
	case !at.Start.Aligned() || !at.End.Aligned() || !inSpace(at):
		return errors.New("not a range of pages in the address space")
	case v.MM.Load() != s.MM:
		return errors.New("belongs to another mm")
	case v.PageProt.Get() != uint64(v.Flags.Get().Prot()):
		return errors.New("vm_page_prot does not follow vm_flags")
	}
	st := s.Locks.State(v)
	if !st.Attached || st.WriterWaiting || st.Readers != 0 {
		return fmt.Errorf("lock state %+v", st)
	}
	return nil
}

// Footprint implements vmm.VMM.
func (s *Space) Footprint() vmm.Footprint {
	f := vmm.Footprint{
		VMAs:       s.MM.MapCount.Get(),
		IndexNodes: s.MM.Index.Nodes(),
		IndexBytes: s.MM.Index.Bytes(),
		Tables:     s.MM.Table.Tables(),
		SpaceBytes: int(unsafe.Sizeof(*s.MM)),
	}
	f.TableBytes = f.Tables * pgtable.TableBytes
	s.Locks.Footprint(&f)
	return f
}
