package vmm

// Event is something that the lock of a VMA did, counted per Task.
type Event uint8

const (
	// Success: a fault was finished under the VMA lock, or under its page's range.
	Success Event = iota
	// The causes of ABORT: lock_vma_under_rcu returned no VMA.
	AbortNoVMA         // no VMA covers the address (stack growth, SEGV)
	AbortWriteLocked   // vm_lock_seq equals mm_lock_seq
	AbortWriterWaiting // a writer waits for the readers to leave
	AbortLimit         // as many readers as the lock can count
	AbortForeignMM     // the object was recycled into another address space
	AbortRange         // the object no longer covers the address
	// Retry: the handler dropped the lock; the fault starts again under mmap_lock, or
	// under the range once more.
	Retry
	// Miss: a detached VMA was found; the lookup starts again.
	Miss
	// MmapRead: a fault took mmap_lock for read, whatever the cause.
	MmapRead
	// NumEvents is the number of events.
	NumEvents
)

var eventNames = [NumEvents]string{
	"success", "abort-no-vma", "abort-write-locked", "abort-writer-waiting", "abort-limit",
	"abort-foreign-mm", "abort-range", "retry", "miss", "mmap-read",
}

func (e Event) String() string { return eventNames[e] }

// LockStats counts events. It is written by one Task and read when that task
// is idle.
type LockStats [NumEvents]uint64

// Aborts returns the kernel's vma_lock_abort: all causes together.
func (s *LockStats) Aborts() (n uint64) {
	for e := AbortNoVMA; e <= AbortRange; e++ {
		n += s[e]
	}
	return n
}

// Add adds o to s.
func (s *LockStats) Add(o *LockStats) {
	for e := range s {
		s[e] += o[e]
	}
}
