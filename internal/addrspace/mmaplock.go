package addrspace

import (
	"vmabench/internal/rwsem"
	"vmabench/vmm"
)

// mmapLock is mmap_lock. It is named with its type because the compiler inlines
// the methods of packages that this one imports itself, and of no other.
func (s *Space) mmapLock() *rwsem.RWSem { return &s.MM.Lock }

// WriteLock is mmap_write_lock: mmap_lock for write, and a write session.
func (s *Space) WriteLock(t *vmm.Task) {
	s.MM.Lock.DownWrite(&t.Task)
	s.Locks.BeginSession(s.MM)
}

// WriteLockKillable is mmap_write_lock_killable; vmm.EINTR on a fatal signal.
func (s *Space) WriteLockKillable(t *vmm.Task) error {
	if s.MM.Lock.DownWriteKillable(&t.Task) != nil {
		return vmm.EINTR
	}
	s.Locks.BeginSession(s.MM)
	return nil
}

// WriteUnlock is mmap_write_unlock. The number steps first: from there on
// readers may lock VMAs, and the holder has promised to touch none.
func (s *Space) WriteUnlock(t *vmm.Task) {
	s.Locks.EndSession(s.MM)
	s.MM.Lock.UpWrite(&t.Task)
}

// Downgrade is mmap_write_downgrade: every VMA write lock ends, mmap_lock is
// held for read.
func (s *Space) Downgrade(t *vmm.Task) {
	s.Locks.EndSession(s.MM)
	s.MM.Lock.DowngradeWrite(&t.Task)
}

// ReadLock is mmap_read_lock.
func (s *Space) ReadLock(t *vmm.Task) { s.MM.Lock.DownRead(&t.Task) }

// ReadLockKillable is mmap_read_lock_killable; vmm.EINTR on a fatal signal.
func (s *Space) ReadLockKillable(t *vmm.Task) error {
	if s.MM.Lock.DownReadKillable(&t.Task) != nil {
		return vmm.EINTR
	}
	return nil
}

// ReadTrylock is mmap_read_trylock.
func (s *Space) ReadTrylock(t *vmm.Task) bool { return s.mmapLock().DownReadTrylock(&t.Task) }

// ReadUnlock is mmap_read_unlock.
func (s *Space) ReadUnlock(t *vmm.Task) { s.mmapLock().UpRead(&t.Task) }
